// open-structure.js PATH SEGMENT COHERENCE STRUCTURE TIMES: opens a segment again and again and in it one structure. Prints
// { "first": us, "median": us }: of the process's first SharedRecord.open, and of those of the other segments.
import { openInstance, Segment, SharedRecord } from "famfs";
import { Price } from "../price.js";

const [path, name, coherence, structure, times] = process.argv.slice(2) as [
  string,
  string,
  "coherent" | "incoherent",
  string,
  string,
];
const instance = await openInstance(path, { coherence });
const figures: number[] = [];
for (let i = 0; i <= Number(times); i++) {
  const segment = await Segment.open(instance, name, { access: "read-only" });
  const start = process.hrtime.bigint();
  SharedRecord.open(segment, structure, { record: Price });
  figures.push(Number(process.hrtime.bigint() - start) / 1000);
  await segment.close();
}
const [first, ...others] = figures as [number, ...number[]];
others.sort((a, b) => a - b);
console.log(JSON.stringify({ first, median: others[others.length >> 1] }));
