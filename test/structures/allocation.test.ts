import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { ROOT } from "../support/child.js";

/**
 * Runs a loop body, which adds what it reads to an element of a typed array, as a variable could be a new number object
 * each time, and prints by how many bytes the heap grew for each turn, in the best of three runs: the engine compiles in
 * between. The young generation is large, and the loop must not have collected anything, so what it allocated is still
 * there to be counted.
 */
const SCRIPT = `
  import { PerformanceObserver } from "node:perf_hooks";
  import { createTmpfsInstance, f64, i32, i64Number, openInstance, Segment, SharedAtomics, SharedBarrier, SharedBroadcast, SharedCounter, SharedMap, SharedQueue, SharedRecord, struct, vector } from "famfs";
  const [coherence, turns, body] = process.argv.slice(1);
  const scratch = await createTmpfsInstance();
  const instance = await openInstance(scratch.path, { coherence });
  const segment = await Segment.create(instance, "segment", { size: 1 << 20, hosts: 2, participantsPerHost: 2 });
  const participant = await segment.join({ host: 0 });
  const Price = struct({ bid: f64, rest: vector(f64, 31) });
  const writer = await SharedRecord.create(participant, "price", { record: Price, role: "writer" });
  writer.draft.bid = 1;
  writer.write();
  const reader = SharedRecord.open(segment, "price", { record: Price });
  const counter = await SharedCounter.create(participant, "count");
  const atomics = await SharedAtomics.create(participant, "words", { element: i32, length: 4 });
  const ticks = await SharedBroadcast.create(participant, "ticks", { message: Price, capacity: 16, role: "writer" });
  const listener = SharedBroadcast.open(segment, "ticks", { message: Price }).reader({ from: "now" });
  const barrier = await SharedBarrier.create(participant, "step", { parties: 1, role: "party" });
  const outlet = await SharedQueue.create(participant, "queue", { message: Price, capacity: 64, role: "consumer" });
  const inlet = SharedQueue.open(participant, "queue", { message: Price });
  const look = (message) => { if (message.bid < 0) throw message; };
  const map = await SharedMap.create(participant, "map", { key: i64Number, value: Price, capacity: 16, role: "writer" });
  const price = { bid: 1, rest: new Float64Array(31) };
  const view = Price.view(new Uint8Array(Price.size));
  const keys = Float64Array.of(0, 1, 2, 3);
  const found = new Uint8Array(4 * Price.size);
  const queues = { outlet, inlet, look };
  const maps = { map, price, view, keys, found };
  const things = { writer, reader, counter, atomics, ticks, listener, barrier, ...queues, ...maps };
  const loop = new Function("{ " + Object.keys(things) + " }", "count",
    "const sum = new Float64Array(1); for (let n = 0; n < count; n++) { " + body + " } return sum[0];");
  const count = Number(turns);
  for (let n = 0; n < 20; n++) loop(things, count / 20);
  loop(things, count);
  let collections = 0;
  const observer = new PerformanceObserver((list) => { collections += list.getEntries().length; });
  observer.observe({ entryTypes: ["gc"] });
  globalThis.gc();
  await new Promise((resolve) => setTimeout(resolve, 20));
  collections = 0;
  let grown = Infinity;
  for (let run = 0; run < 3; run++) {
    const before = process.memoryUsage().heapUsed;
    loop(things, count);
    grown = Math.min(grown, process.memoryUsage().heapUsed - before);
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  console.log(JSON.stringify({ bytes: grown / count, collections }));
  await segment.close();
  await scratch.close();
`;

function measure(coherence: string, turns: number, body: string): { bytes: number; collections: number } {
  const flags = ["--expose-gc", "--max-semi-space-size=128", "--min-semi-space-size=128", "--input-type=module"];
  const script = ["--eval", SCRIPT, coherence, String(turns), body];
  return JSON.parse(execFileSync(process.execPath, [...flags, ...script], { cwd: ROOT, encoding: "utf8" }));
}

const OPERATIONS: Readonly<Record<string, string>> = {
  "reading a record": "sum[0] += reader.tryRead().bid + reader.version;",
  "writing a record": "writer.draft.bid = n; writer.write();",
  "a message of a broadcast": "ticks.draft.bid = n; ticks.write(); sum[0] += listener.tryRead().bid;",
  "a message of a queue, in place":
    "inlet.claim().bid = n; inlet.commit(); sum[0] += outlet.tryTake().bid; outlet.release();",
  "a message of a queue, copied": "inlet.tryPush(price); sum[0] += outlet.tryTake().bid; outlet.release();",
  // Without the views: whether a loop's own are objects is up to the compiler.
  "a run of a queue":
    "sum[0] += inlet.claimRun(4); inlet.commitRun(); sum[0] += outlet.takeRun(4); outlet.releaseRun();",
  "draining a queue": "inlet.tryPush(price); sum[0] += outlet.drain(look);",
  "writing and reading a map": "map.set(n & 7, price); map.read(n & 7, view); sum[0] += view.bid + Number(map.has(9));",
  "reading many of a map": "map.set(n & 3, price); map.getMany(keys, found); sum[0] += found[7];",
  "arriving at a barrier": "sum[0] += barrier.arrive() + Number(barrier.tryWait());",
  "adding to a counter": "counter.add(n & 7); counter.add(-(n & 7)); counter.add();",
  "the value of a counter": "sum[0] += counter.value;",
  "loading an atomic": "sum[0] += atomics.load(n & 3);",
  "changing an atomic":
    "const i = n & 3; atomics.store(i, n & 7); sum[0] += atomics.add(i, 3) + atomics.sub(i, 1) + atomics.and(i, 15) + atomics.or(i, 2) + atomics.xor(i, 1) + atomics.exchange(i, 5) + atomics.compareExchange(i, 5, 6);",
};

/**
 * Between hosts a change of an atomic takes a lock; there it makes objects, some hundred bytes in tens of microseconds. What
 * is stored to a map has a checksum there, and what zlib returns is a number object.
 */
const MAKE_OBJECTS = ["changing an atomic", "writing and reading a map", "reading many of a map"];

describe.each([
  ["coherent", 200_000],
  ["incoherent", 30_000],
])("on %s memory nothing is allocated for", (coherence, turns) => {
  const operations = Object.entries(OPERATIONS);
  test.each(coherence === "coherent" ? operations : operations.filter(([name]) => !MAKE_OBJECTS.includes(name)))(
    "%s",
    (_name, body) => {
      const { bytes, collections } = measure(coherence, turns, body);
      expect(collections).toBe(0);
      // One object in each turn would be 16 at least.
      expect(bytes).toBeLessThan(10);
    },
    30_000,
  );
});

test("the measurement sees an object in every second turn", () => {
  const { bytes, collections } = measure("coherent", 300_000, "if ((n & 1) === 0) counter.kept = { n, bytes: n };");
  expect(bytes > 10 || collections > 0).toBe(true);
}, 30_000);
