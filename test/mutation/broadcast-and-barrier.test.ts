import { runBarrier } from "../structures/barrier-rounds.js";
import { runBroadcast } from "../structures/broadcast-rounds.js";
import { surveyMutants } from "./survey.js";

surveyMutants({
  name: "the broadcast",
  isOwn: (step) => step.startsWith("broadcast."),
  steps: [
    ...["fence-after", "fence-before", "payload"].map((step) => `broadcast.slot/fetch.${step}`),
    ...["fence-after", "fence-before", "word"].map((step) => `broadcast.tail/observe.${step}`),
    ...["payload", "payload-fence", "word", "word-fence"].map((step) => `broadcast.tail/publish.${step}`),
  ],
  runs: [
    { name: "long messages", seeds: 5, run: (seed) => runBroadcast({ seed, messages: 3000, words: 40 }) },
    { name: "messages of a line", seeds: 5, run: (seed) => runBroadcast({ seed, messages: 3000, words: 16 }) },
  ],
  survivors: {},
});

surveyMutants({
  name: "the barrier",
  isOwn: (step) => step.startsWith("barrier."),
  steps: [
    ...["fence-after", "fence-before", "word"].map((step) => `barrier.arrivals/observe.${step}`),
    ...["word", "word-fence"].map((step) => `barrier.arrivals/publish.${step}`),
    "barrier.arrive/store-fence",
  ],
  runs: [{ name: "phases", seeds: 5, run: (seed) => runBarrier({ seed, phases: 300 }) }],
  survivors: {},
});
