import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { FamfsError } from "../../lib/errors.js";
import { MetaFile } from "../../lib/instance/famfs/meta-file.js";
import { parseSuperblock, readSuperblock } from "../../lib/instance/famfs/superblock.js";
import { native } from "../../lib/native/binding.js";
import { MEBI, type SuperblockFields, superblockBytes } from "../doubles/media-bytes.js";
import { writeSuperblock } from "../doubles/media-writer.js";
import { expectError, expectErrorWithoutTrace, thrownBy, tracesOf } from "../support/errors.js";
import { mediaFolder } from "../support/media.js";
import { uuids } from "./arbitrary.js";

const PATH = "/mnt/famfs/.meta/.superblock";

/** How long a test waits for what stays damaged, in milliseconds. */
const SHORT = 20;

/** What a function gives back: a value, or the FamfsError that it threw; anything else fails. */
function outcome<T>(action: () => T): { value: T } | { error: FamfsError } {
  try {
    return { value: action() };
  } catch (error) {
    expect(error).toBeInstanceOf(FamfsError);
    return { error: error as FamfsError };
  }
}

describe("parsing", () => {
  test("a superblock comes back as it was written", () => {
    const fields = fc.record({
      logOffset: fc.integer({ min: 25, max: 2 ** 40 }).map((n) => n * 8),
      logLength: fc.integer({ min: 592, max: 2 ** 45 }),
      allocationUnit: fc.integer({ min: 12, max: 30 }).map((bits) => 2 ** bits),
      omfMinor: fc.nat({ max: 2 ** 32 - 1 }),
      uuid: uuids,
      deviceUuid: uuids,
      masterUuid: uuids,
      deviceSize: fc.maxSafeNat(),
      daxUuid: uuids,
      devicePath: fc.constantFrom("", "/dev/dax0.0", "/dev/dax/ü", "x".repeat(64)),
    });
    fc.assert(
      fc.property(fields, (given) => {
        expect(parseSuperblock(superblockBytes(given), PATH)).toEqual({
          version: 48,
          omf: { major: 2, minor: given.omfMinor },
          uuid: given.uuid,
          deviceUuid: given.deviceUuid,
          masterUuid: given.masterUuid,
          logOffset: given.logOffset,
          logLength: given.logLength,
          allocationUnit: given.allocationUnit,
          device: { size: given.deviceSize, uuid: given.daxUuid, path: given.devicePath },
        });
      }),
    );
  });

  test("one changed byte that the checksum covers, or of it, is an error", () => {
    fc.assert(
      fc.property(fc.nat({ max: 103 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = superblockBytes();
        bytes[at] = (bytes[at] as number) ^ change;
        const result = outcome(() => parseSuperblock(bytes, PATH));
        expect(result).toHaveProperty("error");
        if (!("error" in result)) return;
        const isVersion = at >= 8 && at < 16;
        expect(result.error.code).toBe(isVersion ? "ERR_FAMFS_UNSUPPORTED_VERSION" : "ERR_FAMFS_CORRUPT");
        expect(result.error.message).toContain(PATH);
      }),
      { numRuns: 500 },
    );
  });

  test("changes behind the checksum never touch what it covers", () => {
    const whole = parseSuperblock(superblockBytes(), PATH);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 96, maxLength: 96 }), (tail) => {
        const bytes = superblockBytes();
        bytes.set(tail, 104);
        const result = outcome(() => parseSuperblock(bytes, PATH));
        if ("error" in result) expect(result.error.code).toBe("ERR_FAMFS_CORRUPT");
        else expect({ ...result.value, device: whole.device }).toEqual(whole);
      }),
    );
  });

  test("any value of any field, with a right checksum, is data within bounds or an error with a code", () => {
    const u64 = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.constantFrom(0n, 1n, 2n ** 53n, 2n ** 64n - 1n),
    );
    const numbers = ["magic", "version", "logOffset", "logLength", "allocationUnit", "deviceSize"] as const;
    const fields = fc.oneof(
      fc.tuple(fc.constantFrom(...numbers), u64).map(([name, value]) => ({ [name]: value })),
      fc.record({ logOffset: u64, logLength: u64, allocationUnit: u64, deviceSize: u64 }),
      fc.nat({ max: 2 ** 32 - 1 }).map((omfMajor) => ({ omfMajor })),
    );
    fc.assert(
      fc.property(fields, (given: SuperblockFields) => {
        const result = outcome(() => parseSuperblock(superblockBytes(given), PATH));
        if ("error" in result) {
          expect(["ERR_FAMFS_CORRUPT", "ERR_FAMFS_UNSUPPORTED_VERSION"]).toContain(result.error.code);
          return;
        }
        const { logOffset, logLength, allocationUnit, device } = result.value;
        for (const size of [logOffset, logLength, allocationUnit, device.size, logOffset + logLength])
          expect(Number.isSafeInteger(size)).toBe(true);
        expect(logOffset).toBeGreaterThanOrEqual(200);
        expect(logLength).toBeGreaterThanOrEqual(592);
        expect(Math.log2(allocationUnit) % 1).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  test("200 bytes of anything are an error, and fewer too", async () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 300 }), (bytes) => {
        expect(outcome(() => parseSuperblock(Buffer.from(bytes), PATH))).toHaveProperty("error");
      }),
    );
    await expectError("ERR_FAMFS_CORRUPT", () => parseSuperblock(superblockBytes().subarray(0, 199), PATH), "199");
  });

  test("another version is named, and the known one", async () => {
    const newer = superblockBytes({ version: 49 });
    await expectError("ERR_FAMFS_UNSUPPORTED_VERSION", () => parseSuperblock(newer, PATH), "48 is known, found 49");
    const format = superblockBytes({ omfMajor: 3 });
    await expectError("ERR_FAMFS_UNSUPPORTED_VERSION", () => parseSuperblock(format, PATH), "2 is known, found 3");
    expect(parseSuperblock(superblockBytes({ omfMinor: 99 }), PATH).omf).toEqual({ major: 2, minor: 99 });
  });
});

describe("reading", () => {
  test("the superblock of a mount is read, and nothing of it stays open", async () => {
    const { root } = mediaFolder({ uuid: "00112233-4455-6677-8899-aabbccddeeff" });
    const before = tracesOf(root);
    expect((await readSuperblock(root)).uuid).toBe("00112233-4455-6677-8899-aabbccddeeff");
    expect(tracesOf(root)).toEqual(before);
  });

  test("one that is being written is read when it is whole", async () => {
    const { root } = mediaFolder();
    const whole = superblockBytes({ logLength: 16 * MEBI });
    writeFileSync(join(root, ".meta/.superblock"), Buffer.concat([whole.subarray(0, 64), Buffer.alloc(MEBI)]));
    setTimeout(() => writeSuperblock(root, { logLength: 16 * MEBI }), 30);
    expect((await readSuperblock(root)).logLength).toBe(16 * MEBI);
  });

  test("one that stays damaged is an error, and leaves nothing behind", async () => {
    const { root } = mediaFolder();
    writeSuperblock(root, { magic: 1 });
    const read = () => readSuperblock(root, SHORT);
    await expectErrorWithoutTrace(root, "ERR_FAMFS_CORRUPT", read, /magic number must be 0x87b282ff, found 0x1/);
  });

  test("another version is not waited for", async () => {
    const { root } = mediaFolder({ version: 47 });
    await expectErrorWithoutTrace(root, "ERR_FAMFS_UNSUPPORTED_VERSION", () => readSuperblock(root, 2 ** 31), "47");
  });

  test("one that is missing, or too short, is an error", async () => {
    const { root } = mediaFolder();
    truncateSync(join(root, ".meta/.superblock"), 100);
    await expectErrorWithoutTrace(root, "ERR_FAMFS_CORRUPT", () => readSuperblock(root), "is 100 bytes long");
    rmSync(join(root, ".meta/.superblock"));
    await expectErrorWithoutTrace(root, "ERR_FAMFS_NOT_FOUND", () => readSuperblock(root), ".superblock");
  });
});

describe("a meta file", () => {
  test("is read through dropped cache lines, and without where the CPU drops none", async () => {
    const { root } = mediaFolder();
    const invalidate = vi.spyOn(native(), "invalidate");
    const support = vi.spyOn(native(), "cacheSupport");
    try {
      await readSuperblock(root);
      expect(invalidate.mock.calls.map((call) => call.slice(2))).toEqual([[0, 200]]);
      support.mockReturnValue({ available: [], forced: null, writeBack: null, invalidate: null, lineSize: 64 });
      await readSuperblock(root);
      expect(invalidate).toHaveBeenCalledTimes(1);
    } finally {
      vi.restoreAllMocks();
    }
  });

  test("that lost its memory while it is read is an error, and the process goes on", async () => {
    const { root } = mediaFolder();
    const path = join(root, ".meta/.log");
    const file = await MetaFile.open(path);
    expect(file.read(0, 48).u32(8)).toBe(8 * MEBI);
    truncateSync(path, 4096);
    expect(await thrownBy(() => file.read(8192, 544))).toMatchObject({
      code: "ERR_FAMFS_MEMORY_FAILURE",
      failure: { kind: "truncated" },
    });
    await expectError("ERR_FAMFS_MEMORY_FAILURE", () => file.read(0, 48));
    await file.close();
  });
});
