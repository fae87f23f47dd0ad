import { describe, expect, test } from "vitest";
import {
  array,
  bool,
  f32,
  f64,
  i8,
  i16,
  i32,
  i64,
  i64Number,
  struct,
  u8,
  u16,
  u32,
  u64,
  u64Number,
  utf8,
} from "../../lib/index.js";
import { MODES } from "./modes.js";
import { refused } from "./trade.js";

describe.each(MODES)("values of views made by $mode", ({ view: open, list }) => {
  test("utf8 is filled up with zero", () => {
    const schema = struct({ a: utf8(4), b: u8 });
    const bytesOf = new Uint8Array(schema.size).fill(0xff);
    const view = open(schema, bytesOf);
    view.a = "é";
    expect([...bytesOf]).toEqual([0xc3, 0xa9, 0, 0, 0xff]);
    view.a = "";
    expect([...bytesOf]).toEqual([0, 0, 0, 0, 0xff]);
    view.a = "full";
    expect(view.a).toBe("full");
    view.a = "\uFEFFx";
    expect(view.a).toBe("\uFEFFx");
  });

  test("utf8 longer than the short way of reading", () => {
    const schema = struct({ a: utf8(300) });
    const view = open(schema, new Uint8Array(300));
    for (const text of ["x".repeat(300), "x".repeat(64), "x".repeat(65), "é".repeat(150), `${"x".repeat(299)}y`]) {
      view.a = text;
      expect(view.a).toBe(text);
    }
  });

  const scalars = struct({
    i8,
    u8,
    i16,
    u16,
    i32,
    u32,
    i64,
    u64,
    f32,
    f64,
    bool,
    i64Number,
    u64Number,
  });
  const SAFE = Number.MAX_SAFE_INTEGER;
  const accepted: [string, unknown[]][] = [
    ["i8", [-128, 127, 0, -0]],
    ["u8", [0, 255, -0]],
    ["i16", [-32768, 32767]],
    ["u16", [0, 65535]],
    ["i32", [-(2 ** 31), 2 ** 31 - 1]],
    ["u32", [0, 2 ** 32 - 1]],
    ["i64", [-(2n ** 63n), 2n ** 63n - 1n, 0n]],
    ["u64", [0n, 2n ** 64n - 1n]],
    ["f32", [0, -0, 1.5, Number.NaN, Infinity, -Infinity, 3.4028234663852886e38, 2 ** -149]],
    ["f64", [0, -0, Number.NaN, Infinity, -Infinity, Number.MAX_VALUE, Number.MIN_VALUE]],
    ["bool", [true, false]],
    ["i64Number", [-SAFE, SAFE, -1, 0, 2 ** 32, -(2 ** 32), 2 ** 31]],
    ["u64Number", [0, SAFE, 2 ** 32, 2 ** 32 - 1]],
  ];
  test.each(accepted)("%s takes the ends of its range, in a field and in an array", (kind, values) => {
    const field = open(scalars, new Uint8Array(scalars.size)) as unknown as Record<string, unknown>;
    const type = scalars.fields.find((f) => f.name === kind)?.type as typeof u8;
    const elements = list(type, new Uint8Array(64), 2);
    for (const value of values) {
      field[kind] = value;
      elements.set(1, value as number);
      const expected = Object.is(value, -0) && !kind.startsWith("f") ? 0 : value;
      expect([field[kind], elements.get(1)]).toStrictEqual([expected, expected]);
    }
  });

  const wrong = ["1", null, undefined, {}, [1], Symbol("s"), () => 1, { valueOf: () => 1 }, Object(1)];
  const refusals: [string, unknown[], unknown[]][] = [
    ["i8", [-129, 128, 1.5, Number.NaN, Infinity], [1n, true]],
    ["u8", [-1, 256, 0.5], [1n, true]],
    ["i16", [-32769, 32768], [1n]],
    ["u16", [-1, 65536], [1n]],
    ["i32", [-(2 ** 31) - 1, 2 ** 31, 2 ** 32, Number.NaN], [1n]],
    ["u32", [-1, 2 ** 32, 0.1], [1n]],
    ["i64", [-(2n ** 63n) - 1n, 2n ** 63n, 2n ** 64n], [1, true]],
    ["u64", [-1n, 2n ** 64n, 2n ** 64n + 5n], [1]],
    ["f32", [3.4028236e38, -1e300, Number.MAX_VALUE], [1n]],
    ["f64", [], [1n, false]],
    ["bool", [], [0, 1, 1n]],
    ["i64Number", [2 ** 53, -(2 ** 53), 0.5, Number.NaN, Infinity], [1n]],
    ["u64Number", [-1, 2 ** 53, 0.5], [1n]],
  ];
  test.each(refusals)("%s refuses what it cannot hold, and leaves the memory alone", (kind, ranges, types) => {
    const bytesOf = new Uint8Array(scalars.size).fill(0x5a);
    const field = open(scalars, bytesOf) as unknown as Record<string, unknown>;
    const type = scalars.fields.find((f) => f.name === kind)?.type as typeof u8;
    const elements = list(type, bytesOf, 2);
    const check = (value: unknown, code: string) => {
      const error = refused(() => {
        field[kind] = value;
      });
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(new RegExp(`^${kind} must be `))]);
      expect(refused(() => elements.set(1, value as number)).code).toBe(code);
    };
    for (const value of ranges) check(value, "ERR_FAMFS_OUT_OF_RANGE");
    for (const value of [...types, ...wrong]) check(value, "ERR_FAMFS_INVALID_TYPE");
    expect([...bytesOf]).toEqual(new Array(bytesOf.length).fill(0x5a));
  });

  test("integers in memory that a number cannot hold are an error, never another number", () => {
    const schema = struct({ a: u64Number, b: i64Number, c: array(u64Number, 2), d: array(i64Number, 1) });
    const bytesOf = new Uint8Array(schema.size);
    const raw = new DataView(bytesOf.buffer);
    const view = open(schema, bytesOf);
    const put = (value: bigint) => {
      for (let at = 0; at < schema.size; at += 8) raw.setBigInt64(at, value, true);
    };
    for (const value of [2n ** 53n, 2n ** 63n - 1n, -(2n ** 53n), -(2n ** 63n), -(2n ** 53n) - 1n]) {
      put(value);
      for (const read of [
        () => view.a,
        () => view.b,
        () => view.c.get(1),
        () => view.d.get(0),
        () => view.toObject(),
      ]) {
        expect(refused(read)).toMatchObject({
          code: "ERR_FAMFS_OUT_OF_RANGE",
          message: expect.stringMatching(/not safe/),
        });
      }
    }
    put(2n ** 53n - 1n);
    expect([view.a, view.b, view.c.get(1)]).toEqual([SAFE, SAFE, SAFE]);
    put(-(2n ** 53n) + 1n);
    expect([view.b, view.d.get(0)]).toEqual([-SAFE, -SAFE]);
    expect(refused(() => view.c.get(1)).message).toMatch(/^c\[1\] holds/);
  });

  test("bytes in memory that are not UTF-8 are an error, never another string", () => {
    const schema = struct({ a: utf8(4), b: array(utf8(4), 2) });
    const bytesOf = new Uint8Array(schema.size);
    const view = open(schema, bytesOf);
    for (const bad of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0x61, 0xf5, 0x80, 0x80]]) {
      bytesOf.fill(0).set(bad);
      bytesOf.set(bad, 8);
      expect(refused(() => view.a).code).toBe("ERR_FAMFS_ENCODING");
      expect(refused(() => view.b.get(1)).message).toMatch(/^b\[1\] holds bytes that are not UTF-8/);
    }
    bytesOf.fill(0).set([0x61, 0, 0xff, 0xff]);
    expect(view.a).toBe("a");
  });

  test("strings that do not fit or cannot be written are an error, and nothing of them is written", () => {
    const schema = struct({ a: utf8(4), b: struct({ c: array(utf8(4), 2) }) });
    const bytesOf = new Uint8Array(schema.size).fill(0x2e);
    const view = open(schema, bytesOf);
    const cases: [string, string, RegExp][] = [
      [
        "abcde",
        "ERR_FAMFS_OUT_OF_RANGE",
        /^a must be a string of at most 4 bytes in UTF-8, found "abcde", which has 5/,
      ],
      ["ééé", "ERR_FAMFS_OUT_OF_RANGE", /which has 6/],
      ["a\0", "ERR_FAMFS_ENCODING", /U\+0000/],
      ["\0", "ERR_FAMFS_ENCODING", /U\+0000/],
      ["\ud800", "ERR_FAMFS_ENCODING", /surrogate/],
      ["a\udc00", "ERR_FAMFS_ENCODING", /surrogate/],
    ];
    for (const [text, code, message] of cases) {
      const error = refused(() => {
        view.a = text;
      });
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
      expect(refused(() => view.b.c.set(1, text)).message).toMatch(/^b\.c\[1\] must be a string/);
    }
    expect(refused(() => view.set({ a: 5 as never })).code).toBe("ERR_FAMFS_INVALID_TYPE");
    expect([...bytesOf]).toEqual(new Array(bytesOf.length).fill(0x2e));
  });
});
