import { defineConfig } from "vitest/config";

const source = (path: string) => new URL(`../../lib/${path}`, import.meta.url).pathname;

export default defineConfig({
  root: new URL("../..", import.meta.url).pathname,
  // Runs make participants of parts of the library: there must be one copy of it.
  resolve: {
    alias: [
      { find: /^famfs\/testing$/, replacement: source("testing/index.ts") },
      { find: /^famfs$/, replacement: source("index.ts") },
    ],
  },
  test: { include: ["test/mutation/*.test.ts"], testTimeout: 600_000, pool: "forks" },
});
