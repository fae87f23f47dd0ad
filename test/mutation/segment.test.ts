import { runBakery } from "../segment/bakery-rounds.js";
import { runFormat } from "../segment/format-rounds.js";
import { runMaking } from "../segment/make-rounds.js";
import { runTwoHosts } from "../segment/two-hosts-rounds.js";
import { surveyMutants } from "./survey.js";

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

const own = /^(bakery|segment\.\S*)\/(write-back|invalidate|invalidate\..*|store-fence|full-fence)$/;

surveyMutants({
  name: "segments",
  isOwn: (step) => own.test(step) || /^(bakery|segment\.(find|schema))\/(observe|publish|fetch)/.test(step),
  steps: STEPS,
  runs: RUNS,
  survivors: SURVIVORS,
});
