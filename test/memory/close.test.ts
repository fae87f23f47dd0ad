import { readFileSync } from "node:fs";
import type { Mapping } from "famfs";
import { describe, expect, test } from "vitest";
import { result } from "../support/child.js";
import { expectError, expectErrorWithoutTrace } from "../support/errors.js";
import { testInstance } from "../support/instance.js";
import { descriptorsOf, mapsOf } from "../support/proc.js";

const SIZE = 1 << 20;

async function mapped() {
  const { instance, name } = await testInstance();
  const file = await instance.create(name(), { size: SIZE });
  return { instance, file, mapping: file.map(), path: file.path };
}

describe("close of a mapping", () => {
  test("gives all views length 0 at once; reads give nothing and stores are lost", async () => {
    const { instance, mapping, path } = await mapped();
    const views = [mapping.bytes(), mapping.view(Float64Array, 8, 4), mapping.bytes(100, 5)];
    const view = mapping.view(DataView);
    const buffer = mapping.buffer;
    const slice = Buffer.from(buffer, 10, 20);
    const part = mapping.window(4096, 4096);
    const partBytes = part.bytes();
    partBytes[0] = 200;
    mapping.close();
    for (const closed of [...views, slice, partBytes]) {
      expect(closed).toHaveLength(0);
      expect(closed.byteLength).toBe(0);
      expect(closed[0]).toBeUndefined();
      closed[0] = 1;
      expect(closed[0]).toBeUndefined();
    }
    expect(buffer.byteLength).toBe(0);
    expect(() => view.getUint8(0)).toThrow(TypeError);
    expect(() => Atomics.load(views[0] as Uint8Array<ArrayBuffer>, 0)).toThrow();
    expect(() => new Uint8Array(buffer)).toThrow(TypeError);
    await mapping.released;
    expect(mapsOf(instance.path)).toEqual([]);
    expect(readFileSync(path)[4096]).toBe(200);
  });

  test("twice does nothing more, and released is one promise", async () => {
    const { mapping } = await mapped();
    mapping.bytes()[0] = 1;
    const released = mapping.released;
    mapping.close();
    mapping.close();
    expect(mapping.released).toBe(released);
    await released;
    mapping.close();
    expect(mapping.closed).toBe(true);
    expect(await mapping.released).toBeUndefined();
  });

  test("of which no buffer was made lets its memory go before it returns", async () => {
    const { instance, mapping } = await mapped();
    expect(mapsOf(instance.path)).toHaveLength(1);
    mapping.close();
    expect(mapsOf(instance.path)).toEqual([]);
    await mapping.released;
  });

  test("leaves other mappings of the same file", async () => {
    const { instance, file, mapping } = await mapped();
    const other = file.map().bytes();
    mapping.bytes()[5] = 50;
    mapping.close();
    await mapping.released;
    expect(other[5]).toBe(50);
    expect(mapsOf(instance.path)).toHaveLength(1);
  });

  test("is what `using` does", async () => {
    const { file } = await mapped();
    let kept: Mapping;
    let bytes: Uint8Array;
    {
      using mapping = file.map();
      kept = mapping;
      bytes = mapping.bytes();
    }
    expect(kept.closed).toBe(true);
    expect(bytes).toHaveLength(0);
  });

  test("makes every method throw, with what to do", async () => {
    const { instance, mapping, path } = await mapped();
    const part = mapping.window(0, 64);
    mapping.close();
    const uses: ((closed: Mapping) => unknown)[] = [
      (closed) => closed.buffer,
      (closed) => closed.bytes(),
      (closed) => closed.bytes(0, 0),
      (closed) => closed.view(Int32Array),
      (closed) => closed.window(0, 8),
      (closed) => closed.handle(),
      (closed) => closed.prefault("read"),
    ];
    for (const use of uses) {
      for (const closed of [mapping, part]) {
        await expectErrorWithoutTrace(instance.path, "ERR_FAMFS_CLOSED", () => use(closed), path, "map the file again");
      }
    }
    expect(mapping.byteLength).toBe(SIZE);
  });

  test("rejects, and does not throw, from prefault", async () => {
    const { mapping } = await mapped();
    mapping.close();
    const promise = mapping.prefault("read");
    await expectError("ERR_FAMFS_CLOSED", () => promise);
  });

  test("may happen in the middle of reading, without a crash", async () => {
    const { mapping } = await mapped();
    const words = mapping.view(Int32Array);
    const seen: unknown[] = [];
    for (let index = 0; index < 6; index++) {
      if (index === 3) mapping.close();
      seen.push(words[index]);
    }
    expect(seen).toEqual([0, 0, 0, undefined, undefined, undefined]);
    expect(() => [...words]).toThrow(TypeError);
  });

  test("in a callback of the view's own methods does not read what is gone", async () => {
    const { file } = await mapped();
    const methods: ((bytes: Uint8Array, close: () => number) => unknown)[] = [
      (bytes, close) => bytes.map(close),
      (bytes, close) => bytes.sort(close),
      (bytes, close) => bytes.fill({ valueOf: close } as never),
      (bytes, close) => bytes.indexOf(1, { valueOf: close } as never),
      (bytes, close) => bytes.set([1], { valueOf: close } as never),
      (bytes, close) => bytes.subarray({ valueOf: close } as never),
      (bytes, close) => bytes.slice({ valueOf: close } as never),
      (bytes, close) => bytes.copyWithin({ valueOf: close } as never, 0),
      (bytes, close) => Atomics.store(bytes as Uint8Array<ArrayBuffer>, 0, { valueOf: close } as never),
    ];
    for (const method of methods) {
      const mapping = file.map();
      const close = () => {
        mapping.close();
        return 1;
      };
      try {
        method(mapping.bytes(), close);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
      expect(mapping.closed).toBe(true);
    }
  });
});

describe("close of an instance", () => {
  test("closes its files, mappings and windows", async () => {
    const { instance, file, mapping, path } = await mapped();
    const part = mapping.window(0, 8);
    const views = [mapping.bytes(), part.bytes()];
    const other = (await instance.open(path.slice(instance.path.length + 1))).map();
    await instance.close();
    expect([instance.closed, file.closed, mapping.closed, part.closed, other.closed]).toEqual(Array(5).fill(true));
    for (const view of views) expect(view).toHaveLength(0);
    await mapping.released;
    expect(mapsOf(instance.path)).toEqual([]);
    expect(descriptorsOf(instance.path)).toEqual([]);
    await expectError("ERR_FAMFS_CLOSED", () => instance.open("a"), instance.path, "open it again");
    await expectError("ERR_FAMFS_CLOSED", () => instance.create("a", { size: 1 }), instance.path);
    await expectError("ERR_FAMFS_CLOSED", () => file.map(), path);
  });

  test("rejects what is being opened with ERR_FAMFS_CLOSED and holds nothing", async () => {
    const { instance, path } = await mapped();
    const name = path.slice(instance.path.length + 1);
    const opening = Array.from({ length: 5 }, () => expectError("ERR_FAMFS_CLOSED", () => instance.open(name)));
    const missing = expectError("ERR_FAMFS_CLOSED", () => instance.open("missing"));
    await instance.close();
    await Promise.all([...opening, missing]);
    expect(descriptorsOf(instance.path)).toEqual([]);
  });

  test("is what `await using` does", async () => {
    const { openInstance } = await import("famfs");
    let mapping: Mapping;
    {
      await using instance = await openInstance(undefined, { fallback: "tmpfs" });
      mapping = (await instance.create("a", { size: 1 })).map();
    }
    expect(mapping.closed).toBe(true);
  });
});

test("10,000 times map, use, close leaves no mapping, descriptor or memory behind", async () => {
  const script = `
    import { createTmpfsInstance, openInstance } from "famfs";
    import { readFileSync, readdirSync } from "node:fs";
    const instance = await openInstance(process.env.FAMFS_PATH, { fallback: "tmpfs" });
    const name = "churn-" + process.pid;
    const file = await instance.create(name, { size: 1 << 20 });
    const status = () => readFileSync("/proc/self/status", "utf8");
    const measure = async () => {
      for (let turn = 0; turn < 20; turn++) { gc(); await new Promise(setImmediate); }
      await new Promise((resolve) => setTimeout(resolve, 20));
      return {
        maps: readFileSync("/proc/self/maps", "utf8").split("\\n").length,
        files: readFileSync("/proc/self/maps", "utf8").split("\\n").filter((line) => line.includes(instance.path)).length,
        fds: readdirSync("/proc/self/fd").length,
        rss: Number(/RssAnon:\\s+(\\d+)/.exec(status())[1]) * 1024,
        threads: Number(/Threads:\\s+(\\d+)/.exec(status())[1]),
      };
    };
    const cycles = async (count) => {
      for (let i = 0; i < count; i++) {
        const mapping = file.map(i % 3 === 0 ? { length: 8192 } : undefined);
        if (i % 2 === 0) mapping.window(4096, 64).bytes()[0]++;
        if (i % 5 === 0) (await instance.open(name)).close();
        mapping.close();
        if (i % 100 === 0) await mapping.released;
      }
      await new Promise(setImmediate);
    };
    await cycles(1000);
    const before = await measure();
    await cycles(10_000);
    const after = await measure();
    file.close();
    if (process.env.FAMFS_PATH) (await import("node:fs")).rmSync(file.path);
    await instance.close();
    console.log(JSON.stringify({ before, after }));`;
  interface Measured {
    maps: number;
    files: number;
    fds: number;
    rss: number;
    threads: number;
  }
  const { before, after } = await result<{ before: Measured; after: Measured }>(script, {
    nodeOptions: ["--expose-gc"],
  });
  expect(after.files).toBe(0);
  expect(after.fds).toBe(before.fds);
  expect(after.threads).toBe(before.threads);
  // V8's heap grows by up to 64 ranges now and then; a leak would be thousands.
  expect(after.maps).toBeLessThan(before.maps + 200);
  expect(after.rss).toBeLessThan(before.rss + 24 * 2 ** 20);
});
