import { describe, expect, test } from "vitest";
import {
  array,
  bits,
  bool,
  bytes,
  f32,
  f64,
  i64,
  i64Number,
  struct,
  u8,
  u16,
  u32,
  u64,
  u64Number,
  utf8,
  vector,
} from "../../lib/index.js";
import { MODES } from "./modes.js";
import { RECORD, refused, Trade } from "./trade.js";

describe.each(MODES)("views made by $mode", ({ view: open }) => {
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
});
