import { execFileSync } from "node:child_process";
import {
  bool,
  f32,
  f64,
  i8,
  i16,
  i32,
  i64,
  i64Number,
  type ScalarKind,
  type Schema,
  struct,
  u8,
  u16,
  u32,
  u64,
  u64Number,
  utf8,
  vector,
} from "famfs";
import { DEFINITION_MS, KIND_FLOOR, SCHEMA_TARGETS } from "../targets.js";
import { type BenchField, readLoops, TEXT_SIZE, writeLoops } from "./loops.js";
import { type Comparison, compare, type Spread, spreadOf } from "./measure.js";

/*
 * Views against hand-written DataView code with the same checks, over a buffer of the records' own.
 * `npm run bench:schema` in the root prints the figures; with `--check` it fails if one misses its target by more than its spread.
 */

const RECORDS = 2048;
const TYPES = [i8, u8, i16, u16, i32, u32, f32, f64, bool, i64Number, u64Number, i64, u64];

/** The fallback has no public switch, as a process cannot choose it but by its flags; so it is taken from inside. */
const { ViewClasses } = (await import(new URL("../lib/schema/view.js", import.meta.url).href)) as {
  ViewClasses: new (generate: boolean) => { ofStruct(type: unknown): new (...args: unknown[]) => unknown };
};

let missed = 0;

function figure({ median, spread }: Spread, digits = 2): string {
  return `${median.toFixed(digits)} ±${spread.toFixed(digits)}`;
}

function report(name: string, { ours, rival, ratio }: Comparison, atLeast: number | undefined): void {
  const miss = atLeast !== undefined && ratio.median + ratio.spread < atLeast;
  if (miss) missed++;
  const target = atLeast === undefined ? "" : `  target ${atLeast}${miss ? "  MISSED" : ""}`;
  console.log(`${name.padEnd(52)} ${figure(ratio).padEnd(11)} (${figure(ours)} : ${figure(rival)} ns)${target}`);
}

function targetOf(name: string): number | undefined {
  return SCHEMA_TARGETS.find((target) => target.name === name)?.atLeast;
}

function fieldsOf(schema: Schema): BenchField[] {
  return schema.fields.map(({ name, type, offset }) => ({ name, kind: type.kind as ScalarKind, offset }));
}

function scopeOf(schema: Schema, generated = true) {
  const memory = new Uint8Array(schema.size * RECORDS);
  const data = new DataView(memory.buffer);
  const Fallback = generated ? undefined : new ViewClasses(false).ofStruct(schema);
  const view =
    Fallback === undefined ? schema.view(memory) : new Fallback(data, 0, data.byteLength - schema.size, undefined);
  return { data, view, stride: schema.size, records: RECORDS, align: schema.align };
}

/** A new schema each time, and so a new view class: no case meets the type feedback of another. */
function eightFields(): Schema {
  return struct({ id: u64Number, price: f64, quantity: u32, change: i32, rate: f32, venue: u16, side: u8, live: bool });
}

async function records(): Promise<void> {
  for (const [suffix, position, generated] of [
    ["moved view", "moved", true],
    ["new view per record", "new", true],
    ["fallback", "moved", false],
  ] as const) {
    for (const [verb, loops] of [
      ["read", readLoops],
      ["write", writeLoops],
    ] as const) {
      const make = () => {
        const schema = eightFields();
        return loops(scopeOf(schema, generated), fieldsOf(schema), position);
      };
      const name = `${verb} a record of 8 fields, ${suffix}`;
      report(name, await compare(make, RECORDS), targetOf(name));
    }
  }
}

async function newAgainstMoved(): Promise<void> {
  for (const [verb, loops] of [
    ["read", readLoops],
    ["write", writeLoops],
  ] as const) {
    const make = () => {
      const [a, b] = [eightFields(), eightFields()];
      const fresh = loops(scopeOf(a), fieldsOf(a), "new").ours;
      return { ours: fresh, rival: loops(scopeOf(b), fieldsOf(b), "moved").ours };
    };
    const name = `new view per record against moved view, ${verb}`;
    report(name, await compare(make, RECORDS), targetOf(name));
  }
}

async function kinds(): Promise<void> {
  for (const type of [...TYPES, utf8(TEXT_SIZE)]) {
    for (const [verb, loops] of [
      ["read", readLoops],
      ["write", writeLoops],
    ] as const) {
      const make = () => {
        const schema: Schema = struct({ a: type, b: type, c: type, d: type });
        const scope = scopeOf(schema);
        // So that reading finds more than zeroes.
        writeLoops(scope, fieldsOf(schema), "moved").rival();
        return loops(scope, fieldsOf(schema), "moved");
      };
      report(`${verb} 4 fields of ${type.kind}`, await compare(make, RECORDS), KIND_FLOOR);
    }
  }
}

async function vectors(): Promise<void> {
  const schema = struct({ key: u64Number, embedding: vector(f32, 1024) });
  const memory = new Uint8Array(schema.size).fill(1);
  const view = schema.view(memory);
  // Two, in turns: as a constant, the engine would compile the address of a single one into the loop.
  const plain = [0, 1].map(() => new Float32Array(memory.buffer, 8, 1024));
  let turn = 0;
  const sum = (n: number) =>
    new Function("a", `/* ${n} */ let s = 0; for (let i = 0; i < a.length; i++) s += a[i]; return s;`);
  const make = (instance: number) => {
    const [one, two] = [sum(2 * instance), sum(2 * instance + 1)];
    return { ours: () => one(view.embedding), rival: () => two(plain[turn++ & 1]) };
  };
  const name = "sum of a vector field against a typed array";
  report(name, await compare(make, 1024), targetOf(name));
}

/** Prints the milliseconds of some definitions of 100 fields, each another schema, and of their first views. */
const DEFINE = `
  import { bool, f32, f64, i8, i16, i32, i64, i64Number, struct, u8, u16, u32, u64, u64Number } from "famfs";
  const types = [i8, u8, i16, u16, i32, u32, f32, f64, bool, i64Number, u64Number, i64, u64];
  const times = [];
  for (let round = 0; round < 21; round++) {
    const fields = Object.fromEntries(Array.from({ length: 100 }, (_, i) => ["f" + round + "x" + i, types[i % 13]]));
    const start = performance.now();
    const schema = struct(fields);
    const middle = performance.now();
    schema.view(new Uint8Array(schema.size));
    times.push([middle - start, performance.now() - middle]);
  }
  console.log(JSON.stringify(times));
`;

/** In processes of their own, as the first definition of a process runs code that is not compiled yet. */
function definitions(): void {
  const runs = Array.from({ length: 9 }, () => {
    const args = ["--input-type=module", "--eval", DEFINE];
    return JSON.parse(
      execFileSync(process.execPath, args, { cwd: new URL(".", import.meta.url).pathname, encoding: "utf8" }),
    ) as number[][];
  });
  const all = (part: number, from: number, to: number) =>
    spreadOf(runs.flatMap((times) => times.slice(from, to).map((time) => time[part] as number)));
  for (const [name, spread, target] of [
    ["define a schema of 100 fields, first of a process", all(0, 0, 1), DEFINITION_MS],
    ["define a schema of 100 fields, later ones", all(0, 1, 21), DEFINITION_MS],
    ["its first view, first of a process", all(1, 0, 1), undefined],
    ["its first view, later ones", all(1, 1, 21), undefined],
  ] as const) {
    const miss = target !== undefined && spread.median - spread.spread > target;
    if (miss) missed++;
    const held = target === undefined ? "" : `  target ${target}${miss ? "  MISSED" : ""}`;
    console.log(`${name.padEnd(52)} ${figure(spread)} ms${held}`);
  }
}

/** More schemas than an inline cache holds, which the fallback's accessors all meet, as they share their code. */
async function manySchemas(): Promise<void> {
  for (let i = 0; i < 8; i++) {
    const other = eightFields();
    const { ours } = readLoops(scopeOf(other, false), fieldsOf(other), "moved");
    for (let n = 0; n < 200; n++) ours();
  }
  const make = () => {
    const schema = eightFields();
    return readLoops(scopeOf(schema, false), fieldsOf(schema), "moved");
  };
  report("read a record of 8 fields, fallback, many schemas", await compare(make, RECORDS), undefined);
}

console.log(
  `Node ${process.version}: ratio to hand-written code with the same checks (ours : rival, per record or element)`,
);
definitions();
await records();
await newAgainstMoved();
await vectors();
await kinds();
await manySchemas();
if (process.argv.includes("--check") && missed > 0) {
  console.error(`${missed} missed their target by more than the spread`);
  process.exitCode = 1;
}
