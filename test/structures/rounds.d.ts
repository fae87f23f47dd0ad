declare module "vitest" {
  export interface ProvidedContext {
    /** How many messages a broadcast carries: few in `npm test`, many in `npm run test:long`. */
    broadcastMessages: Record<"coherent" | "incoherent" | "simulated", number>;
    /** The same of a queue. */
    queueMessages: Record<"coherent" | "incoherent" | "simulated", number>;
  }
}

export {};
