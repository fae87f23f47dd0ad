// structures.js PATH SEGMENT COHERENCE WHAT COUNT: one operation of a structure of the segment, and where JavaScript is
// its yardstick that too, by turns in this process. Prints { "ours": ns, "yardstick": ns }: medians of samples.
import { createTmpfsInstance, i32, openInstance, Segment, SharedAtomics, SharedCounter, SharedRecord } from "famfs";
import { Price } from "../price.js";

type Loop = (times: number) => number;

interface Loops {
  readonly ours: Loop;
  readonly yardstick?: Loop;
}

/** Short ones, because whoever else runs on the machine interrupts long ones more often. */
const SAMPLES = 1000;

const [path, name, coherence, what, count] = process.argv.slice(2) as [
  string,
  string,
  "coherent" | "incoherent",
  string,
  string,
];
const scratch = await createTmpfsInstance();
const bare = (await scratch.create("bare", { size: 4096 })).map();
const instance = await openInstance(path, { coherence });
const segment = await Segment.open(instance, name);
const participant = await segment.join({ host: 0 });

function readRecord(): Loop {
  const record = SharedRecord.open(segment, "record", { record: Price });
  return (n) => {
    let sum = 0;
    for (let i = 0; i < n; ) {
      const found = record.tryRead();
      if (found === undefined) continue;
      sum += found.bid;
      i++;
    }
    return sum;
  };
}

function writeRecord(): Loop {
  const record = SharedRecord.open(participant, "record", { record: Price, role: "writer" });
  const { draft } = record;
  return (n) => {
    for (let i = 0; i < n; i++) {
      draft.bid = i;
      record.write();
    }
    return n;
  };
}

/** What one writes by hand: a sequence word in shared memory, and the record behind it. */
function byHand() {
  return {
    word: bare.view(Int32Array, 0, 1),
    shared: bare.view(Float64Array, 128, 32),
    copy: new Float64Array(32),
  };
}

function readByHand(): Loop {
  const { word, shared, copy } = byHand();
  const read = () => {
    for (let attempt = 0; attempt < 16; attempt++) {
      const version = Atomics.load(word, 0);
      if ((version & 1) !== 0) continue;
      copy.set(shared);
      if (Atomics.load(word, 0) === version) return copy;
    }
    return undefined;
  };
  return (n) => {
    let sum = 0;
    for (let i = 0; i < n; ) {
      const found = read();
      if (found === undefined) continue;
      sum += found[0] as number;
      i++;
    }
    return sum;
  };
}

function writeByHand(): Loop {
  const { word, shared, copy } = byHand();
  return (n) => {
    for (let i = 0; i < n; i++) {
      copy[0] = i;
      const version = Atomics.load(word, 0);
      Atomics.store(word, 0, version + 1);
      shared.set(copy);
      Atomics.store(word, 0, version + 2);
    }
    return n;
  };
}

function addToCounter(): Loop {
  const counter = SharedCounter.open(participant, "counter");
  return (n) => {
    for (let i = 0; i < n; i++) counter.add(i & 7);
    return n;
  };
}

function addToBigInts(): Loop {
  const words = bare.view(BigInt64Array, 0, 1);
  return (n) => {
    for (let i = 0; i < n; i++) Atomics.add(words, 0, BigInt(i & 7));
    return n;
  };
}

function valueOfCounter(): Loop {
  const counter = SharedCounter.open(participant, "counter");
  return (n) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += counter.value;
    return sum;
  };
}

/** The loops differ in one call each, and are written out so that the engine can put that call into them. */
function atomicLoops(operation: string): Loops {
  const ours = SharedAtomics.open(participant, "atomics", { element: i32 });
  const words = bare.view(Int32Array, 0, 8);
  const loop = (body: string) =>
    new Function(
      "ours",
      "words",
      `return (n) => { let sum = 0; for (let i = 0; i < n; i++) sum += ${body}; return sum; }`,
    )(ours, words) as Loop;
  const operands = { load: "", store: ", i", add: ", i & 3", exchange: ", i", compareExchange: ", i & 15, i & 3" };
  const given = operands[operation as keyof typeof operands];
  return {
    ours: loop(`ours.${operation}(i & 7${given})`),
    yardstick: loop(`Atomics.${operation}(words, i & 7${given})`),
  };
}

function loopsOf(operation: string): Loops {
  switch (operation) {
    case "record-read":
      return { ours: readRecord(), yardstick: readByHand() };
    case "record-write":
      return { ours: writeRecord(), yardstick: writeByHand() };
    case "counter-add":
      return { ours: addToCounter(), yardstick: addToBigInts() };
    case "counter-value":
      return { ours: valueOfCounter() };
    default:
      return atomicLoops(operation.slice("atomics-".length));
  }
}

const times = Math.ceil(Number(count) / SAMPLES);

function sample(loop: Loop): number {
  const start = process.hrtime.bigint();
  loop(times);
  return Number(process.hrtime.bigint() - start) / times;
}

/** The first fifth is not counted. */
function median(figures: number[]): number {
  const counted = figures.slice(SAMPLES / 5).sort((a, b) => a - b);
  return counted[counted.length >> 1] as number;
}

const { ours, yardstick } = loopsOf(what);
const figures = { ours: [] as number[], yardstick: [] as number[] };
for (let i = 0; i < SAMPLES * 1.2; i++) {
  figures.ours.push(sample(ours));
  if (yardstick !== undefined) figures.yardstick.push(sample(yardstick));
}
console.log(JSON.stringify({ ours: median(figures.ours), yardstick: median(figures.yardstick) }));
await segment.close();
await instance.close();
await scratch.close();
