declare module "vitest" {
  export interface ProvidedContext {
    /** How many rounds of each litmus test: few in `npm test`, many in `npm run test:long`. */
    litmusRounds: { simulated: number; concurrent: number; coherent: number };
  }
}

export {};
