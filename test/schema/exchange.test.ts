import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  array,
  bits,
  bool,
  bytes,
  createTmpfsInstance,
  f32,
  f64,
  type Instance,
  i8,
  i16,
  i32,
  i64,
  i64Number,
  type Schema,
  SharedArray,
  struct,
  toCHeader,
  toCtypes,
  u8,
  u16,
  u32,
  u64,
  u64Number,
  utf8,
  vector,
} from "../../lib/index.js";
import { schema as anySchema, SEED } from "./arbitrary.js";
import { FakeMapping } from "./memory.js";
import { checksum, cProgram, pythonProgram, reversed } from "./programs.js";
import { random32, randomValue } from "./random-records.js";

const Inner = struct({ tag: u8, weight: f64, class: u16 });
const Everything = struct(
  {
    a: i8,
    b: u8,
    c: i16,
    d: u16,
    e: i32,
    f: u32,
    g: i64,
    h: u64,
    i: f32,
    j: f64,
    k: bool,
    l: i64Number,
    m: u64Number,
    raw: bytes(3),
    symbol: utf8(11),
    embedding: vector(f32, 3),
    counts: vector(u64, 2),
    shorts: vector(i16, 3),
    inner: Inner,
    int: u32,
    legs: array(Inner, 2),
    grid: array(array(u16, 2), 2),
    labels: array(utf8(5), 2),
    points: array(vector(f64, 2), 2),
    blobs: array(bytes(3), 2),
    live: array(bool, 3),
    sequence: array(u64Number, 2),
    open: bits("open", "hidden", "True"),
    wide: bits("a", "b", "c", "d", "e", "f", "g", "h", "i"),
    widest: bits(...Array.from({ length: 32 }, (_, n) => `f${n}`)),
    states: array(bits("on", "off"), 3),
    last: u8,
  },
  { align: 64 },
);

let instance: Instance;
beforeAll(async () => {
  instance = await createTmpfsInstance();
});
afterAll(() => instance.close());

const STRICT = ["-O1", "-Wall", "-Wextra", "-Werror", "-pedantic"];

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: instance.path, encoding: "utf8", timeout: 100_000 });
}

/** Random records in a file, and what a program must make of them. */
interface Prepared {
  readonly schema: Schema;
  readonly count: number;
  /** The checksum of all values. */
  readonly sum: string;
  /** The records with their fields in the opposite order, as JavaScript writes them. */
  readonly expected: FakeMapping;
  /** The first records, as objects. */
  readonly first: readonly unknown[];
}

/** Writes random records through a mapping; `seed` picks them. */
async function prepare(schema: Schema, count: number, seed: number): Promise<Prepared> {
  const opposite = reversed(schema);
  rmSync(join(instance.path, "in.bin"), { force: true });
  const file = await instance.create("in.bin", { size: schema.size * count });
  using mapping = file.map();
  file.close();
  const expected = new FakeMapping(opposite.size * count);
  mapping.bytes().fill(0xff);
  const [records, others] = [SharedArray.over(mapping, schema), SharedArray.over(expected, opposite)];
  const first: unknown[] = [];
  let sum = 0n;
  for (let i = 0; i < count; i++) {
    const value = randomValue(schema, random32(seed + i * 7919)) as Record<string, unknown>;
    records.set(i, value);
    others.set(i, value);
    sum = checksum(schema, value, sum);
    if (i < 1000) first.push(value);
  }
  return { schema, count, sum: sum.toString(16).padStart(16, "0"), expected, first };
}

/** Lets a program copy the records, and checks its checksum and what it wrote. */
async function exchange({ schema, count, sum, expected, first }: Prepared, [command, ...args]: [string, ...string[]]) {
  rmSync(join(instance.path, "out.bin"), { force: true });
  expect(run(command, ...args, "in.bin", "out.bin", String(count)).trim()).toBe(sum);
  const file = await instance.open("out.bin");
  using mapping = file.map();
  file.close();
  expect(Buffer.compare(mapping.bytes(), expected.bytes)).toBe(0);
  const results = SharedArray.over(mapping, reversed(schema));
  first.forEach((record, index) => {
    // Tells -0 from 0, unlike vitest's comparison.
    if (!isDeepStrictEqual(results.get(index).toObject(), record)) {
      expect(results.get(index).toObject()).toStrictEqual(record);
    }
  });
}

function compile(schema: Schema, compiler: "gcc" | "g++"): [string] {
  writeFileSync(join(instance.path, "in.h"), toCHeader(schema, { name: "original" }));
  writeFileSync(join(instance.path, "out.h"), toCHeader(reversed(schema), { name: "opposite" }));
  const source = compiler === "gcc" ? "copy.c" : "copy.cc";
  writeFileSync(join(instance.path, source), cProgram(schema, { in: "original", out: "opposite" }));
  run(compiler, compiler === "gcc" ? "-std=c11" : "-std=c++17", ...STRICT, "-o", `copy-${compiler}`, source);
  return [`./copy-${compiler}`];
}

function python(schema: Schema): [string, string] {
  writeFileSync(join(instance.path, "schema_in.py"), toCtypes(schema, { name: "original" }));
  writeFileSync(join(instance.path, "schema_out.py"), toCtypes(reversed(schema), { name: "opposite" }));
  const program = pythonProgram(schema, { in: "original", out: "opposite" });
  writeFileSync(join(instance.path, "copy.py"), program);
  return ["python3", "copy.py"];
}

describe("records exchanged with other languages over a mapping", () => {
  // In parts, so that they fit into a /dev/shm of 64 MB.
  const PARTS = 5;

  test("programs compiled by gcc and g++ and a Python program read and write 10^5 records", async () => {
    const programs = [compile(Everything, "gcc"), compile(Everything, "g++"), python(Everything)];
    for (let part = 0; part < PARTS; part++) {
      const prepared = await prepare(Everything, 100_000 / PARTS, SEED + part);
      for (const program of programs) await exchange(prepared, program);
    }
  }, 120_000);

  test("random schemas mean the same to C and C++", async () => {
    const property = fc.asyncProperty(anySchema(3), async (schema) => {
      const records = await prepare(schema, 20, SEED);
      await exchange(records, compile(schema, "gcc"));
      await exchange(records, compile(schema, "g++"));
    });
    await fc.assert(property, { numRuns: 12, endOnFailure: true });
  }, 120_000);
});
