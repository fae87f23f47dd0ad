import { leaveOut, stepsSeen } from "famfs/testing";
import { afterAll, afterEach, expect, test } from "vitest";
import { formatRace } from "../pcq/format-race.js";
import { torture } from "../pcq/torture.js";

/** Steps of the queue that nothing misses, and why that is right; the run fails for any other, and for one that is missed. */
const SURVIVORS: Readonly<Record<string, string>> = {
  "pcq.header/observe.fence-before": "the fence before the first invalidate of a pure reader",
  "pcq.next-number/fetch.fence-before":
    "the number is a hint that no order binds to the index: whoever reads it compares it with a bucket",
};

const FENCES_OF_A_TAKE_OVER =
  "the observation of the other end's index, which comes before the first store, has full fences of its own";
const WITH_SURVIVING_FENCES = ["pcq.producer-index", "pcq.consumer-index", "pcq.bucket"];

function reasonOf(step: string): string | undefined {
  const [site, what] = step.split("/");
  if (what?.startsWith("invalidate.fence") && WITH_SURVIVING_FENCES.includes(site as string))
    return FENCES_OF_A_TAKE_OVER;
  return SURVIVORS[step];
}

/** What must notice; each returns what broke. */
const RUNS = [
  (seed: number) => torture({ seed, calls: 400, moves: 20, buckets: 2, bucketSize: 32 }),
  (seed: number) => formatRace({ seed, rounds: 30 }),
  (seed: number) => torture({ seed, calls: 10_000, moves: 200, buckets: 3, bucketSize: 64 }),
];

const found = new Map<string, string>();

afterEach(() => leaveOut(undefined));

test("with all steps the queue holds, and every step of it is run", async () => {
  stepsSeen();
  for (const run of RUNS) expect(await run(1)).toBeUndefined();
  for (const step of stepsSeen()) if (step.startsWith("pcq.")) found.set(step, "");
  expect(found.size).toBeGreaterThan(20);
});

test("without one of them it breaks, but for those that are listed", async () => {
  const wrong: string[] = [];
  for (const step of found.keys()) {
    leaveOut(step);
    const reason = reasonOf(step);
    const by = await killerOf(reason === undefined ? 3 : 1);
    found.set(step, by ?? `survived: ${reason ?? "NOT LISTED"}`);
    if (by === undefined && reason === undefined) wrong.push(`${step} survived`);
    if (by !== undefined && step in SURVIVORS) wrong.push(`${step} is listed, and missed: ${by}`);
  }
  expect(wrong).toEqual([]);
});

async function killerOf(seeds: number): Promise<string | undefined> {
  for (const run of RUNS) {
    for (let seed = 1; seed <= seeds; seed++) {
      const broken = await run(seed);
      if (broken !== undefined) return broken;
    }
  }
  return undefined;
}

afterAll(() => {
  const lines = [...found].map(([step, by]) => `  ${step.padEnd(42)} ${by.slice(0, 120)}`);
  console.log([`mutation of the queue: ${found.size} steps`, ...lines].join("\n"));
});
