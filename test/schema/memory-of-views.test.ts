import { describe, expect, test } from "vitest";
import {
  bool,
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
  vector,
} from "../../lib/index.js";
import { FakeMapping } from "./memory.js";
import { MODES } from "./modes.js";
import { RECORD, refused, Trade } from "./trade.js";

describe.each(MODES)("memory of views made by $mode", ({ view: open, list }) => {
  test("a view cannot be moved out of its memory or off its alignment", () => {
    const view = open(Trade, new Uint8Array(Trade.size * 4));
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

  test("after the mapping was closed no kind of field and of element is read or written", () => {
    const Numbers = struct({ i8, u8, i16, u16, i32, u32, f32, f64, bool, i64, u64, i64Number, u64Number });
    const mapping = new FakeMapping(Numbers.size);
    const view = open(Numbers, mapping.bytes) as unknown as Record<string, unknown>;
    const lists = Numbers.fields.map(({ type }) => list(type as typeof u8, mapping.bytes, 1));
    const values = Numbers.fields.map(({ name }) => view[name]);
    mapping.close();
    Numbers.fields.forEach(({ name }, index) => {
      const value = values[index] as number;
      expect(() => view[name], name).toThrow(TypeError);
      expect(() => {
        view[name] = value;
      }, name).toThrow(TypeError);
      expect(() => lists[index]?.get(0), name).toThrow(TypeError);
      expect(() => lists[index]?.set(0, value), name).toThrow(TypeError);
    });
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
  test("reads and writes beyond 4 GiB", () => {
    const Small = struct({ a: u32, b: f64, c: i64Number, d: bool });
    const start = 2 ** 32 + 4096;
    const buffer = new ArrayBuffer(start + Small.size);
    const view = Small.view({ buffer, byteLength: buffer.byteLength }, start);
    const record = { a: 1, b: 2.5, c: -3, d: true };
    view.assign(record);
    expect(view.toObject()).toEqual(record);
    expect(Small.view(new Uint8Array(buffer, start)).toObject()).toEqual(record);
    expect(Small.view(new Uint8Array(buffer, 0, 8192), 4096).toObject()).toEqual({ a: 0, b: 0, c: 0, d: false });
  });

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
