import { leaveOut, stepsSeen } from "famfs/testing";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { runBakery } from "../segment/bakery-rounds.js";
import { runFormat } from "../segment/format-rounds.js";
import { runMaking } from "../segment/make-rounds.js";
import { runTwoHosts } from "../segment/two-hosts-rounds.js";

/** Each notices some of what is left out; the first that does ends the search. */
const RUNS = [
  { name: "lock", seeds: 4, run: (seed: number) => runBakery({ seed, entries: 300 }) },
  { name: "format", seeds: 20, run: runFormat },
  { name: "making", seeds: 20, run: runMaking },
  { name: "two hosts", seeds: 2, run: runTwoHosts },
] as const;

/**
 * Steps inside the protocols of commit words are held by mutation.test.ts. Here are those that lib/segment calls itself,
 * and those of the lock, which is a protocol of its own.
 */
const STEPS = [
  "bakery/observe.fence-after",
  "bakery/observe.fence-before",
  "bakery/observe.word",
  "bakery/publish.word",
  "bakery/publish.word-fence",
  ...["claim", "entry", "flush", "host-claim", "used"].flatMap((site) => [
    `segment.${site}/full-fence`,
    `segment.${site}/write-back`,
  ]),
  "segment.fill/write-back",
  "segment.format/write-back",
  ...["fill", "open", "structure", "take-over"].flatMap((site) => [
    `segment.${site}/invalidate`,
    `segment.${site}/invalidate.fence-after`,
    `segment.${site}/invalidate.fence-before`,
  ]),
  ...["find", "schema"].flatMap((site) => [
    `segment.${site}/fetch.fence-after`,
    `segment.${site}/fetch.fence-before`,
    `segment.${site}/fetch.payload`,
  ]),
];

const ONE_OF_TWO =
  "publish ends with a full fence and observe begins with one; one between a store and the loads suffices";
const HAND_OVER = "R1 names it: a line that changes its writer. All of its bytes are stored, so nothing stale shows";
const AFTER_SECOND_LOOK =
  "the read before it ends with a second look: its full fence comes after the word was seen, and before this invalidate";
const EITHER_SIDE =
  "R1 names it; what was written back before a swap is ordered by the fence on either side of its invalidate";
const A_HINT = "it says only where to look first: a name that it misses is looked for in every entry";
const LOOKS_AGAIN = "who took the index looks at its claim again, and that writes the line back";

const SURVIVORS: Readonly<Record<string, string>> = {
  "bakery/observe.fence-before": ONE_OF_TWO,
  "bakery/publish.word-fence": ONE_OF_TWO,
  "segment.fill/invalidate": HAND_OVER,
  "segment.fill/invalidate.fence-after": HAND_OVER,
  "segment.fill/invalidate.fence-before": HAND_OVER,
  "segment.find/fetch.fence-after": A_HINT,
  "segment.find/fetch.fence-before": A_HINT,
  "segment.find/fetch.payload": A_HINT,
  "segment.host-claim/full-fence": LOOKS_AGAIN,
  "segment.host-claim/write-back": LOOKS_AGAIN,
  "segment.open/invalidate.fence-before": AFTER_SECOND_LOOK,
  "segment.schema/fetch.fence-before": AFTER_SECOND_LOOK,
  "segment.structure/invalidate.fence-before": AFTER_SECOND_LOOK,
  "segment.take-over/invalidate.fence-after": EITHER_SIDE,
  "segment.take-over/invalidate.fence-before": EITHER_SIDE,
  "segment.used/full-fence": "the look for a revocation that follows begins with a full fence",
};

const found = new Map<string, string>();

afterEach(() => leaveOut(undefined));

async function killerOf(step: string | undefined): Promise<string | undefined> {
  leaveOut(step);
  for (const { name, seeds, run } of RUNS) {
    for (let seed = 1; seed <= seeds; seed++) {
      const broken = await run(seed);
      if (broken !== undefined) return `${name}, seed ${seed}: ${broken}`;
    }
  }
  return undefined;
}

test("the runs pass with all steps, and come by all of these", async () => {
  void stepsSeen();
  expect(await killerOf(undefined)).toBeUndefined();
  const own = /^(bakery|segment\.\S*)\/(write-back|invalidate|invalidate\..*|store-fence|full-fence)$/;
  const seen = stepsSeen().filter(
    (step) => own.test(step) || /^(bakery|segment\.(find|schema))\/(observe|publish|fetch)/.test(step),
  );
  expect(seen.sort()).toEqual([...STEPS].sort());
});

describe("without one step of a segment", () => {
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
  console.log([`mutation of segments: ${found.size} steps`, ...lines].join("\n"));
});
