import { leaveOut, stepsSeen } from "famfs/testing";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { runMutex } from "../structures/mutex-rounds.js";

const SEEDS = 12;
const ENTRIES = 60;

/** Those of the lock itself are held by segment.test.ts. */
const STEPS = [
  ...["mutex.guarded", "mutex.hold"].flatMap((site) => [
    `${site}/invalidate`,
    `${site}/invalidate.fence-after`,
    `${site}/invalidate.fence-before`,
  ]),
  "mutex.hold/publish.payload",
  "mutex.hold/publish.payload-fence",
  "mutex.hold/publish.word",
  "mutex.hold/publish.word-fence",
  "segment.guarded/full-fence",
  "segment.guarded/write-back",
];
const SURVIVORS: Readonly<Record<string, string>> = {
  "mutex.guarded/invalidate.fence-before":
    "R5 names it; the hold is published before, which ends with a full fence, and nothing is loaded in between",
  "mutex.hold/invalidate.fence-before":
    "F6 names it: it keeps the invalidate behind the load that saw the mutex free. That load follows a full fence, and hardly anything happens in between",
  "mutex.hold/publish.payload-fence":
    "R5 names it; the publish ends with a full fence, which comes before the mutex is given back",
  "segment.guarded/full-fence": "R8 names it; the swap of the claim that follows begins with a full fence",
};

const found = new Map<string, string>();

afterEach(() => leaveOut(undefined));

async function killerOf(step: string | undefined): Promise<string | undefined> {
  leaveOut(step);
  for (let seed = 1; seed <= SEEDS; seed++) {
    const broken = await runMutex({ seed, entries: ENTRIES });
    if (broken !== undefined) return `seed ${seed}: ${broken}`;
  }
  return undefined;
}

test("the runs pass with all steps, and come by all of these", async () => {
  void stepsSeen();
  expect(await killerOf(undefined)).toBeUndefined();
  const own = stepsSeen().filter((step) => /^(mutex\.(hold|guarded)|segment\.guarded)\//.test(step));
  expect(own.sort()).toEqual([...STEPS].sort());
});

describe("without one step of a mutex", () => {
  test.for(STEPS.filter((step) => !(step in SURVIVORS)))("%s, a run breaks", async (step) => {
    found.set(step, (await killerOf(step)) ?? "SURVIVED");
    expect(found.get(step)).not.toBe("SURVIVED");
  });

  test.for(Object.entries(SURVIVORS))("%s survives: %s", async ([step, reason]) => {
    expect(STEPS).toContain(step);
    found.set(step, (await killerOf(step)) ?? `survived, as listed: ${reason}`);
    expect(found.get(step)).toMatch(/^survived/);
  });
});

afterAll(() => {
  const lines = [...found].map(([step, by]) => `  ${step.padEnd(42)} ${by}`);
  console.log([`mutation of the mutex: ${found.size} steps`, ...lines].join("\n"));
});
