import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomFrom, seedOf } from "../support/seed.js";
import { PATIENCE, type Stage, stage } from "./stage.js";
import { MODES, type Mode, outcomeOf } from "./subject.js";
import { SUBJECTS } from "./subjects/all.js";

/** Simulated memory costs the most. */
const RUNS: Readonly<Record<Mode, number>> = { coherent: 40, incoherent: 20, simulated: 8 };

/** One after the other, so that there is one right outcome: whose turn it is, and what to draw a call from. */
const turns = fc.array(
  fc.record({ who: fc.nat(1), seed: fc.nat(2 ** 31), reopen: fc.integer({ min: 0, max: 9 }).map((n) => n === 0) }),
  { minLength: 1, maxLength: 25 },
);

describe.each(SUBJECTS)("$name", (subject) => {
  test.each(MODES)("on %s memory does for two hosts what its model does", { timeout: 120_000 }, async (mode) => {
    const one = await stage(subject, mode, 2, 8 << 20);
    const participants = [await one.join(0), await one.join(1)] as const;
    let count = 0;
    const property = fc.asyncProperty(turns, async (todo) => {
      const name = `run-${count++}`;
      await subject.create(one.creator, name, { host: one.hostOf(0) });
      const open = (who: number) =>
        subject.open(participants[who] as Stage["creator"], name, { who, patience: PATIENCE });
      const structures = [open(0), open(1)];
      const model = subject.model();
      for (const [turn, { who, seed, reopen }] of todo.entries()) {
        if (reopen) {
          subject.close?.(structures[who]);
          structures[who] = open(who);
        }
        const operation = subject.draw(randomFrom(seed), who);
        const found = await outcomeOf(() => subject.act(structures[who], operation));
        expect(found, `turn ${turn}: ${operation.call}(${operation.args ?? ""}) of party ${who}`).toEqual(
          await model.act(operation, who),
        );
      }
      for (const structure of structures) subject.close?.(structure);
    });
    await fc.assert(property, { seed: seedOf(`${subject.name}, ${mode}`) | 0, numRuns: RUNS[mode] });
  });
});
