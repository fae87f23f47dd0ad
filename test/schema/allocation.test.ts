import { execFileSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = dirname(fileURLToPath(import.meta.resolve("famfs/package.json")));

/**
 * Runs a loop body, which adds what it reads to an element of a typed array, as a variable could be a new number object
 * each time, 10^7 times and prints by how many bytes the heap grew. The young generation is as large as it can be,
 * and the loop must not have collected anything, so what it allocated is still there to be counted.
 */
const SCRIPT = `
  import { PerformanceObserver, constants } from "node:perf_hooks";
  import { struct, array, bits, bool, f32, f64, i8, i16, i32, i64Number, u8, u16, u32, u64Number, vector, SharedArray } from "famfs";
  const Leg = struct({ price: f64, side: u8 });
  const Trade = struct({
    a: i8, b: u8, c: i16, d: u16, e: i32, f: u32, g: f32, h: f64, i: bool, j: i64Number, k: u64Number,
    embedding: vector(f32, 4), leg: Leg, legs: array(Leg, 4), levels: array(u32, 3), flags: bits("open", "hidden"),
  });
  const memory = new Uint8Array(Trade.size * 4096);
  const source = {
    byteLength: memory.byteLength, buffer: memory.buffer, byteOffset: 0,
    window: (offset, length) => new Uint8Array(memory.buffer, offset, length),
  };
  const view = Trade.view(source);
  const records = SharedArray.over(source, Trade);
  const numbers = SharedArray.over(source, f64);
  const column = records.column("h");
  const leg = view.leg, legs = view.legs, levels = view.levels, flags = view.flags, embedding = view.embedding;
  for (let n = 0; n < 4; n++) legs.get(n);
  const loop = new Function("view", "records", "numbers", "column", "leg", "legs", "levels", "flags", "embedding", "size", "count",
    "const sum = new Float64Array(1); for (let n = 0; n < count; n++) { const o = (n & 4095) * size; " + process.argv[1] + " } return sum[0];");
  const run = (count) => loop(view, records, numbers, column, leg, legs, levels, flags, embedding, Trade.size, count);
  for (let n = 0; n < 50; n++) run(20_000);
  for (let n = 0; n < 3; n++) run(2_000_000);
  let collections = 0;
  const observer = new PerformanceObserver((list) => { collections += list.getEntries().length; });
  observer.observe({ entryTypes: ["gc"] });
  globalThis.gc();
  await new Promise((resolve) => setTimeout(resolve, 50));
  collections = 0;
  const before = process.memoryUsage().heapUsed;
  run(10_000_000);
  const grown = process.memoryUsage().heapUsed - before;
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.log(JSON.stringify({ grown, collections }));
`;

function measure(body: string): { grown: number; collections: number } {
  const flags = ["--expose-gc", "--max-semi-space-size=512", "--min-semi-space-size=512", "--input-type=module"];
  return JSON.parse(
    execFileSync(process.execPath, [...flags, "--eval", SCRIPT, body], { cwd: root, encoding: "utf8" }),
  );
}

const SCALARS = [..."abcdefghijk"];
const value = (name: string) => (name === "i" ? "(n & 1) === 1" : "n & 127");
const WRITES = SCALARS.map((name) => `v.${name} = ${value(name)};`).join(" ");
const READS = `sum[0] += ${SCALARS.map((name) => (name === "i" ? "(v.i ? 1 : 0)" : `v.${name}`)).join(" + ")};`;

describe("10^7 accesses allocate nothing", () => {
  test.each([
    ["reads and writes of every scalar kind through a moved view", `const v = view.moveTo(o); ${WRITES} ${READS}`],
    ["a new view per record", `const v = view.viewAt(o); v.h = n; v.f = n & 7; sum[0] += v.h + v.f + v.a;`],
    [
      "nested structs, arrays and flags",
      `view.moveTo(o); leg.price = n; legs.get(n & 3).side = n & 7; levels.set(n % 3, n & 15); flags.open = (n & 1) === 1; sum[0] += leg.price + view.leg.side + view.legs.get(n & 3).side + levels.get(n % 3) + (flags.hidden ? 1 : 0);`,
    ],
    ["a vector", `embedding[n & 3] = n; sum[0] += view.embedding[n & 3];`],
    [
      "columns and shared scalars",
      `column.set(n & 4095, n); sum[0] += column.get(n & 4095); numbers.set(n & 4095, n); sum[0] += numbers.get(n & 4095);`,
    ],
    ["iteration", "if ((n & 4095) === 0) for (const v of records.scan()) { v.f = n & 7; sum[0] += v.e; }"],
  ])(
    "%s",
    (_name, body) => {
      const { grown, collections } = measure(body);
      expect(collections).toBe(0);
      // What is made before the loop is compiled; one object for each access would be 160 MB at least.
      expect(grown).toBeLessThan(16_000_000);
    },
    60_000,
  );

  test("the measurement sees an allocation", () => {
    const { grown, collections } = measure(
      "if ((n & 7) === 0) levels.kept = { n, before: levels.kept === undefined };",
    );
    expect(grown > 20_000_000 || collections > 0).toBe(true);
  }, 60_000);
});
