import { setImmediate as nextTurn } from "node:timers/promises";
import { FamfsError, openInstance } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { tmpfsInstance } from "../support/instance.js";
import { mappingIn, REAL_MODES } from "../support/modes.js";

const KINDS = REAL_MODES.flatMap((coherence) => ([32, 64] as const).map((bits) => ({ coherence, bits })));
const LARGEST = { 32: 0xffff_ffff, 64: Number.MAX_SAFE_INTEGER } as const;

describe.each(KINDS)("a commit word of $bits bits on $coherence memory", ({ coherence, bits }) => {
  const make = async (size?: number) => {
    const mapping = await mappingIn(coherence, size);
    return { mapping, word: mapping.commitWord(64, { bits, site: "test" }) };
  };

  test("has little-endian bytes where it is, whatever its value", async () => {
    const { mapping, word } = await make();
    const view = mapping.view(DataView);
    const values = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 52 - 1, 2 ** 52, LARGEST[bits]];
    for (const value of values.filter((candidate) => candidate <= LARGEST[bits])) {
      word.publish(value, 0, 0);
      expect(bits === 32 ? view.getUint32(64, true) : Number(view.getBigUint64(64, true))).toBe(value);
      expect(word.observe()).toBe(value);
      expect(word.stillIs(value)).toBe(true);
      expect(word.stillIs(value === 0 ? 1 : value - 1)).toBe(false);
    }
    expect(mapping.bytes(0, 64).every((byte) => byte === 0)).toBe(true);
    expect(mapping.bytes(64 + bits / 8, 64).every((byte) => byte === 0)).toBe(true);
  });

  test("publishes payloads, one or many", async () => {
    const { mapping, word } = await make();
    mapping.bytes(128, 1000).fill(7);
    word.publish(1, 128, 1000);
    expect(word.observe()).toBe(1);
    mapping.fetch(128, 1000);
    expect(mapping.bytes(128, 1000).every((byte) => byte === 7)).toBe(true);
    word.publishRanges(3, Float64Array.of(128, 64, 4096, 5000, 0, 0));
    word.publishRanges(5, new Float64Array(0));
    expect(word.observe()).toBe(5);
  });

  test("marks the record odd while it is overwritten", async () => {
    const { mapping, word } = await make();
    const copy = new Uint8Array(200);
    word.overwrite(2, 256, new Uint8Array(200).fill(1));
    expect(word.read(256, copy)).toBe(2);
    word.begin();
    expect(word.observe()).toBe(3);
    word.begin();
    expect(word.observe()).toBe(3);
    expect(word.read(256, copy)).toBe(undefined);
    mapping.bytes(256, 200).fill(9);
    word.publish(4, 256, 200);
    expect(word.read(256, copy)).toBe(4);
    expect(copy.every((byte) => byte === 9)).toBe(true);
  });

  test("overwrites and reads in its own line, beside it and at odd places", async () => {
    const { word } = await make();
    let value = 0;
    for (const [offset, length] of [
      [72, 56],
      [72, 57],
      [0, 64],
      [100, 1],
      [4001, 3000],
      [72, 0],
    ] as const) {
      const source = Uint8Array.from({ length }, (_, i) => i + value);
      const target = new Uint8Array(length);
      value += 2;
      word.overwrite(value, offset, source);
      expect(word.read(offset, target)).toBe(value);
      expect(target).toEqual(source);
    }
  });

  test("works in a large mapping, and at an odd word of a window", async () => {
    const mapping = await mappingIn(coherence, 4 << 20);
    const word = mapping.commitWord((3 << 20) + bits / 8, { bits, site: "test" });
    const copy = new Uint8Array(100);
    word.overwrite(6, 2 << 20, new Uint8Array(100).fill(3));
    expect(word.read(2 << 20, copy)).toBe(6);
    const view = mapping.window(3 << 20, 64).view(DataView);
    expect(bits === 32 ? view.getUint32(4, true) : Number(view.getBigUint64(8, true))).toBe(6);
    const same = mapping.window(3 << 20, 64).commitWord(bits / 8, { bits, site: "test" });
    expect(same.observe()).toBe(6);
  });

  test("refuses values that it cannot hold", async () => {
    const { word } = await make();
    for (const bad of [-1, 0.5, Number.NaN, LARGEST[bits] + 1, Number.POSITIVE_INFINITY]) {
      await expectError("ERR_FAMFS_OUT_OF_RANGE", () => word.publish(bad, 0, 0), `${bits} bits`);
    }
    await expectError("ERR_FAMFS_INVALID_TYPE", () => word.publish(1n as never, 0, 0));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => word.overwrite(3, 128, new Uint8Array(1)), /even/);
    word.overwrite(4, 128, new Uint8Array(1));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => word.overwrite(4, 128, new Uint8Array(1)), /another value/);
    expect(word.observe()).toBe(4);
  });

  test("refuses payloads outside of the mapping, and its own bytes", async () => {
    const { word } = await make(4096);
    await expectError("ERR_FAMFS_PAST_END", () => word.publish(1, 4096, 1));
    await expectError("ERR_FAMFS_PAST_END", () => word.publishRanges(1, Float64Array.of(0, 8, 4000, 97)));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => word.publishRanges(1, Float64Array.of(0)));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => word.publishRanges(1, [0, 8] as never));
    await expectError("ERR_FAMFS_PAST_END", () => word.overwrite(2, 4095, new Uint8Array(2)));
    await expectError("ERR_FAMFS_PAST_END", () => word.read(4095, new Uint8Array(2)));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => word.overwrite(2, 0, new Uint8Array(65)), /must not contain/);
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => word.read(64 + bits / 8 - 1, new Uint8Array(1)));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => word.read(0, new Float64Array(1) as never));
    expect(word.observe()).toBe(0);
  });

  test("refuses bad places and options", async () => {
    const { mapping } = await make(4096);
    await expectError("ERR_FAMFS_MISALIGNED", () => mapping.commitWord(2, { bits, site: "test" }));
    await expectError("ERR_FAMFS_PAST_END", () => mapping.commitWord(4096, { bits, site: "test" }));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => mapping.commitWord(-8, { bits, site: "test" }));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => mapping.commitWord(0, { bits: 16 as 32, site: "test" }));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => mapping.commitWord(0, { bits } as never));
    const unknown = { bits, site: "test", waiter: 4 };
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => mapping.commitWord(0, unknown), /waiters/);
    const sleepers = () => mapping.commitWord(0, { bits, site: "test", waiters: 16 });
    if (coherence === "coherent") expect(sleepers()).toBeDefined();
    else await expectError("ERR_FAMFS_OUT_OF_RANGE", sleepers, /coherent/);
  });

  test("says so when its mapping or window was closed", async () => {
    const { mapping, word } = await make();
    const window = mapping.window(512, 64);
    const inWindow = window.commitWord(0, { bits, site: "test" });
    const uses = (used: typeof word) => [
      () => used.publish(2, 0, 0),
      () => used.publishRanges(2, new Float64Array(0)),
      () => used.observe(),
      () => used.stillIs(0),
      () => used.begin(),
      () => used.overwrite(2, 16, new Uint8Array(8)),
      () => used.read(16, new Uint8Array(8)),
      () => used.readAs(2, 16, new Uint8Array(8)),
      () => used.readAs(2, 16, copy),
    ];
    const copy = new Uint8Array(8);
    inWindow.readAs(2, 16, copy);
    word.readAs(2, 16, copy);
    window.close();
    for (const use of uses(inWindow)) await expectError("ERR_FAMFS_CLOSED", use);
    mapping.close();
    for (const use of uses(word)) await expectError("ERR_FAMFS_CLOSED", use);
  });

  test("says so when its large window was closed alone", async () => {
    const { instance, name } = await tmpfsInstance();
    const file = name();
    await instance.create(file, { size: 2 ** 22 });
    const other = await openInstance(instance.path, { coherence });
    const mapping = (await other.open(file, { access: "read-write" })).map();
    const window = mapping.window(0, 2 ** 21);
    const word = window.commitWord(0, { bits, site: "test" });
    word.publish(2, 0, 0);
    window.close();
    for (const use of [() => word.observe(), () => word.stillIs(2), () => word.publish(4, 0, 0)])
      await expectError("ERR_FAMFS_CLOSED", use);
    expect(mapping.commitWord(0, { bits, site: "test" }).observe()).toBe(2);
  });

  test("a read-only mapping is read, and never stored to", async () => {
    const { instance, name } = await tmpfsInstance();
    const file = name();
    const writer = (await instance.create(file, { size: 4096 })).map();
    writer.commitWord(0, { bits, site: "test" }).overwrite(8, 64, new Uint8Array(64).fill(5));
    const other = await openInstance(instance.path, { coherence });
    const mapping = (await other.open(file)).map();
    const word = mapping.commitWord(0, { bits, site: "test" });
    const copy = new Uint8Array(64);
    expect(word.observe()).toBe(8);
    expect(word.read(64, copy)).toBe(8);
    expect(copy[63]).toBe(5);
    for (const store of [
      () => word.publish(2, 0, 0),
      () => word.publishRanges(2, new Float64Array(0)),
      () => word.begin(),
      () => word.overwrite(2, 64, copy),
    ])
      await expectError("ERR_FAMFS_PERMISSION", store, /read-only/);
    await other.close();
  });

  test("a mapping that only its word holds is not collected", async () => {
    const { word } = await make();
    for (let i = 0; i < 10; i++) {
      globalThis.gc?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    word.publish(2, 0, 0);
    expect(word.observe()).toBe(2);
  });

  test("a value that no writer stores is an error, not a number", async () => {
    const { mapping, word } = await make();
    if (bits === 32) return;
    for (const hostile of [2n ** 53n, 2n ** 63n, 0x7ff8_0000_0000_0001n, 0xfff4_dead_beef_0001n, 2n ** 64n - 1n]) {
      mapping.view(BigUint64Array, 64, 1)[0] = hostile;
      await expectError("ERR_FAMFS_CORRUPT", () => word.observe(), /holds/);
    }
    mapping.view(BigUint64Array, 64, 1)[0] = 2n ** 60n;
    await expectError("ERR_FAMFS_CORRUPT", () => word.read(256, new Uint8Array(8)));
    await expectError("ERR_FAMFS_CORRUPT", () => mapping.waitUntil(64, { bits: 64, not: 0 }));
  });

  test("publishing and observing allocate nothing", async () => {
    const { word } = await make();
    const source = new Uint8Array(64);
    const round = (count: number) => {
      for (let i = 0; i < count; i++) {
        word.publish(i, 256, 64);
        word.stillIs(word.observe());
        word.overwrite(2 * i + 2, 256, source);
        word.read(256, source);
      }
    };
    round(100_000);
    globalThis.gc?.();
    let grown = Number.POSITIVE_INFINITY;
    // What is not compiled yet makes numbers, and a busy machine compiles late.
    for (let attempt = 0; attempt < 20 && grown > 1_000_000; attempt++) {
      await nextTurn();
      const before = process.memoryUsage().heapUsed;
      round(50_000);
      grown = process.memoryUsage().heapUsed - before;
    }
    // 250,000 calls; an allocation in each would be at least 4 MB.
    expect(grown).toBeLessThan(1_000_000);
  });

  test("a payload is read without the first look while the word has the value that stands for it", async () => {
    const { mapping, word } = await make();
    const target = new Uint8Array(64);
    word.overwrite(2, 256, new Uint8Array(64).fill(5));
    expect(word.readAs(2, 256, target)).toBe(true);
    expect(target).toEqual(new Uint8Array(64).fill(5));
    expect(word.readAs(4, 256, target)).toBe(false);
    word.begin();
    expect(word.readAs(2, 256, target)).toBe(false);
    word.publish(4, 256, 64);
    expect(word.readAs(2, 256, target)).toBe(false);
    expect(word.readAs(4, 320, new Uint8Array(8))).toBe(true);
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => word.readAs(4, 32, target));
    await expectError("ERR_FAMFS_PAST_END", () => word.readAs(4, mapping.byteLength - 8, target));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => word.readAs(4, 256, [] as never));
  });
});

test("simulated memory says that it is not there, or works", async () => {
  const opened = await openInstance(undefined, { fallback: "tmpfs", coherence: "simulated", host: 0 }).catch(
    (error: unknown) => error,
  );
  if (!(opened instanceof FamfsError)) return (opened as Awaited<ReturnType<typeof openInstance>>).close();
  expect(opened.code).toBe("ERR_FAMFS_SIMULATION");
});
