import { rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { Extents } from "../../lib/instance/famfs/extents.js";
import { FamfsLog } from "../../lib/instance/famfs/log.js";
import { readSuperblock } from "../../lib/instance/famfs/superblock.js";
import { native } from "../../lib/native/binding.js";
import { ENTRY_SIZE, FILE_ENTRY, type FileFields, FOLDER_ENTRY, filePayload, MEBI } from "../doubles/media-bytes.js";
import { LogWriter } from "../doubles/media-writer.js";
import { tracesOf } from "../support/errors.js";
import { mediaFolder, ONE_EXTENT } from "../support/media.js";
import { entries, payloadOf, type WrittenEntry } from "./arbitrary.js";

/** How long a test waits for what stays half-visible, in milliseconds. */
const SHORT = 20;

async function openLog(root: string, patience = SHORT): Promise<FamfsLog> {
  const log = new FamfsLog(root, await readSuperblock(root), patience);
  await log.refresh();
  return log;
}

/** What the library makes of a map that the writer was given. */
function extentsOf({ map }: FileFields): Extents {
  if ("strips" in map) return { kind: "interleaved", chunkSize: map.chunkSize, strips: map.strips } as Extents;
  return { kind: "simple", extents: map.extents } as Extents;
}

/** What a reader should know after these entries, the plain way. */
class Model {
  readonly files = new Map<string, unknown>();
  readonly folders = new Map<string, unknown>();
  readonly devices = new Map<number, unknown>();
  unknown = 0;

  constructor(written: readonly WrittenEntry[]) {
    written.forEach(({ type, fields }, sequence) => {
      if (type === FILE_ENTRY) this.#file(fields, sequence);
      else if (type === FOLDER_ENTRY) this.#folder(fields.name, { ...fields, sequence });
      else this.devices.set(fields.index, { ...fields, sequence });
    });
  }

  #file({ map, ...fields }: FileFields, sequence: number): void {
    this.folders.delete(String(fields.name));
    this.files.set(String(fields.name), { ...fields, extents: extentsOf({ map, ...fields }), sequence });
    const parts = "strips" in map ? map.strips : map.extents;
    if (parts.some(({ device }) => device !== 0 && !this.devices.has(Number(device)))) this.unknown++;
  }

  #folder(name: string, folder: unknown): void {
    this.files.delete(name);
    this.folders.set(name, folder);
  }
}

function expectSame(log: FamfsLog, written: readonly WrittenEntry[]): void {
  const model = new Model(written);
  expect(log.used).toBe(written.length);
  expect(new Map(log.files)).toEqual(model.files);
  expect(new Map(log.folders)).toEqual(model.folders);
  expect(log.devices).toEqual([...model.devices.values()]);
  expect(log.unknownEntries).toBe(model.unknown);
}

test("a new famfs has an empty log with room for 15,420 entries in 8 MiB", async () => {
  const { root } = mediaFolder();
  const unread = new FamfsLog(root, await readSuperblock(root));
  expect(unread).toMatchObject({ used: 0, capacity: 15_420, unknownEntries: 0, firstUnknown: undefined });
  await unread.refresh();
  expect(unread).toMatchObject({ used: 0, capacity: 15_420 });
  expect([unread.files.size, unread.folders.size, unread.devices.length]).toEqual([0, 0, 0]);
});

test("entries of all kinds come back as they were written, at once or one refresh after the other", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entries, { minLength: 1, maxLength: 40 }), fc.nat({ max: 40 }), async (written, cut) => {
      const { root, writer } = mediaFolder();
      try {
        const payloads = written.map((entry) => ({ type: entry.type, payload: payloadOf(entry) }));
        writer.appendAll(payloads.slice(0, cut));
        const early = await openLog(root);
        expectSame(early, written.slice(0, cut));
        writer.appendAll(payloads.slice(cut));
        await early.refresh();
        expectSame(early, written);
        expectSame(await openLog(root), written);
      } finally {
        rmSync(root, { recursive: true });
      }
    }),
    { numRuns: 60 },
  );
});

test("a log that is full is read to its last entry", async () => {
  const logLength = 48 + 300 * ENTRY_SIZE + 100;
  const { root, writer } = mediaFolder({ logLength });
  const payload = filePayload({ name: "a", size: 1, map: ONE_EXTENT });
  writer.appendAll(Array.from({ length: 300 }, () => ({ type: FILE_ENTRY, payload })));
  expect(await openLog(root)).toMatchObject({ used: 300, capacity: 300 });
});

describe("several entries of one name", () => {
  test("the last one counts", async () => {
    const { root, writer } = mediaFolder();
    writer.file({ name: "a", size: 1, map: ONE_EXTENT });
    writer.file({ name: "a", size: 2, map: ONE_EXTENT });
    const log = await openLog(root);
    expect([...log.files.values()]).toMatchObject([{ name: "a", size: 2, sequence: 1 }]);
    writer.folder({ name: "a" });
    await log.refresh();
    expect([log.files.size, log.folders.get("a")?.sequence]).toEqual([0, 2]);
    writer.file({ name: "a", size: 3, map: ONE_EXTENT });
    await log.refresh();
    expect([log.files.get("a")?.size, log.folders.size]).toEqual([3, 0]);
  });

  test("a device that is added again has its last size", async () => {
    const { root, writer } = mediaFolder();
    writer.device({ index: 1, size: 1 });
    writer.device({ index: 1, size: 2 });
    expect((await openLog(root)).devices).toMatchObject([{ index: 1, size: 2, sequence: 1 }]);
  });
});

describe("refreshing", () => {
  test("reads the header, the first entry and what is new, and nothing else", async () => {
    const { root, writer } = mediaFolder();
    const payload = filePayload({ name: "a", size: 1, map: ONE_EXTENT });
    writer.appendAll(Array.from({ length: 1000 }, () => ({ type: FILE_ENTRY, payload })));
    const log = await openLog(root);
    writer.file({ name: "b", size: 1, map: ONE_EXTENT });
    const invalidate = vi.spyOn(native(), "invalidate");
    try {
      await log.refresh();
      const read = invalidate.mock.calls.map(([, , offset, length]) => [offset, length]);
      expect(read).toEqual([
        [0, 48],
        [48, ENTRY_SIZE],
        [48 + 1000 * ENTRY_SIZE, ENTRY_SIZE],
        [0, 200],
      ]);
    } finally {
      vi.restoreAllMocks();
    }
    expect(log.files.has("b")).toBe(true);
  });

  test("by several callers at once takes each entry once, and serves what was there before each call", async () => {
    const { root, writer } = mediaFolder();
    const log = await openLog(root);
    const calls: Promise<void>[] = [];
    for (let i = 0; i < 20; i++) {
      writer.append(9, Buffer.alloc(1));
      const expected = i + 1;
      calls.push(log.refresh().then(() => expect(log.used).toBeGreaterThanOrEqual(expected)));
      if (i % 3 === 0) await new Promise(setImmediate);
    }
    await Promise.all(calls);
    expect(log).toMatchObject({ used: 20, unknownEntries: 20 });
  });

  test("lets the event loop have its turns while a full log is read", async () => {
    const { root, writer } = mediaFolder();
    const payload = filePayload({ name: "a", size: 1, map: ONE_EXTENT });
    writer.appendAll(Array.from({ length: 15_420 }, () => ({ type: FILE_ENTRY, payload })));
    const superblock = await readSuperblock(root);
    const log = new FamfsLog(root, superblock);
    const seen = new Set<number>();
    const timer = setInterval(() => seen.add(log.used));
    await log.refresh();
    clearInterval(timer);
    expect([...seen].filter((used) => used > 0 && used < 15_420).length).toBeGreaterThan(0);
  });

  test("leaves no file, mapping or descriptor of the mount in use", async () => {
    const { root, writer } = mediaFolder();
    writer.file({ name: "a", size: 1, map: ONE_EXTENT });
    const before = tracesOf(root);
    const log = await openLog(root);
    await log.refresh();
    expect(tracesOf(root)).toEqual(before);
  });

  test("a log that is shorter than its superblock says is an error", async () => {
    const { root } = mediaFolder();
    const log = await openLog(root);
    truncateSync(join(root, ".meta/.log"), 4 * MEBI);
    await expect(log.refresh()).rejects.toMatchObject({ code: "ERR_FAMFS_CORRUPT" });
    new LogWriter(root).overwrite(8 * MEBI - 8, Buffer.alloc(8));
    await log.refresh();
    rmSync(join(root, ".meta/.log"));
    await expect(log.refresh()).rejects.toMatchObject({ code: "ERR_FAMFS_NOT_FOUND" });
  });
});
