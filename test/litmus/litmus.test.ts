import { leaveOut } from "famfs/testing";
import { afterEach, describe, expect, inject, test } from "vitest";
import { named, type Reason } from "../support/requirements.js";
import { MOVES_WHOLE_LINES } from "../support/simulated.js";
import { LITMUS_TESTS } from "./all.js";
import { falseSharingOneLine } from "./false-sharing.js";
import { runInterleaved } from "./interleaved.js";
import { messagePassingRaw } from "./message-passing-raw.js";
import { stalePrefetchWrongOrder } from "./stale-prefetch.js";
import { forbiddenIn, table } from "./table.js";

const { simulated: rounds } = inject("litmusRounds");
const SEED = 1;
/** A run without a step ends at the first forbidden outcome. */
const PATIENCE = 100_000;

/** Without this step a line must be fetched between a fence and a plain load, where no call is. */
function reasonAgainst(litmus: string, step: string): Reason {
  if (MOVES_WHOLE_LINES || litmus !== messagePassingRaw.name || step !== "invalidate.fence-before") return undefined;
  return "needs lines that others fetch, on a CPU with 64-byte stores (AVX-512)";
}

afterEach(() => leaveOut(undefined));

describe(`on simulated memory, ${rounds} rounds from seed ${SEED}`, () => {
  test.for([...LITMUS_TESTS, falseSharingOneLine])("$name: all allowed outcomes, no forbidden one", async (litmus) => {
    const outcomes = await runInterleaved(litmus, { rounds, seed: SEED });
    console.log(table(`${rounds} rounds, seed ${SEED}`, litmus, outcomes));
    expect(forbiddenIn(litmus, outcomes)).toEqual([]);
    expect([...outcomes.keys()].sort()).toEqual(Object.keys(litmus.allowed).sort());
  });

  const needs = LITMUS_TESTS.flatMap((litmus) =>
    Object.entries(litmus.needs).map(([step, outcome]) => {
      const name = named(`${litmus.name}: without ${step}, ${outcome}`, reasonAgainst(litmus.name, step));
      return { litmus, step, outcome, name };
    }),
  );
  const here = ({ litmus, step }: (typeof needs)[number]) => reasonAgainst(litmus.name, step) === undefined;
  test.skip.for(needs.filter((need) => !here(need)))("$name", () => undefined);
  test.for(needs.filter(here))("$name", async ({ litmus, step, outcome }) => {
    expect(litmus.forbidden).toHaveProperty([outcome]);
    leaveOut(`*/${step}`);
    const until = (seen: string) => seen === outcome;
    const outcomes = await runInterleaved(litmus, { rounds: PATIENCE, seed: SEED, until });
    expect(forbiddenIn(litmus, outcomes).join()).toContain(outcome);
  });

  test("payload invalidated before the commit word was loaded: a stale prefetch is taken for the payload", async () => {
    const outcomes = await runInterleaved(stalePrefetchWrongOrder, { rounds: 3000, seed: SEED });
    expect(forbiddenIn(stalePrefetchWrongOrder, outcomes).join()).toContain("word new, payload old");
  });

  test("a run is the same from the same seed", async () => {
    const [litmus] = LITMUS_TESTS;
    if (litmus === undefined) throw new Error("no litmus test");
    const first = await runInterleaved(litmus, { rounds: 1000, seed: 77 });
    expect(await runInterleaved(litmus, { rounds: 1000, seed: 77 })).toEqual(first);
    expect(await runInterleaved(litmus, { rounds: 1000, seed: 78 })).not.toEqual(first);
  });
});
