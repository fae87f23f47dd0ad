import { f64, i64Number, type Participant, SharedMap, struct, u32, utf8 } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { MODES } from "../support/modes.js";
import { joined, testSegment } from "../support/segment.js";
import { Price, price } from "./price.js";

const Point = struct({ x: f64, y: u32 });

function newMap(participant: Participant, capacity = 20) {
  return SharedMap.create(participant, "map", { key: i64Number, value: Price, capacity, role: "writer" });
}

const open = (source: Participant | Awaited<ReturnType<typeof testSegment>>["segment"]) =>
  SharedMap.open(source, "map", { key: i64Number, value: Price });

describe.each(MODES)("a map on %s memory", (mode) => {
  test("finds what was set, on every host, and nothing else", async () => {
    const { segment, reopen } = await testSegment(mode);
    using writer = await newMap(await joined(segment));
    const reader = open(await reopen(1));
    expect([reader.size, reader.get(1), reader.has(1)]).toEqual([0, undefined, false]);
    for (const key of [1, -1, 0, 2 ** 53 - 1, 1 - 2 ** 53, 2 ** 32, -(2 ** 32), 2 ** 31]) {
      writer.set(key, price(Math.abs(key)));
      expect(reader.get(key)?.toObject()).toEqual(price(Math.abs(key)));
    }
    expect([reader.has(-0), reader.has(3), reader.size]).toEqual([true, false, 8]);
    writer.set(1, price(7));
    expect([reader.get(1)?.id, reader.size]).toEqual([7, 8]);
    const view = Price.view(new Uint8Array(Price.size));
    expect([reader.read(1, view), view.toObject()]).toEqual([true, price(7)]);
    expect([reader.read(12, view), view.id]).toEqual([false, 7]);
    expect([writer.delete(1), writer.delete(1), reader.has(1), reader.size]).toEqual([true, false, false, 7]);
    writer.draft.assign(price(9));
    writer.set(1);
    expect(reader.get(1)?.toObject()).toEqual(price(9));
    expect([...reader.keys()].sort((a, b) => a - b)).toEqual([...writer.keys()].sort((a, b) => a - b));
    const ids = new Map<number, number>();
    for (const [key, value] of reader) ids.set(key, value.id);
    expect([ids.get(2 ** 32), ids.size]).toEqual([2 ** 32, 8]);
    for (const value of reader.values()) expect(value.toObject()).toEqual(price(value.id));
  });

  test("takes strings of any language up to their size", async () => {
    const { segment, reopen } = await testSegment(mode);
    const opts = { key: utf8(19), value: Point } as const;
    using writer = await SharedMap.create(await joined(segment), "map", { ...opts, capacity: 12, role: "writer" });
    const reader = SharedMap.open(await reopen(1), "map", opts);
    const keys = ["", "a", "ab", "abc", "abcd", "abcde", "Ω≈ç√", "日本語のキー", "🦀🦀🦀", "x".repeat(19), "\u{feff}b"];
    for (const [i, key] of keys.entries()) writer.set(key, { x: i, y: i });
    for (const [i, key] of keys.entries()) expect([key, reader.get(key)?.toObject()]).toEqual([key, { x: i, y: i }]);
    expect([...reader.keys()].sort()).toEqual([...keys].sort());
    for (const key of ["b", "abcdef", "x".repeat(18), "🦀🦀", "b\u{feff}"]) expect(reader.has(key)).toBe(false);
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => reader.has("x".repeat(20)), "19 bytes");
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => reader.has("日本語のキー日"), "19 bytes");
    await expectError("ERR_FAMFS_ENCODING", () => reader.has("a\ud800"));
    await expectError("ERR_FAMFS_ENCODING", () => writer.set("a\0", { x: 1, y: 1 }));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => reader.has(1 as unknown as string));
    expect(reader.get("a")?.x).toBe(1);
    await expectError("ERR_FAMFS_UNSUPPORTED_OPERATION", () => reader.getMany(new Float64Array(1), new Uint8Array(16)));
    for (const key of keys) expect([key, writer.delete(key)]).toEqual([key, true]);
    expect([reader.size, [...reader.keys()]]).toEqual([0, []]);
  });

  test("getMany finds many integers in one call", async () => {
    const { segment, reopen } = await testSegment(mode);
    const opts = { key: i64Number, value: Point } as const;
    using writer = await SharedMap.create(await joined(segment), "map", { ...opts, capacity: 100, role: "writer" });
    const reader = SharedMap.open(await reopen(1), "map", opts);
    for (let i = 0; i < 100; i += 2) writer.set(i - 50, { x: i, y: i });
    const keys = Float64Array.from({ length: 100 }, (_, i) => i - 50);
    const out = new Uint8Array(100 * Point.size).fill(255);
    const found = reader.getMany(keys, out);
    expect([...found]).toEqual([...keys].map((_, i) => (i % 2 === 0 ? 1 : 0)));
    for (let i = 0; i < 100; i++)
      expect(Point.view(out, i * Point.size).toObject()).toEqual(i % 2 === 0 ? { x: i, y: i } : { x: 0, y: 0 });
    const wide = new Float64Array(4 * 2);
    expect([...reader.getMany(BigInt64Array.of(-50n, -49n, 2n ** 60n, 0n), wide)]).toEqual([1, 0, 0, 1]);
    expect([wide[0], wide[2], wide[6]]).toEqual([0, 0, 50]);
    // As 64 bits the last one is -2.
    expect([...reader.getMany(BigUint64Array.of(4n, 5n, 2n ** 64n - 2n), wide)]).toEqual([1, 0, 0]);
    expect([...reader.getMany(Float64Array.of(-0), wide)]).toEqual([1]);
    expect([...reader.getMany(new Float64Array(0), new Uint8Array(0))]).toEqual([]);
    for (const key of [Number.NaN, 0.5, Number.POSITIVE_INFINITY, 2 ** 53])
      await expectError("ERR_FAMFS_OUT_OF_RANGE", () => reader.getMany(Float64Array.of(1, key), wide), "keys[1]");
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => reader.getMany(keys, new Uint8Array(99 * Point.size)));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => reader.getMany([1] as unknown as Float64Array, wide));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => reader.getMany(keys, new DataView(new ArrayBuffer(9999))));
  });

  test("is full with as many keys as its capacity, whichever they are", async () => {
    const { segment } = await testSegment(mode);
    using map = await newMap(await joined(segment), 3);
    for (const key of [10, 20, 30]) map.set(key, price(key));
    await expectError("ERR_FAMFS_FULL", () => map.set(40, price(40)), "3 keys");
    map.set(20, price(21));
    map.delete(10);
    map.set(40, price(40));
    expect([map.size, map.has(10), map.get(20)?.id, map.get(40)?.id]).toEqual([3, false, 21, 40]);
  });

  test("has one writer at a time, of the host that it is bound to", async () => {
    const set = await testSegment(mode);
    const one = await joined(set.segment);
    const two = await joined(set.segment);
    const elsewhere = await joined(await set.reopen(1), 1);
    const writer = await newMap(one);
    const claim = (participant: Participant, name = "map") =>
      SharedMap.open(participant, name, { key: i64Number, value: Price, role: "writer" });
    await expectError("ERR_FAMFS_ROLE_TAKEN", () => claim(two));
    await expectError("ERR_FAMFS_ROLE_ELSEWHERE", () => claim(elsewhere), "host 0", "host 1");
    await expectError("ERR_FAMFS_PERMISSION", () => open(two).set(1, price(1)));
    await expectError("ERR_FAMFS_PERMISSION", () => open(set.segment).delete(1));
    await expectError("ERR_FAMFS_PERMISSION", () => open(set.segment).draft);
    writer.set(1, price(1));
    writer.close();
    writer.close();
    await expectError("ERR_FAMFS_PERMISSION", () => writer.set(1, price(2)));
    using heir = claim(two);
    heir.set(2, price(2));
    expect([writer.size, writer.get(1)?.id, writer.get(2)?.id]).toEqual([2, 1, 2]);
    await SharedMap.create(one, "bound", { key: i64Number, value: Price, capacity: 2, host: 1 });
    using bound = claim(elsewhere, "bound");
    bound.set(1, price(1));
    expect(SharedMap.open(one, "bound", { key: i64Number, value: Price }).get(1)?.id).toBe(1);
    await one.leave();
    await two.leave();
    await expectError("ERR_FAMFS_CLOSED", () => heir.set(3, price(3)));
  });
});

test("refuses what it cannot be", async () => {
  const { segment } = await testSegment("coherent");
  const participant = await joined(segment);
  const create = (opts: object) =>
    SharedMap.create(participant, "m", { key: i64Number, value: Point, capacity: 4, ...opts });
  await expectError("ERR_FAMFS_INVALID_TYPE", () => create({ key: "integer" }));
  await expectError("ERR_FAMFS_INVALID_TYPE", () => create({ key: u32 }));
  await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create({ key: utf8(257) }));
  await expectError("ERR_FAMFS_INVALID_TYPE", () => create({ value: {} }));
  await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create({ capacity: 0 }));
  await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create({ host: 2 }));
  await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create({ role: "reader" }));
  await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => create({ size: 4 }));
  const map = await create({ role: "writer" });
  await expectError("ERR_FAMFS_SCHEMA_MISMATCH", () => SharedMap.open(segment, "m", { key: i64Number, value: Price }));
  await expectError("ERR_FAMFS_SCHEMA_MISMATCH", () => SharedMap.open(segment, "m", { key: utf8(8), value: Point }));
  for (const key of [Number.NaN, 0.5, 2 ** 53, Number.NEGATIVE_INFINITY])
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => map.set(key, { x: 1, y: 1 }));
  await expectError("ERR_FAMFS_INVALID_TYPE", () => map.get("1" as unknown as number));
  await expectError("ERR_FAMFS_INVALID_TYPE", () => map.get(1n as unknown as number));
  await expectError("ERR_FAMFS_INVALID_TYPE", () => map.set(1, { x: "1" } as never));
  await expectError("ERR_FAMFS_INVALID_TYPE", () => map.read(1, {} as never));
  await expectError("ERR_FAMFS_INVALID_TYPE", () =>
    map.read(1, struct({ x: f64, y: u32 }).view(new Uint8Array(16)) as never),
  );
  expect(map.size).toBe(0);
});
