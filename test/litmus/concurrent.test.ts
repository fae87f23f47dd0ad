import { beforeAll, describe, expect, inject, test } from "vitest";
import { LITMUS_TESTS } from "./all.js";
import { buildParticipant, runOnReal, runOnSimulated } from "./concurrent.js";
import { messagePassingBackwards } from "./message-passing-backwards.js";
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

describe.for(["coherent", "incoherent"] as const)("a program that breaks R2, on %s memory", (coherence) => {
  test("is found out: the threads do race", async () => {
    let broken = "";
    // A busy machine may run one thread after the other for a while.
    for (let tries = 0; tries < 20 && broken === ""; tries++) {
      broken = forbiddenIn(messagePassingBackwards, await runOnReal(messagePassingBackwards, coherence, 20_000)).join();
    }
    expect(broken).toContain("word new, payload old");
  });
});

describe.for(["coherent", "incoherent"] as const)(`threads on %s memory, ${rounds.coherent} rounds`, (coherence) => {
  test.for(LITMUS_TESTS)("$name: no forbidden outcome", async (litmus) => {
    const outcomes = await runOnReal(litmus, coherence, rounds.coherent);
    console.log(table(`${rounds.coherent} rounds of threads, ${coherence}`, litmus, outcomes));
    expect(forbiddenIn(litmus, outcomes)).toEqual([]);
  });
});
