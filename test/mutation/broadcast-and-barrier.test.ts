import { leaveOut, stepsSeen } from "famfs/testing";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { runBarrier } from "../structures/barrier-rounds.js";
import { runBroadcast } from "../structures/broadcast-rounds.js";

/** Each notices what is left out of its structure, with one of so many seeds. No step of them survives. */
const STRUCTURES = [
  {
    name: "broadcast",
    seeds: 5,
    run: async (seed: number) =>
      (await runBroadcast({ seed, messages: 3000, words: 40 })) ?? runBroadcast({ seed, messages: 3000, words: 16 }),
    steps: [
      ...["fence-after", "fence-before", "payload"].map((step) => `broadcast.slot/fetch.${step}`),
      ...["fence-after", "fence-before", "word"].map((step) => `broadcast.tail/observe.${step}`),
      ...["payload", "payload-fence", "word", "word-fence"].map((step) => `broadcast.tail/publish.${step}`),
    ],
  },
  {
    name: "barrier",
    seeds: 5,
    run: (seed: number) => runBarrier({ seed, phases: 300 }),
    steps: [
      ...["fence-after", "fence-before", "word"].map((step) => `barrier.arrivals/observe.${step}`),
      ...["word", "word-fence"].map((step) => `barrier.arrivals/publish.${step}`),
      "barrier.arrive/store-fence",
    ],
  },
] as const;

const found = new Map<string, string>();

afterEach(() => leaveOut(undefined));

describe.each(STRUCTURES)("$name", ({ name, seeds, run, steps }) => {
  test("passes with all steps, and comes by all of these", async () => {
    void stepsSeen();
    for (let seed = 1; seed <= seeds; seed++) expect(await run(seed)).toBeUndefined();
    expect(
      stepsSeen()
        .filter((step) => step.startsWith(`${name}.`))
        .sort(),
    ).toEqual([...steps].sort());
  });

  test.for(steps)("without %s it breaks", async (step) => {
    leaveOut(step);
    for (let seed = 1; seed <= seeds && !found.has(step); seed++) {
      const broken = await run(seed);
      if (broken !== undefined) found.set(step, `seed ${seed}: ${broken}`);
    }
    expect(found.get(step)).toBeDefined();
  });
});

afterAll(() => {
  const lines = [...found].map(([step, by]) => `  ${step.padEnd(42)} ${by.slice(0, 100)}`);
  console.log([`mutation of the broadcast and the barrier: ${found.size} steps`, ...lines].join("\n"));
});
