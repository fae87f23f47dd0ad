import { defineConfig } from "vitest/config";
import base from "./vitest.config.js";

const COUNTS = [2, 4, 8];
const PARTIES = { coherent: COUNTS, incoherent: COUNTS, simulated: COUNTS };

/** The tests whose round counts are reduced in `npm test`, with the full ones. Its summary says how long it took. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: [
      "test/litmus/*.test.ts",
      "test/conformance/torture.test.ts",
      "test/structures/broadcast-flow.test.ts",
      "test/structures/queue-many.test.ts",
    ],
    exclude: [],
    typecheck: { enabled: false },
    provide: {
      litmusRounds: { simulated: 100_000, concurrent: 100_000, coherent: 1_000_000 },
      queueMessages: { coherent: 10_000_000, incoherent: 10_000_000, simulated: 1_000_000 },
      broadcastMessages: { coherent: 10_000_000, incoherent: 10_000_000, simulated: 1_000_000 },
      conformance: { parties: { processes: PARTIES, workers: PARTIES }, factor: 20 },
    },
    testTimeout: 30 * 60_000,
    // Participants race each other, not other tests.
    maxWorkers: 1,
  },
});
