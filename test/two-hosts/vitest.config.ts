import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    include: ["test/two-hosts/*.test.ts"],
    globalSetup: "test/two-hosts/setup.ts",
    // One process for all files, because they share one pair of guests.
    isolate: false,
    pool: "forks",
    maxWorkers: 1,
    // Everything is emulated, perhaps on a busy machine.
    testTimeout: 600_000,
  },
});
