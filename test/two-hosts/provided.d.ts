declare module "vitest" {
  export interface ProvidedContext {
    /** What guests are booted from, or why they cannot run here. */
    twoHosts: import("./harness/pair.js").Image | { readonly unavailable: string };
  }
}

export {};
