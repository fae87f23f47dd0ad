import { describe, expect, test } from "vitest";
import {
  array,
  bits,
  bool,
  bytes,
  FamfsError,
  f32,
  f64,
  i8,
  i16,
  i32,
  i64,
  i64Number,
  type Schema,
  struct,
  u8,
  u16,
  u32,
  u64,
  u64Number,
  utf8,
  vector,
} from "../../lib/index.js";
import { FakeMapping } from "./memory.js";
import { MODES } from "./modes.js";

const Leg = struct({ price: f64, side: u8 });
const Trade = struct({
  id: u64,
  price: f64,
  qty: u32,
  symbol: utf8(16),
  embedding: vector(f32, 8),
  leg: Leg,
  legs: array(Leg, 4),
  levels: array(u32, 3),
  names: array(utf8(4), 2),
  keys: array(vector(u16, 2), 2),
  grid: array(array(i8, 2), 2),
  raw: bytes(4),
  flags: bits("open", "hidden"),
  serial: u64Number,
  delta: i64Number,
  live: bool,
});

const RECORD = {
  id: 5n,
  price: 101.5,
  qty: 7,
  symbol: "EURUSD",
  embedding: Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8]),
  leg: { price: 1, side: 2 },
  legs: [1, 2, 3, 4].map((side) => ({ price: side / 2, side })),
  levels: [1, 2, 3],
  names: ["ab", "cdef"],
  keys: [Uint16Array.of(1, 2), Uint16Array.of(3, 4)],
  grid: [
    [1, 2],
    [3, 4],
  ],
  raw: Uint8Array.of(1, 2, 3, 4),
  flags: { open: true, hidden: false },
  serial: 2 ** 50,
  delta: -(2 ** 50),
  live: true,
};

function refused(act: () => unknown): FamfsError {
  try {
    act();
  } catch (error) {
    if (error instanceof FamfsError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe.each(MODES)("views made by $mode", ({ view: open, list }) => {
  const memory = () => new Uint8Array(Trade.size * 4).fill(0xff);

  test("assign writes every field, and toObject reads a copy", () => {
    const view = open(Trade, memory(), Trade.size);
    view.assign(RECORD);
    const copy = view.toObject();
    expect(copy).toStrictEqual(RECORD);
    view.embedding.fill(0);
    view.raw.fill(0);
    view.legs.get(0).side = 9;
    expect(copy).toStrictEqual(RECORD);
  });

  test("what toObject gives can be assigned", () => {
    const view = open(Trade, memory());
    view.assign(RECORD);
    const other = view.viewAt(Trade.size);
    other.assign(view.toObject());
    expect(other.toObject()).toStrictEqual(RECORD);
  });

  test("the bytes are little-endian at the offsets of the schema", () => {
    const schema = struct({ a: u16, b: u32, c: i64, d: f64, e: u64Number, f: i64Number, g: bool, h: utf8(4) });
    const bytesOf = new Uint8Array(schema.size).fill(0xff);
    open(schema, bytesOf).assign({ a: 0x0102, b: 0x03040506, c: -2n, d: 1, e: 2 ** 40 + 3, f: -3, g: true, h: "é" });
    expect(Buffer.from(bytesOf).toString("hex")).toBe(
      "02010000060504030000".slice(0, 8) +
        "06050403" +
        "feffffffffffffff" +
        "000000000000f03f" +
        "0300000000010000" +
        "fdffffffffffffff" +
        "01c3a900" +
        "00000000",
    );
  });

  test("padding is written as zero by assign and set, in nested structs too", () => {
    const schema = struct(
      { a: u8, b: struct({ c: u16, d: u64, e: u8 }), f: array(struct({ g: u8, h: u32 }), 2) },
      { align: 64 },
    );
    const record = {
      a: 0xff,
      b: { c: 0xffff, d: 2n ** 64n - 1n, e: 0xff },
      f: [0, 1].map(() => ({ g: 0xff, h: 2 ** 32 - 1 })),
    };
    const used = [0, 8, 9, ...Array.from({ length: 9 }, (_, i) => 16 + i), 32, 36, 37, 38, 39, 40, 44, 45, 46, 47];
    for (const verb of ["assign", "set"] as const) {
      const bytesOf = new Uint8Array(schema.size).fill(0xaa);
      open(schema, bytesOf)[verb](record);
      expect([...bytesOf].map((byte, at) => [at, byte])).toEqual(
        [...bytesOf].map((_, at) => [at, used.includes(at) ? 0xff : 0]),
      );
    }
  });

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

  test("set changes the named fields only", () => {
    const view = open(Trade, memory());
    view.assign(RECORD);
    view.set({ price: 2, legs: RECORD.legs.toReversed(), flags: { open: false, hidden: true } });
    expect(view.toObject()).toStrictEqual({
      ...RECORD,
      price: 2,
      legs: RECORD.legs.toReversed(),
      flags: { open: false, hidden: true },
    });
  });

  test("a view moves, and what came from it moves along", () => {
    const view = open(Trade, memory());
    view.assign(RECORD);
    const other = view.viewAt(2 * Trade.size);
    other.assign({
      ...RECORD,
      price: 9,
      levels: [7, 8, 9],
      leg: { price: 5, side: 6 },
      flags: { open: false, hidden: true },
    });
    const { leg, legs, levels, flags, grid } = view;
    const [second, row] = [legs.get(1), grid.get(1)];
    other.legs.get(1).side = 77;
    other.grid.get(1).set(0, -7);
    expect(view.moveTo(2 * Trade.size)).toBe(view);
    expect(view.byteOffset).toBe(2 * Trade.size);
    expect([view.price, leg.price, second.side, levels.get(0), flags.hidden, row.get(0)]).toEqual([
      9,
      5,
      77,
      7,
      true,
      -7,
    ]);
    expect([view.leg, view.legs, view.legs.get(1)]).toEqual([leg, legs, second]);
    second.side = 78;
    expect(other.legs.get(1).side).toBe(78);
    view.moveTo(0);
    expect([leg.price, second.side, row.get(0)]).toEqual([1, 2, 3]);
  });

  test("a vector is a typed array over the memory, of the record where the view is", () => {
    const bytesOf = memory();
    const view = open(Trade, bytesOf);
    view.assign(RECORD);
    const vectorHere = view.embedding;
    expect(vectorHere).toBeInstanceOf(Float32Array);
    expect(vectorHere.buffer).toBe(bytesOf.buffer);
    expect(view.embedding).toBe(vectorHere);
    vectorHere[3] = 33;
    expect(view.toObject().embedding[3]).toBe(33);
    view.moveTo(Trade.size).embedding = new Float32Array(8).fill(-1);
    expect([...view.embedding]).toEqual(new Array(8).fill(-1));
    expect(vectorHere[3]).toBe(33);
    expect(view.embedding).not.toBe(vectorHere);
  });

  test("vectors take arrays of any kind whose values fit", () => {
    const schema = struct({ a: vector(u8, 3), b: vector(i64, 2), c: bytes(2), d: vector(f32, 1) });
    const view = open(schema, new Uint8Array(schema.size));
    view.a = Float64Array.of(1, 2, 255) as never;
    view.set({ a: [1, 2, 255], b: [1n, -1n], c: Buffer.from([1, 2]), d: [Number.NaN] });
    expect(view.toObject()).toStrictEqual({
      a: Uint8Array.of(1, 2, 255),
      b: BigInt64Array.of(1n, -1n),
      c: Uint8Array.of(1, 2),
      d: Float32Array.of(Number.NaN),
    });
    expect(refused(() => view.set({ a: [1, 2, 256] })).message).toMatch(/^a\[2\] must be an integer from 0 to 255/);
    expect(refused(() => view.set({ a: Int16Array.of(1, -2, 3) })).message).toMatch(/^a\[1\]/);
    expect(refused(() => view.set({ b: [1, 2] as never })).message).toMatch(/^b\[0\] must be a bigint/);
    expect([...view.a]).toEqual([1, 2, 255]);
  });

  test("flags can be changed one by one and together, and bits without a name are kept or cleared", () => {
    const schema = struct({ few: bits("a", "b"), many: bits(...Array.from({ length: 32 }, (_, i) => `f${i}`)) });
    const bytesOf = new Uint8Array(schema.size);
    bytesOf[0] = 0xf0;
    const view = open(schema, bytesOf);
    view.few.b = true;
    expect(bytesOf[0]).toBe(0xf2);
    view.few.set({ a: true, b: false });
    expect(bytesOf[0]).toBe(0xf1);
    expect(view.few.toObject()).toEqual({ a: true, b: false });
    view.few.assign({ a: false, b: true });
    expect(bytesOf[0]).toBe(0x02);
    const many = view.many as unknown as Record<string, boolean>;
    many["f31"] = true;
    many["f16"] = true;
    expect([...bytesOf.subarray(4)]).toEqual([0, 0, 1, 0x80]);
    expect(many["f31"]).toBe(true);
    many["f31"] = false;
    expect([...bytesOf.subarray(4)]).toEqual([0, 0, 1, 0]);
  });

  test("arrays are read and written by element and as a whole, and iterated", () => {
    const view = open(Trade, memory());
    view.assign(RECORD);
    view.legs.set(2, { price: 10, side: 20 });
    view.levels.set(1, 99);
    view.levels.assign([view.levels.get(0), 100, 3]);
    view.names.set(0, "é");
    view.keys.set(0, [9, 10]);
    view.keys.get(1)[0] = 11;
    view.grid.get(0).assign([-1, -2]);
    expect(view.toObject()).toMatchObject({
      legs: [RECORD.legs[0], RECORD.legs[1], { price: 10, side: 20 }, RECORD.legs[3]],
      levels: [1, 100, 3],
      names: ["é", "cdef"],
      keys: [Uint16Array.of(9, 10), Uint16Array.of(11, 4)],
      grid: [
        [-1, -2],
        [3, 4],
      ],
    });
    expect([...view.levels]).toEqual([1, 100, 3]);
    expect([...view.legs].map((leg) => leg.side)).toEqual([1, 2, 20, 4]);
    expect(view.legs.length).toBe(4);
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

  test("errors name the path of the field", () => {
    const Deep = struct({
      legs: array(struct({ price: f64, deep: struct({ names: array(utf8(2), 2), on: bits("x") }) }), 3),
    });
    const view = open(Deep, new Uint8Array(Deep.size));
    const deep = view.legs.get(2).deep;
    const paths: [string, () => unknown][] = [
      ["legs[2].price", () => view.legs.get(2).set({ price: "1" as never })],
      ["legs[2].deep.names[1]", () => deep.names.set(1, "abc")],
      ["legs[0].deep.on.x", () => view.legs.get(0).deep.on.set({ x: 1 as never })],
      ["legs[2].deep.on", () => deep.set({ on: null as never })],
      ["legs[1]", () => view.legs.set(1, 5 as never)],
      ["legs", () => view.set({ legs: 5 as never })],
      ["legs[1].deep.nope", () => view.legs.get(1).deep.set({ nope: 1 } as never)],
      ["legs[0].price", () => view.legs.assign([{}, {}, {}] as never)],
      ["legs[2].deep.names", () => deep.names.assign(["a"])],
    ];
    for (const [path, act] of paths) expect(refused(act).message.split(" ")[0]).toBe(path);
    expect(refused(() => deep.names.get(2)).message).toMatch(/^the index of legs\[2\]\.deep\.names must be/);
    expect(refused(() => view.legs.get(3)).message).toMatch(
      /^the index of legs must be an integer from 0 to 2, found 3/,
    );
  });

  test("records with unknown or missing names are refused", () => {
    const view = open(Trade, memory());
    expect(refused(() => view.set({ prize: 1 } as never)).code).toBe("ERR_FAMFS_UNKNOWN_FIELD");
    expect(refused(() => view.assign({ ...RECORD, extra: 1 } as never)).code).toBe("ERR_FAMFS_UNKNOWN_FIELD");
    const { price: _price, ...rest } = RECORD;
    expect(refused(() => view.assign(rest as never)).message).toMatch(/^price must be a number, found undefined/);
    expect(refused(() => view.assign({ ...rest, prize: 1 } as never)).message).toMatch(/^price must be/);
    for (const bad of [null, undefined, 1, "x", [RECORD]]) {
      expect(refused(() => view.assign(bad as never)).code).toBe("ERR_FAMFS_INVALID_TYPE");
      expect(refused(() => view.set(bad as never)).code).toBe("ERR_FAMFS_INVALID_TYPE");
    }
    expect(refused(() => view.set(view.viewAt(0) as never)).message).toMatch(/toObject/);
    expect(refused(() => view.flags.assign({ open: true } as never)).message).toMatch(
      /^flags\.hidden must be true or false/,
    );
    expect(refused(() => view.flags.set({ shut: true } as never)).message).toMatch(/^flags\.shut is no field/);
  });

  test("a view cannot be moved out of its memory or off its alignment", () => {
    const view = open(Trade, memory());
    const last = 3 * Trade.size;
    expect(view.moveTo(last).byteOffset).toBe(last);
    const cases: [unknown, string][] = [
      [last + 8, "ERR_FAMFS_OUT_OF_RANGE"],
      [-8, "ERR_FAMFS_OUT_OF_RANGE"],
      [Number.NaN, "ERR_FAMFS_OUT_OF_RANGE"],
      [Infinity, "ERR_FAMFS_OUT_OF_RANGE"],
      [4, "ERR_FAMFS_MISALIGNED"],
      [8.5, "ERR_FAMFS_MISALIGNED"],
      ["8", "ERR_FAMFS_INVALID_TYPE"],
      [8n, "ERR_FAMFS_INVALID_TYPE"],
      [undefined, "ERR_FAMFS_INVALID_TYPE"],
      [{ valueOf: () => 8 }, "ERR_FAMFS_INVALID_TYPE"],
    ];
    for (const [offset, code] of cases) {
      expect(refused(() => view.moveTo(offset as number)).code).toBe(code);
      expect(refused(() => view.viewAt(offset as number)).code).toBe(code);
    }
    expect(view.byteOffset).toBe(last);
    const leg = view.leg as unknown as typeof view;
    expect(refused(() => leg.moveTo(0)).message).toMatch(/nested view moves with/);
    expect(refused(() => view.legs.get(1.5)).code).toBe("ERR_FAMFS_OUT_OF_RANGE");
    expect(refused(() => view.legs.get(-1)).code).toBe("ERR_FAMFS_OUT_OF_RANGE");
    expect(refused(() => view.levels.set("0" as never, 1)).code).toBe("ERR_FAMFS_INVALID_TYPE");
  });

  test("after the mapping was closed nothing is read or written", () => {
    const mapping = new FakeMapping(Trade.size * 2);
    const view = open(Trade, mapping.bytes);
    view.assign(RECORD);
    const { legs, flags } = view;
    mapping.close();
    expect(() => view.price).toThrow(TypeError);
    expect(() => {
      view.price = 1;
    }).toThrow(TypeError);
    for (const act of [
      () => view.toObject(),
      () => view.assign(RECORD),
      () => view.set({ price: 1 }),
      () => legs.toObject(),
      () => flags.toObject(),
    ]) {
      expect(refused(act).code).toBe("ERR_FAMFS_CLOSED");
    }
    expect(refused(() => view.moveTo(1e9)).code).toBe("ERR_FAMFS_CLOSED");
  });

  test("memory in the middle of a buffer, and beyond 2 GiB", () => {
    const part = new Uint8Array(Trade.size * 3).subarray(Trade.size, Trade.size * 2);
    open(Trade, part).assign(RECORD);
    expect(open(Trade, new Uint8Array(part.buffer), Trade.size).toObject()).toStrictEqual(RECORD);
    const Small = struct({ a: u32, b: vector(u32, 1), c: struct({ d: u16 }) });
    const large = new Uint8Array(2 ** 31 + 64);
    const view = open(Small, large, 2 ** 31 + 16);
    view.assign({ a: 1, b: [2], c: { d: 3 } });
    expect([...large.subarray(2 ** 31 + 16, 2 ** 31 + 28)]).toEqual([1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]);
    expect(view.toObject()).toEqual({ a: 1, b: Uint32Array.of(2), c: { d: 3 } });
  });
});

describe("Schema.view", () => {
  test("opens memory of mappings and typed arrays, at an offset", () => {
    const mapping = new FakeMapping(Trade.size * 2);
    const view = Trade.view(mapping, Trade.size);
    view.price = 7;
    expect(Trade.view(mapping.bytes).moveTo(Trade.size).price).toBe(7);
    expect(view.byteOffset).toBe(Trade.size);
  });

  test("refuses what is no memory, too little memory and misaligned memory", () => {
    const cases: [unknown, string][] = [
      [undefined, "ERR_FAMFS_INVALID_TYPE"],
      [new ArrayBuffer(1024), "ERR_FAMFS_INVALID_TYPE"],
      [{ buffer: {}, byteLength: 1024 }, "ERR_FAMFS_INVALID_TYPE"],
      [new Uint8Array(Trade.size - 1), "ERR_FAMFS_OUT_OF_RANGE"],
      [new Uint8Array(Trade.size + 8).subarray(4), "ERR_FAMFS_MISALIGNED"],
    ];
    for (const [source, code] of cases)
      expect(refused(() => Trade.view(source as Uint8Array<ArrayBuffer>)).code).toBe(code);
    expect(refused(() => Trade.view(new Uint8Array(Trade.size), 8)).code).toBe("ERR_FAMFS_OUT_OF_RANGE");
    const closed = new FakeMapping(Trade.size);
    closed.close();
    expect(refused(() => Trade.view(closed)).code).toBe("ERR_FAMFS_CLOSED");
    const lying = { buffer: new ArrayBuffer(Trade.size), byteLength: 2 * Trade.size };
    expect(refused(() => Trade.view(lying)).code).toBe("ERR_FAMFS_OUT_OF_RANGE");
  });

  test("keeps views of equal schemas apart from each other's types, and shares their bytes", () => {
    const [a, b]: Schema[] = [struct({ x: u32 }), struct({ x: i32 })];
    const bytesOf = new Uint8Array(4);
    a?.view(bytesOf).set({ x: 2 ** 32 - 1 });
    expect(b?.view(bytesOf)["x"]).toBe(-1);
  });
});
