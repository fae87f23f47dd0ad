import { constants } from "node:buffer";
import { closeSync, openSync, readSync, truncateSync, writeFileSync } from "node:fs";
import type { FamfsFile } from "famfs";
import { expect, test } from "vitest";
import { result } from "../support/child.js";
import { expectError } from "../support/errors.js";
import { testInstance } from "../support/instance.js";

const GIB = 2 ** 30;
/** A sparse file takes room only where it is touched. */
async function sparse(size: number): Promise<FamfsFile> {
  const { instance, name, path } = await testInstance();
  const fresh = name("sparse");
  writeFileSync(path(fresh), "");
  truncateSync(path(fresh), size);
  return instance.open(fresh, { access: "read-write" });
}

function byteOfFile(path: string, position: number): number | undefined {
  const fd = openSync(path, "r");
  try {
    const one = Buffer.alloc(1);
    readSync(fd, one, 0, 1, position);
    return one[0];
  } finally {
    closeSync(fd);
  }
}

test("64 GiB map as one range, and windows reach every part of it", async () => {
  const file = await sparse(64 * GIB + 5);
  expect(file.size).toBe(64 * GIB + 5);
  const whole = file.map();
  expect(whole.byteLength).toBe(64 * GIB + 5);
  for (const [index, offset] of [0, 2 ** 32 - 8, 2 ** 32, 2 ** 32 + 8, 2 ** 33, 64 * GIB - 8].entries()) {
    const part = whole.window(offset, 8);
    part.bytes()[7] = index + 1;
    expect(byteOfFile(file.path, offset + 7)).toBe(index + 1);
    part.close();
  }
  const tail = whole.window(64 * GIB, 5);
  tail.bytes()[4] = 77;
  expect(byteOfFile(file.path, 64 * GIB + 4)).toBe(77);
  await expectError("ERR_FAMFS_PAST_END", () => whole.window(64 * GIB, 6), String(64 * GIB + 6));
  whole.close();
  await whole.released;
});

test("a part of a file beyond 4 GiB maps at its offset", async () => {
  const file = await sparse(9 * GIB);
  const part = file.map({ offset: 8 * GIB, length: 65536 });
  part.view(Uint32Array, 4096, 1)[0] = 0x01020304;
  expect(byteOfFile(file.path, 8 * GIB + 4096)).toBe(4);
  const whole = file.map();
  expect(whole.window(8 * GIB + 4096, 8).view(Uint32Array, 0, 1)[0]).toBe(0x01020304);
  const handle = whole.window(8 * GIB + 4096, 8).handle();
  expect(handle.offset).toBe(8 * GIB + 4096);
});

test("another process sees a store beyond 4 GiB, by name and by handle", async () => {
  const file = await sparse(5 * GIB);
  const mapping = file.map();
  mapping.window(4 * GIB + 16, 8).view(BigUint64Array)[0] = 0x1122334455667788n;
  const script = `
    import { openHandle, openInstance } from "famfs";
    const [path, name, handle] = process.argv.slice(1);
    const whole = (await (await openInstance(path)).open(name)).map();
    const byHandle = await openHandle(JSON.parse(handle));
    console.log(JSON.stringify([whole, byHandle].map((mapping) => mapping.window(${4 * GIB + 16}, 8).view(BigUint64Array)[0].toString(16))));`;
  const name = file.path.split("/").at(-1) ?? "";
  const directory = file.path.slice(0, -name.length - 1);
  const seen = await result(script, { args: [directory, name, JSON.stringify(mapping.handle())] });
  expect(seen).toEqual(["1122334455667788", "1122334455667788"]);
});

test.runIf(constants.MAX_LENGTH > 2 ** 32)("one ArrayBuffer of more than 4 GiB reaches its last element", async () => {
  const file = await sparse(4 * GIB + 8192);
  const mapping = file.map();
  const words = mapping.view(Float64Array);
  words[words.length - 1] = 1.5;
  expect(mapping.view(DataView).getFloat64(4 * GIB + 8184, true)).toBe(1.5);
  expect(Atomics.add(mapping.view(Int32Array), 2 ** 30 + 1, 3)).toBe(0);
  expect(byteOfFile(file.path, 4 * GIB + 4)).toBe(3);
  mapping.close();
  expect(words).toHaveLength(0);
  await mapping.released;
});

test("many large windows of one mapping, and many large mappings, cost no memory", async () => {
  const file = await sparse(64 * GIB);
  const mappings = Array.from({ length: 20 }, () => file.map());
  for (const [index, mapping] of mappings.entries()) mapping.window(index * GIB, 4096).bytes()[index] = index;
  for (const mapping of mappings) mapping.close();
  await Promise.all(mappings.map((mapping) => mapping.released));
  expect(byteOfFile(file.path, 19 * GIB + 19)).toBe(19);
});
