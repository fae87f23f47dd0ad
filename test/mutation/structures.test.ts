import type { Subject } from "../conformance/subject.js";
import { atomics } from "../conformance/subjects/atomics.js";
import { counter } from "../conformance/subjects/counter.js";
import { record, recordOfMany } from "../conformance/subjects/record.js";
import { runInterleaved } from "./interleaved.js";
import { runSlowWriter } from "./slow-writer.js";
import { type MutationRun, surveyMutants } from "./survey.js";

/** A structure whose steps are left out. To add one, add a row; its subjects are those of test/conformance. */
interface Row {
  readonly name: string;
  /** How the sites of its steps begin. */
  readonly sites: readonly string[];
  readonly runs: readonly MutationRun[];
  readonly survivors: Readonly<Record<string, string>>;
}

/**
 * Calls of a subject in the middle of others, some of them, and many.
 * @param deaths whether parties die: where what a fail point throws leaves the structure as a death does
 */
function interleaved(subject: Subject, deaths: boolean): MutationRun[] {
  const run = (chapters: number, calls: number) => (seed: number) =>
    runInterleaved(subject, { seed, chapters, calls, deaths });
  return [
    { name: `${subject.name}, short`, seeds: 4, run: run(4, 30) },
    { name: `${subject.name}, long`, seeds: 4, run: run(20, 40) },
  ];
}

const OF_ONE_HOST =
  "only processes of the role's host look at its word, in caches that they share (R8b); others, such as inspect, see it later";
const OWN_LINE =
  "only who takes a lane over observes its slot so, and nobody but its own host stores there: that host's caches have it";
const ONE_OF_TWO =
  "publish ends with a full fence and observe begins with one; one between a store and the loads suffices";

const ROWS: readonly Row[] = [
  {
    name: "records",
    sites: ["record.", "segment.role/"],
    runs: [
      ...interleaved(record, true),
      ...interleaved(recordOfMany, true),
      { name: "slow writer", seeds: 6, run: (seed) => runSlowWriter(seed, 100) },
    ],
    survivors: {
      "record.slot/publish.payload-fence":
        "nobody is sent to the slot before the selector, and that is published after the full fence behind the slot's word",
      "record.slot/begin.fence":
        "R2b names it, and the litmus test of a seqlock misses it; here a writer must come two versions further in one read",
      "record.slot/publish.word-fence":
        "a reader that finds the selector before the slot's word looks again: it only delays",
      "record.slot/observe.fence-before": OWN_LINE,
      "record.slot/observe.word": OWN_LINE,
      "record.slot/observe.fence-after": OWN_LINE,
      "record.slot/fetch.fence-before": "the observation of the selector, which comes before, ends with a full fence",
      ...Object.fromEntries(
        ["observe.fence-before", "observe.word", "observe.fence-after", "write-back", "full-fence"].map((step) => [
          `segment.role/${step}`,
          OF_ONE_HOST,
        ]),
      ),
    },
  },
  { name: "counters", sites: ["counter."], runs: interleaved(counter, true), survivors: {} },
  {
    name: "atomics",
    sites: ["atomics."],
    runs: interleaved(atomics, false),
    survivors: {
      "atomics.element/observe.fence-before":
        "the look before it, at the lock or at another line, ends with a full fence; first of all it is that of a pure reader",
      "atomics.lock/observe.fence-before": ONE_OF_TWO,
      "atomics.lock/publish.word-fence": ONE_OF_TWO,
      "atomics.element/publish.word-fence": "the look for a revocation that follows begins with a full fence",
    },
  },
];

for (const { name, sites, runs, survivors } of ROWS) {
  surveyMutants({ name, isOwn: (step) => sites.some((site) => step.startsWith(site)), runs, survivors });
}
