import { formatRace } from "../pcq/format-race.js";
import { torture } from "../pcq/torture.js";
import { surveyMutants } from "./survey.js";

const FENCES_OF_A_TAKE_OVER =
  "the observation of the other end's index, which comes before the first store, has full fences of its own";
const takeOver = ["pcq.producer-index", "pcq.consumer-index", "pcq.bucket"].flatMap((site) => [
  [`${site}/invalidate.fence-before`, FENCES_OF_A_TAKE_OVER],
  [`${site}/invalidate.fence-after`, FENCES_OF_A_TAKE_OVER],
]);

surveyMutants({
  name: "the queue of famfs",
  isOwn: (step) => step.startsWith("pcq."),
  least: 21,
  runs: [
    { name: "short", seeds: 3, run: (seed) => torture({ seed, calls: 400, moves: 20, buckets: 2, bucketSize: 32 }) },
    { name: "format", seeds: 3, run: (seed) => formatRace({ seed, rounds: 30 }) },
    { name: "long", seeds: 3, run: (seed) => torture({ seed, calls: 10_000, moves: 200, buckets: 3, bucketSize: 64 }) },
  ],
  survivors: {
    "pcq.header/observe.fence-before": "the fence before the first invalidate of a pure reader",
    "pcq.next-number/fetch.fence-before":
      "the number is a hint that no order binds to the index: whoever reads it compares it with a bucket",
    ...Object.fromEntries(takeOver),
  },
});
