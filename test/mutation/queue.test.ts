import { leaveOut, stepsSeen } from "famfs/testing";
import { afterAll, afterEach, expect, test } from "vitest";
import { runQueue } from "../structures/queue-rounds.js";

/** Steps that nothing misses, and why that is right; the run fails for any other, and for one that is missed. */
const SURVIVORS: Readonly<Record<string, string>> = {
  "queue.tail/observe.fence-before": "the fence before the first invalidate of a pure reader",
  "queue.used/observe.fence-before": "the fence before the first invalidate of a pure reader",
  "queue.used/full-fence": "the publish of the lane's first message, which comes next, begins with a fence",
};

/** What must notice; each returns what broke. */
const RUNS = [
  (seed: number) => runQueue({ seed, calls: 600, moves: 50, message: "struct" }),
  (seed: number) => runQueue({ seed, calls: 600, moves: 50, message: "bytes" }),
  (seed: number) => runQueue({ seed, calls: 5000, message: "struct" }),
];

/** What is missed only when a lane comes into use, once in a queue's life: many short lives. */
const shortRun = (seed: number) => runQueue({ seed, calls: 24, message: "struct" });
const SHORT_RUNS = 200;

const found = new Map<string, string>();

afterEach(() => leaveOut(undefined));

test("with all steps the queue holds, and every step of it is run", async () => {
  stepsSeen();
  for (const run of RUNS) expect(await run(1)).toBeUndefined();
  for (const step of stepsSeen()) if (step.startsWith("queue.")) found.set(step, "");
  expect(found.size).toBeGreaterThan(15);
});

test("without one of them it breaks, but for those that are listed", async () => {
  const wrong: string[] = [];
  for (const step of found.keys()) {
    leaveOut(step);
    const reason = SURVIVORS[step];
    const by = await killerOf(reason === undefined ? 4 : 1);
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
  for (let seed = 1; seeds > 1 && seed <= SHORT_RUNS; seed++) {
    const broken = await shortRun(seed);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

afterAll(() => {
  const lines = [...found].map(([step, by]) => `  ${step.padEnd(42)} ${by.slice(0, 120)}`);
  console.log([`mutation of queues: ${found.size} steps`, ...lines].join("\n"));
});
