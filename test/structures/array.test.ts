import { describe, expect, test } from "vitest";
import {
  array,
  bits,
  bool,
  bytes,
  FamfsError,
  f32,
  f64,
  i64,
  type MemorySource,
  SharedArray,
  struct,
  u8,
  u16,
  u32,
  u64Number,
  utf8,
  vector,
} from "../../lib/index.js";
import { FakeMapping } from "../schema/memory.js";

const Point = struct({
  x: f64,
  id: u32,
  tag: u8,
  name: utf8(3),
  row: vector(f32, 2),
  raw: bytes(2),
  leg: struct({ a: u8 }),
  legs: array(u8, 2),
  on: bits("on"),
});

const point = (i: number) => ({
  x: i / 2,
  id: i,
  tag: i & 255,
  name: `p${i % 10}`,
  row: Float32Array.of(i, -i),
  raw: Uint8Array.of(i, i + 1),
  leg: { a: i },
  legs: [i, i + 1],
  on: { on: i % 2 === 0 },
});

function refused(act: () => unknown): FamfsError {
  try {
    act();
  } catch (error) {
    if (error instanceof FamfsError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("an array of structs over a mapping", () => {
  const mapping = new FakeMapping(8 + Point.size * 10 + 5);
  const points = SharedArray.over(mapping, Point, { offset: 8, length: 10 });
  for (let i = 0; i < 10; i++) points.set(i, point(i));

  test("has its elements one after the other from its offset on, in a window of its own", () => {
    expect([points.length, points.stride]).toEqual([10, Point.size]);
    const all = Point.view(mapping);
    for (let i = 0; i < 10; i++) expect(all.moveTo(8 + i * Point.size).toObject()).toStrictEqual(point(i));
    expect(mapping.bytes.subarray(0, 8)).toEqual(new Uint8Array(8));
    expect(mapping.bytes.subarray(8 + Point.size * 10)).toEqual(new Uint8Array(5));
  });

  test("takes as many elements as fit without a length", () => {
    expect(SharedArray.over(mapping, Point).length).toBe(10);
    expect(SharedArray.over(mapping, Point, { offset: 16 }).length).toBe(9);
  });

  test("gives a new view for each element, which can be moved to another", () => {
    const [a, b] = [points.get(1), points.get(2)];
    expect([a.id, b.id]).toEqual([1, 2]);
    a.moveTo(points.offsetOf(7));
    expect([a.id, b.id, points.get(1).id]).toEqual([7, 2, 1]);
  });

  test("is scanned with one view", () => {
    const seen: number[] = [];
    const views = new Set();
    for (const view of points.scan()) {
      seen.push(view.id);
      views.add(view);
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(views.size).toBe(1);
    expect(Array.from(points.scan(3, 5), (view) => view.id)).toEqual([3, 4]);
    expect([...points.scan(10)]).toEqual([]);
    const [one, two] = [points.scan(), points.scan()];
    one.next();
    one.next();
    expect(two.next().value?.id).toBe(0);
  });

  test("has columns of values, strings and typed arrays", () => {
    const x = points.column("x");
    expect([x.length, x.get(3)]).toEqual([10, 1.5]);
    x.set(3, 99);
    expect(points.get(3).x).toBe(99);
    expect(points.get(3).id).toBe(3);
    x.set(3, 1.5);
    expect(points.column("id").toObject()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(points.column("name").get(4)).toBe("p4");
    expect([...points.column("row").get(5)]).toEqual([5, -5]);
    points.column("row").get(5)[0] = 55;
    expect(points.get(5).row[0]).toBe(55);
    points.column("raw").set(5, Uint8Array.of(9, 9));
    expect(points.get(5).toObject()).toStrictEqual({
      ...point(5),
      row: Float32Array.of(55, -5),
      raw: Uint8Array.of(9, 9),
    });
    points.set(5, point(5));
    points.column("id").assign([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    expect([...points.column("id")]).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    points.column("id").assign([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("names the field and index in the errors of a column", () => {
    expect(refused(() => points.column("id").set(3, -1)).message).toMatch(/^id\[3\] must be an integer from 0/);
    expect(refused(() => points.column("id").set(10, 1)).message).toMatch(
      /^the index of id must be an integer from 0 to 9/,
    );
    expect(refused(() => points.column("id").assign([1])).message).toMatch(
      /^id must be an array of length 10, found length 1/,
    );
    expect(refused(() => points.column("row").set(1, [1e39, 0])).message).toMatch(/^row\[1\]\[0\] must be/);
    expect(refused(() => points.column("nope" as never)).code).toBe("ERR_FAMFS_OUT_OF_RANGE");
    expect(refused(() => points.column("legs" as never)).code).toBe("ERR_FAMFS_OUT_OF_RANGE");
    const nested = SharedArray.over(mapping, struct({ leg: struct({ a: u8 }) }));
    expect(refused(() => nested.column("leg" as never)).code).toBe("ERR_FAMFS_INVALID_TYPE");
  });

  test("refuses indices outside", () => {
    for (const index of [-1, 10, 1.5, Number.NaN, 2 ** 32]) {
      for (const act of [() => points.get(index), () => points.set(index, point(0)), () => points.offsetOf(index)]) {
        expect(refused(act).code).toBe("ERR_FAMFS_OUT_OF_RANGE");
      }
    }
    expect(refused(() => points.get("1" as never)).code).toBe("ERR_FAMFS_INVALID_TYPE");
    expect(refused(() => points.scan(5, 4)).code).toBe("ERR_FAMFS_OUT_OF_RANGE");
    expect(refused(() => points.scan(0, 11)).code).toBe("ERR_FAMFS_OUT_OF_RANGE");
  });

  test("replaces whole records only", () => {
    expect(refused(() => points.set(1, { x: 1 } as never)).message).toMatch(/^id must be/);
    points.set(1, point(1));
  });
});

describe("an array of scalars over a mapping", () => {
  test("shows its elements as a typed array over the memory", () => {
    const mapping = new FakeMapping(64);
    const numbers = SharedArray.over(mapping, f64, { offset: 8, length: 3 });
    numbers.set(1, 2.5);
    expect(numbers.values).toBeInstanceOf(Float64Array);
    expect([...numbers.values]).toEqual([0, 2.5, 0]);
    numbers.values[2] = 7;
    expect(numbers.get(2)).toBe(7);
    expect([...numbers]).toEqual([0, 2.5, 7]);
    expect(new DataView(mapping.buffer).getFloat64(16, true)).toBe(2.5);
  });

  test("works from offsets where no window can start", () => {
    const mapping = new FakeMapping(64);
    const shorts = SharedArray.over(mapping, u16, { offset: 6, length: 4 });
    shorts.values.set([1, 2, 3, 65535]);
    expect([...shorts]).toEqual([1, 2, 3, 65535]);
    expect([...mapping.bytes.subarray(4, 16)]).toEqual([0, 0, 1, 0, 2, 0, 3, 0, 255, 255, 0, 0]);
    const Odd = struct({ a: u8, b: u8, c: u8 });
    SharedArray.over(mapping, Odd, { offset: 21, length: 2 }).set(1, { a: 1, b: 2, c: 3 });
    expect([...mapping.bytes.subarray(20, 28)]).toEqual([0, 0, 0, 0, 1, 2, 3, 0]);
  });

  test("bigints, booleans and safe integers", () => {
    const mapping = new FakeMapping(64);
    const big = SharedArray.over(mapping, i64, { length: 2 });
    big.set(0, -1n);
    expect([big.values[0], big.get(0)]).toEqual([-1n, -1n]);
    const safe = SharedArray.over(mapping, u64Number, { offset: 16, length: 2 });
    safe.set(1, 2 ** 53 - 1);
    expect([...safe]).toEqual([0, 2 ** 53 - 1]);
    expect(safe.values).toBeUndefined();
    const yes = SharedArray.over(mapping, bool, { offset: 33, length: 3 });
    yes.set(2, true);
    expect([...yes]).toEqual([false, false, true]);
    expect(yes.values).toBeUndefined();
  });

  test("refuses wrong values and indices", () => {
    const numbers = SharedArray.over(new FakeMapping(64), u16, { length: 3 });
    expect(refused(() => numbers.set(1, 65536)).message).toMatch(/^\[1\] must be an integer from 0 to 65535/);
    expect(refused(() => numbers.set(3, 1)).code).toBe("ERR_FAMFS_OUT_OF_RANGE");
    expect(refused(() => numbers.get(-1)).code).toBe("ERR_FAMFS_OUT_OF_RANGE");
    expect([...numbers.values]).toEqual([0, 0, 0]);
  });
});

describe("SharedArray.over", () => {
  const mapping = new FakeMapping(64);
  test.each([
    [
      "a length that does not fit",
      () => SharedArray.over(mapping, f64, { offset: 8, length: 8 }),
      "ERR_FAMFS_OUT_OF_RANGE",
    ],
    ["a length of 0", () => SharedArray.over(mapping, f64, { length: 0 }), "ERR_FAMFS_OUT_OF_RANGE"],
    ["an offset outside", () => SharedArray.over(mapping, f64, { offset: 64 }), "ERR_FAMFS_OUT_OF_RANGE"],
    ["a negative offset", () => SharedArray.over(mapping, f64, { offset: -8 }), "ERR_FAMFS_OUT_OF_RANGE"],
    ["a misaligned offset", () => SharedArray.over(mapping, f64, { offset: 4 }), "ERR_FAMFS_MISALIGNED"],
    [
      "an offset that a schema's own alignment forbids",
      () => SharedArray.over(new FakeMapping(256), struct({ a: u8 }, { align: 64 }), { offset: 32 }),
      "ERR_FAMFS_MISALIGNED",
    ],
    [
      "a mapping smaller than one element",
      () => SharedArray.over(mapping, struct({ a: bytes(65) })),
      "ERR_FAMFS_OUT_OF_RANGE",
    ],
    ["an unknown option", () => SharedArray.over(mapping, f64, { count: 1 } as never), "ERR_FAMFS_UNKNOWN_OPTION"],
    [
      "an element that is no schema or scalar",
      () => SharedArray.over(mapping, utf8(4) as never),
      "ERR_FAMFS_INVALID_TYPE",
    ],
    ["what is no mapping", () => SharedArray.over({} as MemorySource, f64), "ERR_FAMFS_INVALID_TYPE"],
    ["nothing", () => SharedArray.over(undefined as unknown as MemorySource, f64), "ERR_FAMFS_INVALID_TYPE"],
  ])("refuses %s", (_name, act, code) => {
    expect(refused(act).code).toBe(code);
  });

  test("after the mapping was closed, records cannot be replaced or copied", () => {
    const closing = new FakeMapping(64);
    const records = SharedArray.over(closing, struct({ a: u32 }));
    const view = records.get(0);
    closing.close();
    expect(refused(() => records.set(0, { a: 1 })).code).toBe("ERR_FAMFS_CLOSED");
    expect(refused(() => view.toObject()).code).toBe("ERR_FAMFS_CLOSED");
    expect(() => view.a).toThrow(TypeError);
  });
});
