import { constants } from "node:buffer";
import type { FamfsErrorCode, Mapping } from "famfs";
import { describe, expect, test } from "vitest";
import { expectErrorWithoutTrace } from "../support/errors.js";
import { testInstance } from "../support/instance.js";

const SIZE = 65536 + 12;

async function mapping(): Promise<{ mapping: Mapping; path: string }> {
  const { instance, name } = await testInstance();
  return { mapping: (await instance.create(name(), { size: SIZE })).map(), path: instance.path };
}

describe("a mapping", () => {
  test("has one ArrayBuffer, which all views are over", async () => {
    const { mapping: whole } = await mapping();
    expect(whole.buffer).toBe(whole.buffer);
    expect(whole.buffer).toBeInstanceOf(ArrayBuffer);
    expect(whole.buffer.byteLength).toBe(SIZE);
    expect(whole.bytes().buffer).toBe(whole.buffer);
    expect(whole.view(Float32Array, 8).buffer).toBe(whole.buffer);
    expect(whole.byteLength).toBe(SIZE);
    expect(whole.access).toBe("read-write");
  });

  test("gives each kind of view, as much as fits from an offset", async () => {
    const { mapping: whole } = await mapping();
    const kinds = [
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      Float32Array,
      Float64Array,
      BigInt64Array,
      BigUint64Array,
    ] as const;
    for (const kind of kinds) {
      const view = whole.view<ArrayBufferView & { length: number }>(kind, 16);
      expect(view).toBeInstanceOf(kind);
      expect(view.byteOffset).toBe(16);
      expect(view.length).toBe(Math.floor((SIZE - 16) / kind.BYTES_PER_ELEMENT));
      expect(whole.view<ArrayBufferView & { length: number }>(kind, 16, 3)).toHaveLength(3);
    }
    expect(whole.view(DataView, 3).byteLength).toBe(SIZE - 3);
    expect(whole.view(DataView, 3, 9).byteLength).toBe(9);
  });

  test("gives empty views up to its end", async () => {
    const { mapping: whole } = await mapping();
    expect(whole.bytes(0, 0)).toHaveLength(0);
    expect(whole.bytes(SIZE)).toHaveLength(0);
    expect(whole.view(Float64Array, 8, 0)).toHaveLength(0);
    expect(whole.view(Float64Array, 65544)).toHaveLength(0);
  });

  test.each<[string, (mapping: Mapping) => unknown, FamfsErrorCode, string | RegExp]>([
    ["bytes from behind the end", (m) => m.bytes(SIZE + 1), "ERR_FAMFS_PAST_END", `the mapping at ${SIZE}`],
    ["bytes from far behind", (m) => m.bytes(2 ** 40), "ERR_FAMFS_PAST_END", `the mapping at ${SIZE}`],
    ["a view from behind the end", (m) => m.view(Float64Array, 2 ** 20), "ERR_FAMFS_PAST_END", "1048576"],
    ["a DataView from behind", (m) => m.view(DataView, SIZE + 8), "ERR_FAMFS_PAST_END", `the mapping at ${SIZE}`],
    ["bytes past the end", (m) => m.bytes(1, SIZE), "ERR_FAMFS_PAST_END", `end at ${SIZE + 1}, the mapping at ${SIZE}`],
    ["elements past the end", (m) => m.view(Int32Array, 0, SIZE), "ERR_FAMFS_PAST_END", `end at ${4 * SIZE}`],
    ["a length that overflows", (m) => m.view(Float64Array, 8, 2 ** 53 - 1), "ERR_FAMFS_PAST_END", "the mapping at"],
    ["a negative offset", (m) => m.bytes(-1), "ERR_FAMFS_OUT_OF_RANGE", "found -1"],
    ["a negative length", (m) => m.bytes(0, -1), "ERR_FAMFS_OUT_OF_RANGE", "length must be an integer from 0"],
    ["half an offset", (m) => m.bytes(0.5), "ERR_FAMFS_OUT_OF_RANGE", "found 0.5"],
    ["offset NaN", (m) => m.bytes(Number.NaN), "ERR_FAMFS_OUT_OF_RANGE", "found NaN"],
    ["an offset in letters", (m) => m.bytes("0" as never), "ERR_FAMFS_INVALID_TYPE", 'found "0" (string)'],
    ["offset null", (m) => m.bytes(null as never), "ERR_FAMFS_INVALID_TYPE", "found null"],
    ["length null", (m) => m.bytes(0, null as never), "ERR_FAMFS_INVALID_TYPE", "found null"],
    ["a BigInt", (m) => m.bytes(0n as never), "ERR_FAMFS_INVALID_TYPE", "found 0n"],
    ["a view between elements", (m) => m.view(Float64Array, 4), "ERR_FAMFS_MISALIGNED", "the nearest are 0 and 8"],
    ["a kind of view that is none", (m) => m.view(Array as never), "ERR_FAMFS_INVALID_TYPE", "DataView"],
    ["no kind of view", (m) => m.view(undefined as never), "ERR_FAMFS_INVALID_TYPE", "found undefined"],
    ["a view by name", (m) => m.view("Float32Array" as never), "ERR_FAMFS_INVALID_TYPE", 'found "Float32Array"'],
    ["a window at an odd byte", (m) => m.window(4, 8), "ERR_FAMFS_MISALIGNED", "multiple of 8"],
    ["a window of nothing", (m) => m.window(0, 0), "ERR_FAMFS_OUT_OF_RANGE", "length must be an integer from 1"],
    ["a window past the end", (m) => m.window(8, SIZE), "ERR_FAMFS_PAST_END", `the mapping at ${SIZE}`],
    ["a window behind the end", (m) => m.window(2 ** 20, 1), "ERR_FAMFS_PAST_END", `the mapping at ${SIZE}`],
    ["a window without length", (m) => m.window(0, undefined as never), "ERR_FAMFS_INVALID_TYPE", "found undefined"],
    ["a window without offset", (m) => m.window(undefined as never, 8), "ERR_FAMFS_INVALID_TYPE", "offset"],
  ])("refuses %s", async (_, action, code, message) => {
    const { mapping: whole, path } = await mapping();
    await expectErrorWithoutTrace(path, code, () => action(whole), message);
    expect(whole.bytes()).toHaveLength(SIZE);
  });

  test("can be read-only", async () => {
    const { instance, name } = await testInstance();
    const fresh = name();
    const writer = (await instance.create(fresh, { size: 100 })).map().bytes();
    writer[7] = 9;
    const reader = (await instance.open(fresh)).map();
    expect(reader.access).toBe("read-only");
    expect(reader.bytes()[7]).toBe(9);
    expect(reader.handle().access).toBe("read-only");
  });
});

describe("a window", () => {
  test("is the same memory with an ArrayBuffer of its own size", async () => {
    const { mapping: whole } = await mapping();
    const part = whole.window(4104, 100);
    expect(part.byteLength).toBe(100);
    expect(part.buffer.byteLength).toBe(100);
    expect(part.buffer).not.toBe(whole.buffer);
    part.bytes()[99] = 5;
    expect(whole.bytes()[4203]).toBe(5);
    whole.view(Uint32Array, 4104, 1)[0] = 0xdeadbeef;
    expect(part.view(Uint32Array, 0, 1)[0]).toBe(0xdeadbeef);
    expect(part.access).toBe(whole.access);
  });

  test("of a window counts from that window's start, and lives on without it", async () => {
    const { mapping: whole } = await mapping();
    const outer = whole.window(8192, 1000);
    const inner = outer.window(16, 32);
    outer.close();
    inner.bytes()[0] = 6;
    expect(whole.bytes()[8208]).toBe(6);
    expect(inner.closed).toBe(false);
    whole.close();
    expect(inner.closed).toBe(true);
  });

  test("refuses what lies outside of it although it lies inside of the mapping", async () => {
    const { mapping: whole, path } = await mapping();
    const part = whole.window(8, 16);
    const past = (action: () => unknown) =>
      expectErrorWithoutTrace(path, "ERR_FAMFS_PAST_END", action, "the mapping at 16");
    await past(() => part.bytes(0, 17));
    await past(() => part.bytes(17));
    await past(() => part.window(8, 9));
    await past(() => part.view(Int32Array, 16, 1));
  });

  test("closes alone, with its views, and leaves the rest", async () => {
    const { mapping: whole, path } = await mapping();
    const [one, other] = [whole.window(0, 64), whole.window(0, 64)];
    const [bytes, others] = [one.bytes(), other.bytes()];
    one.close();
    one.close();
    expect(bytes).toHaveLength(0);
    expect(one.closed).toBe(true);
    expect(whole.closed).toBe(false);
    others[3] = 4;
    expect(whole.bytes()[3]).toBe(4);
    for (const action of [() => one.bytes(), () => one.buffer, () => one.window(0, 8), () => one.handle()]) {
      await expectErrorWithoutTrace(path, "ERR_FAMFS_CLOSED", action, "window was closed", "make another");
    }
    await expectErrorWithoutTrace(path, "ERR_FAMFS_CLOSED", () => one.prefault("read"), "window was closed");
  });

  test("that made no buffer closes too", async () => {
    const { mapping: whole } = await mapping();
    const part = whole.window(0, 8);
    part.close();
    expect(part.closed).toBe(true);
    whole.close();
    await part.released;
  });
});

test("the limit of this Node's ArrayBuffer is what the error of a larger mapping names", async () => {
  const { instance, name, path } = await testInstance();
  const { truncateSync, writeFileSync } = await import("node:fs");
  const fresh = name("sparse");
  writeFileSync(path(fresh), "");
  truncateSync(path(fresh), 2 ** 32 + 4096);
  const whole = (await instance.open(fresh)).map();
  if (constants.MAX_LENGTH > 2 ** 32) {
    expect(whole.buffer.byteLength).toBe(2 ** 32 + 4096);
    return;
  }
  for (const action of [() => whole.buffer, () => whole.bytes(0, 1), () => whole.view(Int32Array, 8, 1)]) {
    await expectErrorWithoutTrace(
      instance.path,
      "ERR_FAMFS_BUFFER_LIMIT",
      action,
      String(constants.MAX_LENGTH),
      String(2 ** 32 + 4096),
      "window(offset, length)",
    );
  }
  expect(whole.window(8, 2 ** 32).buffer.byteLength).toBe(2 ** 32);
});
