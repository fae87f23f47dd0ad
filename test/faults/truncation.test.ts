import { describe, expect, test } from "vitest";
import { shown } from "./script.js";
import { testAddon } from "./test-addon.js";

const ADDON = testAddon();

interface Shown {
  readonly value: unknown;
  readonly failure: { kind: string; offset: number; length: number };
  readonly events: unknown[];
  readonly code: string;
}

/** `read` is an expression over `v`, four pages of which the last three are gone; it may await. */
function afterTruncation(read: string): string {
  return `
    ${ADDON}
    const file = await sevens(4);
    const mapping = file.map();
    const v = mapping.bytes();
    const events = eventsOf(mapping);
    const at = (view, index) => view[index];
    for (let i = 0; i < 1e5; i++) at(v, i % PAGE);
    fs.truncateSync(file.path, PAGE);
    const value = await (${read});
    await turns();
    show({ value, failure: mapping.failure, events, code: codeOf(() => mapping.bytes()) });
    await instance.close();`;
}

function expectTruncated({ failure, events, code }: Shown): void {
  expect(failure).toMatchObject({ kind: "truncated", offset: 4096, length: 3 * 4096 });
  expect(events).toEqual([failure]);
  expect(code).toBe("ERR_FAMFS_MEMORY_FAILURE");
}

const SUM_OF_ONE_PAGE = 7 * 4096;

/** Who reads, how, and what it gets: the first page's sevens and zeros. */
const READERS: [string, string, unknown][] = [
  ["one element", "v[PAGE]", 0],
  [
    "compiled code",
    "(() => { let sum = 0; for (let i = 0; i < v.length; i++) sum += v[i]; return sum; })()",
    SUM_OF_ONE_PAGE,
  ],
  ["Atomics", "Atomics.load(v, 2 * PAGE) + Atomics.add(v, 2 * PAGE, 3) + Atomics.load(v, 2 * PAGE)", 3],
  ["DataView", "new DataView(mapping.buffer).getFloat64(3 * PAGE - 4)", 0],
  ["Buffer.toString", "Buffer.from(mapping.buffer).toString('latin1').length", 4 * 4096],
  ["Buffer.indexOf", "Buffer.from(mapping.buffer).indexOf(0)", 4096],
  ["a copy", "new Uint8Array(4 * PAGE).fill(1).length && v.slice().reduce((a, b) => a + b)", SUM_OF_ONE_PAGE],
  ["TextDecoder", "new TextDecoder().decode(v).length", 4 * 4096],
  ["structuredClone", "structuredClone(v).reduce((a, b) => a + b)", SUM_OF_ONE_PAGE],
  ["a hash", "require('crypto').createHash('sha256').update(v).digest('hex').length", 64],
  [
    "zlib on the pool",
    "new Promise((done) => require('zlib').deflate(v, (error, out) => done(error ?? require('zlib').inflateSync(out).reduce((a, b) => a + b))))",
    SUM_OF_ONE_PAGE,
  ],
  ["WebCrypto on the pool", "crypto.subtle.digest('SHA-256', v).then((digest) => digest.byteLength)", 32],
  ["stores by the pool", "new Promise((done) => require('crypto').randomFill(v, (error) => done(error)))", null],
  ["a foreign thread", "addon.readOnThread(v)", 7],
  ["a store", "(v[PAGE] = 9, v[PAGE])", 9],
];

describe("a truncated file", () => {
  test.each(READERS)("read by %s: zeros, a failed mapping, one event", async (_name, read, value) => {
    const found = await shown<Shown>(afterTruncation(read));
    expect(found.value).toEqual(value);
    expectTruncated(found);
  });

  test.each([["--no-opt"], ["--jitless"], ["--abort-on-uncaught-exception"], ["--always-sparkplug"]])(
    "with node %s",
    async (option) => {
      const read = "(() => { let sum = 0; for (let i = 0; i < v.length; i++) sum += v[i]; return sum; })()";
      const found = await shown<Shown>(afterTruncation(read), { nodeOptions: [option] });
      expect(found.value).toBe(SUM_OF_ONE_PAGE);
      expectTruncated(found);
    },
  );

  test("system calls give EFAULT, which fails nothing", async () => {
    const found = await shown(`
      const file = await sevens(4);
      const mapping = file.map();
      const v = mapping.bytes();
      fs.truncateSync(file.path, PAGE);
      const out = fs.openSync(instance.path + "/out", "w");
      const wrote = codeOf(() => fs.writeSync(out, v, PAGE, PAGE));
      show({ wrote, failure: mapping.failure ?? null, bytes: mapping.bytes().length });
      await instance.close();`);
    expect(found).toEqual({ wrote: "EFAULT", failure: null, bytes: 4 * 4096 });
  });

  test("prefault finds it beforehand as an error, and the mapping has not failed", async () => {
    const found = await shown(`
      const file = await sevens(4);
      const mapping = file.map();
      fs.truncateSync(file.path, PAGE);
      const codes = [];
      for (const mode of ["read", "write"]) {
        codes.push(await mapping.prefault(mode).then(() => "none", (error) => error.code));
      }
      show({ codes, failure: mapping.failure ?? null, first: mapping.bytes()[0] });
      await instance.close();`);
    expect(found).toEqual({
      codes: ["ERR_FAMFS_MEMORY_FAILURE", "ERR_FAMFS_MEMORY_FAILURE"],
      failure: null,
      first: 7,
    });
  });

  test("is mapped again after repair, while the failed mapping stays failed", async () => {
    const found = await shown(`
      const file = await sevens(4);
      const name = file.path.slice(instance.path.length + 1);
      const failed = file.map();
      fs.truncateSync(file.path, PAGE);
      const lost = failed.bytes()[PAGE];
      fs.truncateSync(file.path, 4 * PAGE);
      fs.writeFileSync(file.path, Buffer.alloc(4 * PAGE, 8));
      const again = (await instance.open(name, { access: "read-write" })).map();
      again.bytes()[PAGE] = 9;
      const before = { kind: failed.failure.kind, code: codeOf(() => failed.bytes()) };
      failed.close();
      show({ lost, before, kept: failed.failure.kind, closed: codeOf(() => failed.bytes()),
             again: [again.failure ?? null, again.bytes()[0], fs.readFileSync(file.path)[PAGE]] });
      await instance.close();`);
    expect(found).toEqual({
      lost: 0,
      before: { kind: "truncated", code: "ERR_FAMFS_MEMORY_FAILURE" },
      kept: "truncated",
      closed: "ERR_FAMFS_CLOSED",
      again: [null, 8, 9],
    });
  });

  test("to nothing fails the whole of the mapping", async () => {
    const found = await shown<Shown["failure"]>(`
      const mapping = (await sevens(4)).map({ offset: PAGE, length: 10_000 - PAGE });
      const v = mapping.bytes();
      fs.truncateSync(mapping.handle().path, 0);
      v[0];
      show(mapping.failure);
      await instance.close();`);
    expect(found).toMatchObject({ kind: "truncated", offset: 0, length: 10_000 - 4096 });
  });

  test("a hundred mappings of it fail one by one, each with one event", async () => {
    const found = await shown<{ events: number; failed: number }>(`
      const file = await sevens(2);
      const mappings = Array.from({ length: 100 }, () => file.map());
      const views = mappings.map((mapping) => mapping.bytes());
      const events = mappings.map(eventsOf);
      fs.truncateSync(file.path, PAGE);
      const failed = () => mappings.filter((mapping) => mapping.failure).length;
      const none = failed();
      for (const view of views) for (let i = 0; i < 3; i++) view[PAGE + i];
      const all = failed();
      await turns();
      show({ none, all, events: events.map((list) => list.length).join("") });
      await instance.close();`);
    expect(found).toEqual({ none: 0, all: 100, events: "1".repeat(100) });
  });
});
