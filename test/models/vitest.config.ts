import { defineConfig } from "vitest/config";
import { skippedReporter } from "../support/skipped-reporter.js";

/** The models beside the protocols, and what is left out of them, checked by spin. */
export default defineConfig({
  root: new URL("../..", import.meta.url).pathname,
  test: {
    include: ["test/models/*.test.ts"],
    testTimeout: 120_000,
    reporters: ["default", skippedReporter],
    pool: "forks",
    maxWorkers: 2,
  },
});
