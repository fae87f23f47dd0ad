import { rmSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FamfsLog, type LoggedFile } from "../../lib/instance/famfs/log.js";
import { readSuperblock } from "../../lib/instance/famfs/superblock.js";
import type { FileFields } from "../doubles/media-bytes.js";
import { mediaFolder, ONE_EXTENT } from "../support/media.js";
import "./arbitrary.js";

async function openLog(root: string): Promise<FamfsLog> {
  const log = new FamfsLog(root, await readSuperblock(root));
  await log.refresh();
  return log;
}

describe("what a later famfs may write", () => {
  test("entries of other types are counted, and the rest is listed", async () => {
    const { root, writer } = mediaFolder();
    writer.file({ name: "a", size: 1, map: ONE_EXTENT });
    for (const type of [2, 4, 5, 2 ** 32 - 1]) writer.append(type, Buffer.alloc(520, 0xff));
    writer.file({ name: "b", size: 1, map: ONE_EXTENT });
    const log = await openLog(root);
    expect([...log.files.keys()]).toEqual(["a", "b"]);
    expect(log).toMatchObject({ used: 6, unknownEntries: 4, firstUnknown: "entry 1: its type 2 is not known" });
  });

  test("a file of another kind of extents is listed, and where it lies is unknown", async () => {
    const { root, writer } = mediaFolder();
    writer.file({ name: "a", size: 5, map: { ...ONE_EXTENT, type: 2 } });
    const log = await openLog(root);
    expect(log.files.get("a")).toMatchObject({ size: 5, extents: { kind: "unknown" } });
    expect(log.unknownEntries).toBe(1);
  });

  test("a file on a device that nobody added is listed and counted", async () => {
    const { root, writer } = mediaFolder();
    const onDevice = (device: number) => ({ extents: [{ device, offset: 0, length: 1 }] });
    writer.file({ name: "a", size: 1, map: onDevice(2) });
    writer.device({ index: 2, size: 2 ** 40 });
    writer.file({ name: "b", size: 1, map: onDevice(2) });
    const log = await openLog(root);
    expect([...log.files.keys()]).toEqual(["a", "b"]);
    expect(log.unknownEntries).toBe(1);
    expect(log.firstUnknown).toMatch(/entry 0: it lies on device 2/);
  });

  test("names and sizes that nobody writes today are left out and counted, each", async () => {
    const names = [
      "",
      "/a",
      "a/",
      "a//b",
      ".",
      "..",
      "a/./b",
      "../a",
      "a/..",
      Buffer.from([0x61, 0xff]),
      "x".repeat(80),
    ];
    const one = { offset: 0, length: 1 };
    const whole = { offset: 0, length: 4096 };
    const maps: Partial<FileFields>[] = [
      { size: 2 },
      { size: 2n ** 53n },
      { size: 2n ** 64n - 1n },
      { map: { extents: [] } },
      { map: { extents: [{ offset: 0, length: 0 }, one] } },
      { map: { extents: [{ offset: 2n ** 53n - 1n, length: 1 }] } },
      { map: { extents: [{ offset: 2n ** 64n - 1n, length: 1 }] } },
      { map: { extents: [{ offset: 0, length: 2n ** 64n - 1n }, one] } },
      { map: { extents: [{ device: 2n ** 53n, offset: 0, length: 1 }] } },
      { map: { extents: [one], count: 17 } },
      { map: { extents: [one], count: 2 ** 32 - 1 } },
      { map: { chunkSize: 4096, strips: [] } },
      { map: { chunkSize: 4096, strips: [whole], stripCount: 17 } },
      { map: { chunkSize: 4096, strips: [whole], stripCount: 2n ** 64n - 1n } },
      { map: { chunkSize: 4096, strips: [whole], count: 2 } },
      { map: { chunkSize: 0, strips: [whole] } },
      { map: { chunkSize: 4095, strips: [whole] } },
      { map: { chunkSize: 2n ** 63n, strips: [whole] } },
      { size: 8193, map: { chunkSize: 4096, strips: [whole, { offset: 0, length: 8192 }] } },
    ];
    const { root, writer } = mediaFolder();
    const plain = { name: "a", size: 1, map: { extents: [one] } };
    for (const name of names) writer.file({ ...plain, name });
    for (const name of names) writer.folder({ name });
    for (const fields of maps) writer.file({ ...plain, ...fields });
    writer.device({ index: 1, size: 2n ** 53n });
    writer.file({ ...plain, name: "good" });
    const log = await openLog(root);
    expect([...log.files.keys(), ...log.folders.keys()]).toEqual(["good"]);
    expect(log.devices).toEqual([]);
    expect(log.unknownEntries).toBe(2 * names.length + maps.length + 1);
  });

  test("payloads of anything are listed within bounds, or counted", async () => {
    const payloads = fc.array(
      fc.tuple(fc.constantFrom(0, 1, 3), fc.uint8Array({ minLength: 520, maxLength: 520, size: "max" })),
      { minLength: 1, maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(payloads, async (list) => {
        const { root, writer } = mediaFolder();
        try {
          for (const [type, payload] of list) writer.append(type, Buffer.from(payload));
          const log = await openLog(root);
          expect(log.used).toBe(list.length);
          expect(log.files.size + log.folders.size + log.devices.length + log.unknownEntries).toBeGreaterThan(0);
          for (const [name, file] of log.files) expectSane(name, file);
        } finally {
          rmSync(root, { recursive: true });
        }
      }),
      { numRuns: 30 },
    );
  });
});

function expectSane(name: string, { size }: LoggedFile): void {
  expect(Number.isSafeInteger(size)).toBe(true);
  expect(name.split("/").some((part) => ["", ".", ".."].includes(part))).toBe(false);
}
