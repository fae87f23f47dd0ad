// cycles.js MODE INSTANCE: 1,000 cycles over INSTANCE/cycles, "mapped" through the library or "plain" over ordinary
// memory. Prints how many garbage collections they caused and what grew, as JSON. Needs --expose-gc.
import { readdirSync, readFileSync } from "node:fs";
import { PerformanceObserver } from "node:perf_hooks";
import { openInstance } from "famfs";

const CYCLES = 1000;
const WINDOW = 4096;

const [mode, path] = process.argv.slice(2);
const collect = (globalThis as { gc?: () => void }).gc as () => void;
const file = await (await openInstance(path as string)).open("cycles", { access: "read-write" });
const ordinary = new Uint8Array(WINDOW);
let total = 0;

function sum(bytes: Uint8Array): number {
  let result = 0;
  for (let i = 0; i < bytes.length; i++) result += bytes[i] as number;
  return result;
}

function mappedCycles(): void {
  for (let i = 0; i < CYCLES; i++) {
    const mapping = file.map();
    total += sum(mapping.window(i * WINDOW, WINDOW).bytes());
    mapping.close();
  }
}

function plainCycles(): void {
  for (let i = 0; i < CYCLES; i++) total += sum(ordinary);
}

/** Lets finalizers and the thread that lets memory go come to an end. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function state() {
  const maps = readFileSync("/proc/self/maps", "utf8").split("\n").length;
  const descriptors = readdirSync("/proc/self/fd").length;
  return { memory: process.memoryUsage.rss() / 2 ** 20, maps, descriptors };
}

const run = mode === "mapped" ? mappedCycles : plainCycles;
// The first rounds compile the code and settle the size of the heap.
for (let i = 0; i < 3; i++) {
  run();
  await settle();
}
const before = state();
let collections = 0;
const observer = new PerformanceObserver((list) => {
  collections += list.getEntries().length;
});
observer.observe({ entryTypes: ["gc"] });
run();
await new Promise((resolve) => setTimeout(resolve, 20));
observer.disconnect();
await settle();
const after = state();
if (total !== 0) throw new Error("the file was not empty");
console.log(
  JSON.stringify({
    collections,
    memory: after.memory - before.memory,
    maps: after.maps - before.maps,
    descriptors: after.descriptors - before.descriptors,
  }),
);
