import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FamfsErrorCode, openInstance, type Progress } from "famfs";
import { describe, expect, onTestFinished, test } from "vitest";
import { expectError, expectErrorWithoutTrace, thrownBy, tracesOf } from "../support/errors.js";
import { tmpfsInstance } from "../support/instance.js";

const MIB = 2 ** 20;

function pattern(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 12)) % 251));
}

/** A file outside of any instance. */
function sourceFile(bytes: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), "famfs-copy-in-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "source");
  writeFileSync(path, bytes);
  return path;
}

describe("copyIn", () => {
  test.each([1, 4097, 4 * MIB, 9 * MIB + 5])("copies %i bytes, of memory or of a file", async (size) => {
    const { instance, path } = await tmpfsInstance();
    const bytes = pattern(size);
    for (const [name, source] of Object.entries({
      memory: bytes,
      array: new Uint8Array(bytes),
      file: sourceFile(bytes),
    })) {
      const file = await instance.copyIn(source, name);
      expect(file).toMatchObject({ size, access: "read-write", path: path(name) });
      expect(bytes.equals(file.map().bytes())).toBe(true);
    }
  });

  test.each(["incoherent", "simulated"] as const)("writes back what it copied: %s", async (coherence) => {
    const host = coherence === "simulated" ? { host: 0 } : {};
    const instance = await openInstance(undefined, { fallback: "tmpfs", coherence, ...host });
    onTestFinished(() => instance.close());
    const bytes = pattern(5 * MIB);
    const file = await instance.copyIn(bytes, "a");
    expect(bytes.equals(file.map().bytes())).toBe(true);
    // Past all caches.
    expect(bytes.equals(readFileSync(file.path))).toBe(true);
  });

  test("gives the mode that was asked for, not the source's", async () => {
    const { instance, path } = await tmpfsInstance();
    await instance.copyIn(sourceFile(pattern(5)), "plain");
    await instance.copyIn(sourceFile(pattern(5)), "open", { mode: 0o606 });
    expect(statSync(path("plain")).mode & 0o777).toBe(0o644 & ~process.umask());
    expect(statSync(path("open")).mode & 0o777).toBe(0o606 & ~process.umask());
  });

  test("tells how far it is, and appears when it is complete", async () => {
    const { instance } = await tmpfsInstance();
    const seen: Progress[] = [];
    const names: string[][] = [];
    await instance.copyIn(pattern(9 * MIB), "a", {
      onProgress: (progress) => {
        seen.push(progress);
        names.push(tracesOf(instance.path).names);
      },
    });
    const total = 9 * MIB;
    expect(seen).toEqual([4 * MIB, 8 * MIB, total].map((done) => ({ done, total })));
    expect(names).toEqual([[], [], []]);
    expect(tracesOf(instance.path).names).toEqual(["a"]);
  });

  test("leaves nothing when it is aborted, or what hears of its progress fails", async () => {
    const { instance } = await tmpfsInstance();
    const before = tracesOf(instance.path);
    const abort = new AbortController();
    const options = { signal: abort.signal, onProgress: () => abort.abort("enough") };
    expect(await thrownBy(() => instance.copyIn(pattern(9 * MIB), "a", options))).toBe("enough");
    const onProgress = () => {
      throw new Error("no");
    };
    expect(await thrownBy(() => instance.copyIn(sourceFile(pattern(9)), "a", { onProgress }))).toMatchObject({
      message: "no",
    });
    expect(tracesOf(instance.path)).toEqual(before);
  });

  test("does not touch a file that is there", async () => {
    const { instance } = await tmpfsInstance();
    const mapping = (await instance.create("a", { size: 5 })).map();
    mapping.bytes().fill(9);
    await expectErrorWithoutTrace(instance.path, "ERR_FAMFS_EXISTS", () => instance.copyIn(pattern(5), "a"), "a");
    expect([...mapping.bytes()]).toEqual([9, 9, 9, 9, 9]);
  });

  test("says so when the source becomes shorter meanwhile", async () => {
    const { instance } = await tmpfsInstance();
    const source = sourceFile(pattern(9 * MIB));
    const onProgress = () => truncateSync(source, 5 * MIB);
    const copy = () => instance.copyIn(source, "a", { onProgress });
    await expectErrorWithoutTrace(instance.path, "ERR_FAMFS_PAST_END", copy, "had 9437184 bytes", "ends at 5242880");
    const bytes = new Uint8Array(9 * MIB);
    const detach = () => void structuredClone(bytes, { transfer: [bytes.buffer] });
    await expectError("ERR_FAMFS_PAST_END", () => instance.copyIn(bytes, "a", { onProgress: detach }), "ends at 0");
  });

  test.each<[string, unknown, FamfsErrorCode]>([
    ["what is not there", "/no/such/file", "ERR_FAMFS_NOT_FOUND"],
    ["a folder", tmpdir(), "ERR_FAMFS_IS_DIRECTORY"],
    ["a device", "/dev/zero", "ERR_FAMFS_NOT_A_FILE"],
    ["no bytes", new Uint8Array(0), "ERR_FAMFS_OUT_OF_RANGE"],
    ["a path with a NUL character", "a\0b", "ERR_FAMFS_INVALID_NAME"],
    ["a number", 5, "ERR_FAMFS_INVALID_TYPE"],
    ["an ArrayBuffer", new ArrayBuffer(5), "ERR_FAMFS_INVALID_TYPE"],
  ])("refuses %s", async (_what, source, code) => {
    const { instance } = await tmpfsInstance();
    await expectErrorWithoutTrace(instance.path, code, () => instance.copyIn(source as string, "a"));
  });

  test("refuses an empty file, and options it does not know", async () => {
    const { instance } = await tmpfsInstance();
    const empty = sourceFile(new Uint8Array(0));
    await expectErrorWithoutTrace(instance.path, "ERR_FAMFS_OUT_OF_RANGE", () => instance.copyIn(empty, "a"), empty);
    const unknown = { size: 5 } as never;
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => instance.copyIn(pattern(5), "a", unknown));
  });
});
