import { leaveOut, stepsSeen } from "famfs/testing";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { runMap } from "../structures/map-rounds.js";

/** Slots in one line, of several lines, and with keys of several lines; each with several seeds. */
const SHAPES = [
  { words: 2, keySize: 0 },
  { words: 40, keySize: 0 },
  { words: 40, keySize: 100 },
];
const RUNS = [1, 2, 3, 4, 5, 6].flatMap((seed) => SHAPES.map((shape) => ({ ...shape, seed, changes: 1000 })));

const found = new Map<string, string>();
const SURVIVORS: Readonly<Record<string, string>> = {
  "map.reach/publish.word-fence":
    "it only delays: the key that needs the reach is published behind it, with a store fence and a full fence of its own",
  "map.slot/fetch.fence-before":
    "R3 names it, and the litmus tests of mutation.test.ts do not do without; no run here meets the moment",
};

/** All that ran. */
const STEPS = await (async () => {
  stepsSeen();
  for (const run of RUNS.slice(0, SHAPES.length)) await runMap(run);
  return stepsSeen()
    .filter((name) => name.startsWith("map."))
    .sort();
})();

afterEach(() => leaveOut(undefined));

async function killerOf(step: string): Promise<string | undefined> {
  leaveOut(step);
  for (const run of RUNS) {
    const broken = await runMap(run);
    if (broken !== undefined) return `seed ${run.seed}, ${run.words} words, keys of ${run.keySize}: ${broken}`;
  }
  return undefined;
}

describe("maps without one step", () => {
  test("the lists are of steps that run", () => {
    expect(STEPS.length).toBeGreaterThan(20);
    expect(STEPS).toEqual(expect.arrayContaining(Object.keys(SURVIVORS)));
  });

  test.for(STEPS)("%s", async (step) => {
    const killer = await killerOf(step);
    (await import("node:fs")).appendFileSync(
      "/tmp/map-mut.txt",
      `${step} ${killer ?? "SURVIVED"} ${performance.now()}\n`,
    );
    found.set(step, killer ?? `survived: ${SURVIVORS[step]}`);
    expect(killer === undefined ? step in SURVIVORS : !(step in SURVIVORS), found.get(step)).toBe(true);
  });
});

afterAll(() => {
  const lines = [...found].map(([step, by]) => `  ${step.padEnd(36)} ${by}`);
  console.log([`mutation of maps: ${found.size} steps`, ...lines].join("\n"));
});
