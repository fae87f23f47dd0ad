type Parties = Record<"coherent" | "incoherent" | "simulated", number[]>;

declare module "vitest" {
  export interface ProvidedContext {
    /** With how many parties each mode is tortured, and how long: few in `npm test`, many in `npm run test:long`. */
    conformance: { parties: { processes: Parties; workers: Parties }; factor: number };
  }
}

export {};
