import { describe, expect, test } from "vitest";
import { tmpfsInstance } from "../support/instance.js";
import { REAL_MODES } from "../support/modes.js";
import { playLitmus } from "./litmus.js";
import { broken, programs } from "./programs.js";

const ROUNDS = { coherent: 1_000_000, incoherent: 100_000 } as const;

// Incoherent mode on one host runs the real instructions; that they are needed, only simulated hosts can show.
describe.each(REAL_MODES)("on %s memory", (coherence) => {
  test.each(Object.keys(programs))(
    "%s",
    async (name) => {
      const { instance } = await tmpfsInstance();
      const counts = await playLitmus(instance, name, ROUNDS[coherence], () => ({ coherence }));
      console.log(`${coherence}, ${name}: ${JSON.stringify(counts)}`);
      const { outcomes } = programs[name as keyof typeof programs] as { outcomes: Record<string, string> };
      for (const outcome of Object.keys(counts)) expect(outcomes[outcome], outcome).toBe("allowed");
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
      expect(total).toBeGreaterThanOrEqual(ROUNDS[coherence]);
    },
    120_000,
  );

  test("a broken program is found out", async () => {
    const { instance } = await tmpfsInstance();
    for (const [name, { mustSee, on }] of Object.entries(broken)) {
      if (!on.includes(coherence)) continue;
      const counts = await playLitmus(instance, name, 100_000, () => ({ coherence }));
      expect(counts[mustSee] ?? 0, `${name}: ${JSON.stringify(counts)}`).toBeGreaterThan(0);
    }
  }, 60_000);
});
