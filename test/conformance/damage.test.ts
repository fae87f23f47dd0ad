import { describe, expect, test } from "vitest";
import { REAL_MODES } from "../support/modes.js";
import { seedOf } from "../support/seed.js";
import { testSegment } from "../support/segment.js";
import { startPeer } from "./peers.js";
import { SUBJECTS } from "./subjects/all.js";

const RUNS = 300;

// Simulated memory runs what incoherent memory does, and would report the damage itself.
describe.each(SUBJECTS)("$name", (subject) => {
  test.each(REAL_MODES)(
    "on %s memory, damaged, gives errors with codes and nothing else",
    { timeout: 120_000 },
    async (coherence) => {
      const { instance } = await testSegment(coherence);
      const seed = seedOf(`${subject.name}, ${coherence}, damaged`);
      const about = {
        subject: subject.name,
        path: instance.path,
        coherence,
        who: 0,
        host: 0,
        lease: 5000,
        patience: 0,
      };
      const peer = await startPeer("processes", { ...about, what: { do: "damage", seed, runs: RUNS } });
      expect(await peer.message()).toEqual([]);
    },
  );
});
