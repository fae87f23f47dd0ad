import { defineConfig } from "vitest/config";
import { PROOFS } from "./support/proofs.js";
import { skippedReporter } from "./support/skipped-reporter.js";

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [
      ...PROOFS,
      "test/bench/**",
      "test/models/**",
      "test/mutation/**",
      "test/two-hosts/**",
      "**/node_modules/**",
    ],
    provide: {
      litmusRounds: { simulated: 2_000, concurrent: 400, coherent: 20_000 },
      queueMessages: { coherent: 100_000, incoherent: 50_000, simulated: 2_000 },
      broadcastMessages: { coherent: 100_000, incoherent: 50_000, simulated: 2_000 },
      conformance: {
        parties: {
          processes: { coherent: [6], incoherent: [3], simulated: [2] },
          workers: { coherent: [2], incoherent: [2], simulated: [2] },
        },
        factor: 1,
      },
    },
    typecheck: { enabled: true, include: ["types/**/*.test-d.ts"], tsconfig: "test/tsconfig.json" },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ["default", skippedReporter],
    pool: "forks",
    // Most tests wait for processes that they started.
    maxWorkers: 2,
    execArgv: ["--expose-gc"],
  },
});
