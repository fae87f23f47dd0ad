import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Progress } from "famfs";
import { expect, onTestFinished, test } from "vitest";
import type { Coherence } from "../../lib/memory/coherence.js";
import { OpenFile } from "../../lib/memory/open-file.js";
import { zero } from "../../lib/memory/zero.js";
import { native } from "../../lib/native/binding.js";
import { expectError, thrownBy } from "../support/errors.js";
import { mapsOf } from "../support/proc.js";

const MIB = 2 ** 20;

/** A file full of something else, open in a mode; of a simulated host when that is the mode. */
async function garbage(size: number, coherence: Coherence = "coherent") {
  const folder = mkdtempSync("/dev/shm/famfs-zero-");
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "file");
  writeFileSync(path, Buffer.alloc(size, 0xa5));
  const host = coherence === "simulated" ? 0 : undefined;
  const simulation = { seed: 1, background: false };
  const traits = { kind: "tmpfs", mapAlignment: 4096, coherence, host, simulation } as const;
  const file = await OpenFile.open(path, "read-write", traits);
  onTestFinished(() => file.close());
  return { file, path, folder, isZero: () => Buffer.alloc(size).equals(readFileSync(path)) };
}

test.each(["coherent", "incoherent", "simulated"] as const)("makes a whole file zero: %s", async (coherence) => {
  // A simulation takes five times the size, and a /dev/shm of 64 MB is shared with other tests.
  for (const size of [1, 4097, (coherence === "simulated" ? 2 : 9) * MIB + 3]) {
    const { file, isZero, folder } = await garbage(size, coherence);
    const seen: Progress[] = [];
    await zero(file, { onProgress: (progress) => seen.push(progress) });
    // Past all caches, so it was written back.
    expect(isZero()).toBe(true);
    expect(seen.at(-1)).toEqual({ done: size, total: size });
    // Simulated hosts keep what they share.
    if (coherence !== "simulated") expect(mapsOf(folder)).toEqual([]);
  }
});

test("without its write-back, other hosts would not see it", async () => {
  const { file, isZero } = await garbage(4 * MIB, "simulated");
  expect(native().leaveOut("zero/write-back")).toBe(true);
  onTestFinished(() => void native().leaveOut(""));
  await zero(file, {});
  expect(isZero()).toBe(false);
});

test("ends when it is aborted, or what hears of it fails", async () => {
  const { file, folder } = await garbage(24 * MIB);
  expect(await thrownBy(() => zero(file, { signal: AbortSignal.abort("never") }))).toBe("never");
  const onProgress = () => {
    throw new Error("no");
  };
  expect(await thrownBy(() => zero(file, { onProgress }))).toMatchObject({ message: "no" });
  expect(mapsOf(folder)).toEqual([]);
});

test("says where the memory ends, where a file was truncated meanwhile", async () => {
  const { file, path } = await garbage(24 * MIB);
  const onProgress = () => truncateSync(path, 4096);
  await expectError("ERR_FAMFS_MEMORY_FAILURE", () => zero(file, { onProgress }));
});
