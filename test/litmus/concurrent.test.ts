import { beforeAll, describe, expect, inject, test } from "vitest";
import { LITMUS_TESTS } from "./all.js";
import { buildParticipant, runOnCoherent, runOnSimulated } from "./concurrent.js";
import { forbiddenIn, table } from "./table.js";

const rounds = inject("litmusRounds");
const SEED = 1;

beforeAll(buildParticipant);

describe(`threads on simulated memory, ${rounds.concurrent} rounds`, () => {
  test.for(LITMUS_TESTS)("$name: no forbidden outcome", async (litmus) => {
    const outcomes = await runOnSimulated(litmus, rounds.concurrent, SEED);
    console.log(table(`${rounds.concurrent} rounds of threads, simulated`, litmus, outcomes));
    expect(forbiddenIn(litmus, outcomes)).toEqual([]);
  });
});

describe(`threads on coherent memory, ${rounds.coherent} rounds`, () => {
  test.for(LITMUS_TESTS)("$name: no forbidden outcome", async (litmus) => {
    const outcomes = await runOnCoherent(litmus, rounds.coherent);
    console.log(table(`${rounds.coherent} rounds of threads, coherent`, litmus, outcomes));
    expect(forbiddenIn(litmus, outcomes)).toEqual([]);
  });
});
