import { describe, expect, test } from "vitest";
import { shown } from "./script.js";
import { testAddon } from "./test-addon.js";

const ADDON = testAddon();

interface Shown {
  readonly value: unknown;
  readonly failure: { kind: string; offset: number; length: number };
  readonly events: unknown[];
  readonly code: string;
  readonly file: number[];
}

/** `store` is an expression over `v`, four pages mapped read-only; it may await. */
function afterStore(store: string): string {
  return `
    ${ADDON}
    const { path, mapping } = await readOnly(4);
    const v = mapping.bytes();
    const events = eventsOf(mapping);
    const value = await (${store});
    await turns();
    show({ value, failure: mapping.failure, events, code: codeOf(() => mapping.bytes()), file: [...new Set(fs.readFileSync(path))] });
    await instance.close();`;
}

/** Who stores, how, what it then reads, and the first page that was replaced where that is not up to the C library. */
const WRITERS: [string, string, unknown, number | undefined][] = [
  ["one element", "(v[PAGE + 1] = 9, [v[PAGE + 1], v[PAGE], v[0]])", [9, 7, 7], 4096],
  ["Buffer.fill", "(Buffer.from(mapping.buffer).fill(9), [v[0], v[4 * PAGE - 1]])", [9, 9], undefined],
  [
    "Atomics",
    "[Atomics.add(v, 2 * PAGE, 3), Atomics.load(v, 2 * PAGE), Atomics.compareExchange(v, 2 * PAGE, 10, 11), v[2 * PAGE]]",
    [7, 10, 10, 11],
    8192,
  ],
  [
    "DataView",
    "((view) => (view.setFloat64(2 * PAGE - 4, 1.5), view.getFloat64(2 * PAGE - 4)))(new DataView(mapping.buffer))",
    1.5,
    4096,
  ],
  [
    "TypedArray.set",
    "(v.set(new Uint8Array(2 * PAGE).fill(9), PAGE), [v[PAGE], v[3 * PAGE - 1], v[3 * PAGE]])",
    [9, 9, 7],
    undefined,
  ],
  [
    "the pool",
    "new Promise((done) => require('crypto').randomFill(v, PAGE, PAGE, (error) => done([error, v[0]])))",
    [null, 7],
    undefined,
  ],
  [
    "zlib's output on the pool",
    "(() => { const inflate = require('zlib').createInflate(); inflate._outBuffer = Buffer.from(mapping.buffer); inflate._chunkSize = v.length; return new Promise((done) => inflate.on('data', () => done(v[5])).end(require('zlib').deflateSync(Buffer.alloc(100, 9)))); })()",
    9,
    undefined,
  ],
];

describe("a store to a read-only mapping", () => {
  test.each(WRITERS)(
    "by %s reaches a private copy, and the mapping has failed",
    async (_name, store, value, offset) => {
      const found = await shown<Shown>(afterStore(store));
      expect(found.value).toEqual(value);
      expect(found.failure).toMatchObject({ kind: "read-only-store", length: 4096 });
      if (offset !== undefined) expect(found.failure.offset).toBe(offset);
      expect(found.events).toEqual([found.failure]);
      expect(found.code).toBe("ERR_FAMFS_MEMORY_FAILURE");
      expect(found.file).toEqual([7]);
    },
  );

  test.each([["--jitless"], ["--no-opt"], ["--abort-on-uncaught-exception"]])("with node %s", async (option) => {
    const found = await shown<Shown>(
      afterStore("(() => { for (let i = 0; i < v.length; i++) v[i] = 9; return v[100]; })()"),
      {
        nodeOptions: [option],
      },
    );
    expect(found).toMatchObject({ value: 9, file: [7], failure: { kind: "read-only-store", offset: 0 } });
  });

  test("by a system call is EFAULT, which fails nothing", async () => {
    const found = await shown(`
      const { path, mapping } = await readOnly(4);
      const v = mapping.bytes();
      const fd = fs.openSync(path);
      show({ read: codeOf(() => fs.readSync(fd, v)), failure: mapping.failure ?? null });
      await instance.close();`);
    expect(found).toEqual({ read: "EFAULT", failure: null });
  });

  test("all over a large mapping takes few of the kernel's mappings", async () => {
    const found = await shown<{ grown: number; sum: boolean; file: number }>(`
      const { path, mapping } = await readOnly(4096);
      const v = mapping.bytes();
      const count = () => fs.readFileSync("/proc/self/maps", "utf8").split("\\n").length;
      const before = count();
      v.fill(9);
      show({ grown: count() - before, sum: v.every((byte) => byte === 9), file: fs.readFileSync(path)[4095 * PAGE] });
      await instance.close();`);
    expect(found.sum).toBe(true);
    expect(found.file).toBe(7);
    expect(found.grown).toBeLessThan(100);
  });

  test("here and there copies a page each, not what lies between", async () => {
    const found = await shown<{ grown: number }>(`
      const { mapping } = await readOnly(4096);
      const v = mapping.bytes();
      const anonymous = () => Number(/^Anonymous: +(\\d+) kB/m.exec(fs.readFileSync("/proc/self/smaps_rollup", "utf8"))[1]);
      v[0] = 9;
      const before = anonymous();
      for (let page = 2; page < 4096; page += 125) v[page * PAGE] = 9;
      show({ grown: anonymous() - before });
      await instance.close();`);
    expect(found.grown).toBeLessThan(8192);
  });

  test("and a truncated page of it: a store is contained, too", async () => {
    const found = await shown(`
      const { path, mapping } = await readOnly(4);
      const v = mapping.bytes();
      fs.truncateSync(path, PAGE);
      v[PAGE] = 9;
      const stored = v[PAGE];
      show({ values: [stored, v[2 * PAGE], v[0]], kind: mapping.failure.kind });
      await instance.close();`);
    expect(found).toEqual({ values: [9, 0, 7], kind: "read-only-store" });
  });
});
