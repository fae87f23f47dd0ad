import { rmSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { FamfsLog } from "../../lib/instance/famfs/log.js";
import { MetaFile } from "../../lib/instance/famfs/meta-file.js";
import { readSuperblock } from "../../lib/instance/famfs/superblock.js";
import {
  ENTRY_SIZE,
  entryBytes,
  FILE_ENTRY,
  filePayload,
  HEADER_SIZE,
  headerBytes,
  MEBI,
} from "../doubles/media-bytes.js";
import { LogWriter, makeMedia, writeSuperblock } from "../doubles/media-writer.js";
import { expectError, tracesOf } from "../support/errors.js";
import { mediaFolder, ONE_EXTENT } from "../support/media.js";
import "./arbitrary.js";

/** How long a test waits for what stays half-visible, in milliseconds. */
const SHORT = 15;

const OTHER_UUID = "99999999-8888-4777-8666-555555555555";

function named(name: string): Buffer {
  return filePayload({ name, size: 1, map: ONE_EXTENT });
}

async function openLog(root: string, patience = SHORT): Promise<FamfsLog> {
  const log = new FamfsLog(root, await readSuperblock(root), patience);
  await log.refresh();
  return log;
}

describe("damage", () => {
  test("one changed byte of any entry is an error that names the entry; what was before it stays", async () => {
    const place = fc.record({
      entry: fc.nat({ max: 5 }),
      at: fc.nat({ max: ENTRY_SIZE - 1 }),
      change: fc.integer({ min: 1, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(place, async ({ entry, at, change }) => {
        const { root, writer } = mediaFolder();
        try {
          for (let i = 0; i < 6; i++) writer.append(FILE_ENTRY, named(`f${i}`));
          const bytes = entryBytes(entry, FILE_ENTRY, named(`f${entry}`));
          const whole = Buffer.from(bytes);
          bytes[at] = (bytes[at] as number) ^ change;
          writer.place(entry, bytes);
          const log = new FamfsLog(root, await readSuperblock(root), SHORT);
          const part = new RegExp(`entry ${entry}: expected (CRC|sequence number) .*, found .*famfs fsck`);
          await expectError("ERR_FAMFS_CORRUPT", () => log.refresh(), part, ".meta/.log");
          expect([...log.files.keys()]).toEqual(["f0", "f1", "f2", "f3", "f4", "f5"].slice(0, entry));
          writer.place(entry, whole);
          await log.refresh();
          expect([log.files.size, log.used, log.unknownEntries]).toEqual([6, 6, 0]);
        } finally {
          rmSync(root, { recursive: true });
        }
      }),
      { numRuns: 40 },
    );
  });

  test("what stayed damaged is not waited for again before the header changes, and seen when it is repaired", async () => {
    const { root, writer } = mediaFolder();
    writer.append(FILE_ENTRY, named("a"));
    const whole = entryBytes(0, FILE_ENTRY, named("a"));
    writer.place(0, Buffer.alloc(ENTRY_SIZE));
    const log = new FamfsLog(root, await readSuperblock(root), 200);
    const looks = vi.spyOn(MetaFile.prototype, "read");
    const looksAt = async () => {
      looks.mockClear();
      await expectError("ERR_FAMFS_CORRUPT", () => log.refresh(), "entry 0");
      return looks.mock.calls.length;
    };
    const patient = await looksAt();
    const impatient = await looksAt();
    expect(impatient).toBeLessThan(patient);
    expect(await looksAt()).toBe(impatient);
    writer.append(FILE_ENTRY, named("b"));
    expect(await looksAt()).toBeGreaterThan(impatient);
    expect(await looksAt()).toBe(impatient);
    writer.place(0, whole);
    await log.refresh();
    expect([...log.files.keys()]).toEqual(["a", "b"]);
    looks.mockRestore();
  });

  test("one changed byte of the header is an error", async () => {
    const place = fc.tuple(fc.nat({ max: HEADER_SIZE - 1 }), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(place, async ([at, change]) => {
        const { root, writer } = mediaFolder();
        try {
          writer.append(FILE_ENTRY, named("a"));
          const bytes = headerBytes({ nextIndex: 1 });
          bytes[at] = (bytes[at] as number) ^ change;
          writer.overwrite(0, bytes);
          await expectError("ERR_FAMFS_CORRUPT", () => openLog(root, 5), ".meta/.log", "must be", "found");
        } finally {
          rmSync(root, { recursive: true });
        }
      }),
      { numRuns: 60 },
    );
  });

  test("any value of any field of the header, with a right checksum, is the right data or an error with a code", async () => {
    const u64 = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.nat({ max: 20_000 }).map(BigInt),
      fc.constantFrom(1n, 2n, 15_420n, 15_421n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
    );
    const names = ["magic", "length", "lastIndex", "nextSequence", "nextIndex"] as const;
    const fields = fc.oneof(
      fc.tuple(fc.constantFrom(...names), u64).map(([name, value]) => ({ nextIndex: 1, [name]: value })),
      u64.map((nextIndex) => ({ nextIndex, nextSequence: nextIndex })),
    );
    await fc.assert(
      fc.asyncProperty(fields, async (header) => {
        const { root, writer } = mediaFolder();
        try {
          writer.append(FILE_ENTRY, named("a"));
          // headerBytes() works out the last index from the length.
          writer.overwrite(0, headerBytes({ lastIndex: 15_419, ...header }));
          const log = new FamfsLog(root, await readSuperblock(root), 5);
          const error: unknown = await log.refresh().catch((thrown: unknown) => thrown);
          if (error !== undefined) {
            expect(error).toMatchObject({ name: "FamfsError", code: "ERR_FAMFS_CORRUPT" });
            return;
          }
          expect(header.nextIndex === 1 || header.nextIndex === 1n || header.nextIndex === 0n).toBe(true);
          expect(log.files.size).toBe(Number(header.nextIndex));
          expect(log.capacity).toBeLessThanOrEqual(15_420);
        } finally {
          rmSync(root, { recursive: true });
        }
      }),
      { numRuns: 150 },
    );
  });

  test("a log of anything is an error", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 2000, maxLength: 2000 }), async (bytes) => {
        const { root, writer } = mediaFolder();
        try {
          writer.overwrite(0, Buffer.from(bytes));
          await expectError("ERR_FAMFS_CORRUPT", () => openLog(root, 5));
        } finally {
          rmSync(root, { recursive: true });
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe("an entry whose index is visible before itself", () => {
  test("is read when it is there", async () => {
    const { root, writer } = mediaFolder();
    writer.append(FILE_ENTRY, named("a"));
    const log = await openLog(root, 10_000);
    const bytes = entryBytes(1, FILE_ENTRY, named("b"));
    writer.publish(2);
    setTimeout(() => writer.place(1, Buffer.concat([bytes.subarray(0, 64), Buffer.alloc(64)])), 10);
    setTimeout(() => writer.place(1, bytes), 25);
    await log.refresh();
    expect([...log.files.keys()]).toEqual(["a", "b"]);
  });

  test("is an error where it stays away, and read where it comes later", async () => {
    const { root, writer } = mediaFolder();
    writer.append(FILE_ENTRY, named("a"));
    const log = await openLog(root);
    const before = tracesOf(root);
    writer.publish(2);
    await expectError("ERR_FAMFS_CORRUPT", () => log.refresh(), "entry 1: expected sequence number 1, found 0");
    expect(tracesOf(root)).toEqual(before);
    expect(log).toMatchObject({ used: 1 });
    writer.place(1, entryBytes(1, FILE_ENTRY, named("b")));
    await log.refresh();
    expect([...log.files.keys()]).toEqual(["a", "b"]);
  });

  test("as an index that moved by halves, which is looked at again", async () => {
    const { root, writer } = mediaFolder();
    writer.place(0, entryBytes(0, FILE_ENTRY, named("a")));
    writer.overwrite(0, headerBytes({ nextSequence: 1, nextIndex: 0 }));
    setTimeout(() => writer.publish(1), 10);
    expect((await openLog(root, 10_000)).used).toBe(1);
  });
});

describe("a famfs that was made anew", () => {
  async function opened() {
    const media = mediaFolder();
    media.writer.append(FILE_ENTRY, named("a"));
    media.writer.append(FILE_ENTRY, named("b"));
    return { ...media, log: await openLog(media.root) };
  }

  test("is told by its UUID, also with as many files as before", async () => {
    const { root, log } = await opened();
    const writer = makeMedia(root, { uuid: OTHER_UUID });
    for (const name of ["a", "b", "c"]) writer.append(FILE_ENTRY, named(name));
    await expectError("ERR_FAMFS_INSTANCE_REPLACED", () => log.refresh(), OTHER_UUID, root);
    await expectError("ERR_FAMFS_INSTANCE_REPLACED", () => log.refresh());
  });

  test("is told where its superblock came before its log did, and the old one is damaged", async () => {
    const { root, writer, log } = await opened();
    writeSuperblock(root, { uuid: OTHER_UUID });
    writer.overwrite(0, Buffer.alloc(1000));
    await expectError("ERR_FAMFS_INSTANCE_REPLACED", () => log.refresh(), OTHER_UUID);
  });

  test("is told by a log that has become shorter", async () => {
    const { root, log } = await opened();
    LogWriter.create(root).append(FILE_ENTRY, named("a"));
    await expectError("ERR_FAMFS_INSTANCE_REPLACED", () => log.refresh(), "1 entries, it had 2");
  });

  test("is told by a log that begins otherwise", async () => {
    const { root, log } = await opened();
    const writer = LogWriter.create(root);
    for (const name of ["x", "b", "c"]) writer.append(FILE_ENTRY, named(name));
    await expectError("ERR_FAMFS_INSTANCE_REPLACED", () => log.refresh(), "begins with another entry");
    expect([...log.files.keys()]).toEqual(["a", "b"]);
  });

  test("of another version is named as such", async () => {
    const { root, log } = await opened();
    writeSuperblock(root, { version: 49, uuid: OTHER_UUID });
    await expectError("ERR_FAMFS_UNSUPPORTED_VERSION", () => log.refresh(), "found 49");
  });

  test("with a log of another length is told too", async () => {
    const { root, log } = await opened();
    makeMedia(root, { uuid: OTHER_UUID, logLength: 16 * MEBI });
    await expectError("ERR_FAMFS_INSTANCE_REPLACED", () => log.refresh(), OTHER_UUID);
  });
});
