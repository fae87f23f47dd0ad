import type { Subject } from "../conformance/subject.js";
import { atomics } from "../conformance/subjects/atomics.js";
import { counter } from "../conformance/subjects/counter.js";
import { record, recordOfMany } from "../conformance/subjects/record.js";
import { runInterleaved } from "./interleaved.js";
import { surveyMutants } from "./survey.js";

/** A structure whose steps are left out. To add one, add a row; its subject is that of test/conformance. */
interface Row {
  readonly subject: Subject;
  /** How the sites of its steps begin. */
  readonly sites: readonly string[];
  /** Whether parties die: where what a fail point throws leaves the structure as a death does. */
  readonly deaths: boolean;
  readonly survivors: Readonly<Record<string, string>>;
}

const ROWS: readonly Row[] = [
  { subject: record, sites: ["record.", "segment.role/"], deaths: true, survivors: {} },
  { subject: recordOfMany, sites: ["record."], deaths: true, survivors: {} },
  { subject: counter, sites: ["counter."], deaths: true, survivors: {} },
  { subject: atomics, sites: ["atomics."], deaths: false, survivors: {} },
];

for (const { subject, sites, deaths, survivors } of ROWS) {
  surveyMutants({
    name: subject.name,
    isOwn: (step) => sites.some((site) => step.startsWith(site)),
    runs: [
      { name: "short", seeds: 4, run: (seed) => runInterleaved(subject, { seed, chapters: 4, calls: 30, deaths }) },
      { name: "long", seeds: 4, run: (seed) => runInterleaved(subject, { seed, chapters: 20, calls: 40, deaths }) },
    ],
    survivors,
  });
}
