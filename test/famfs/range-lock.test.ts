import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { NativeBinding, NativeFile } from "../../types/native.js";
import { Child, ROOT } from "../support/child.js";

const ADDON = join(ROOT, "build/Release/famfs.node");
const addon: NativeBinding = createRequire(import.meta.url)(ADDON);

/** Where nothing is: locks need no bytes. */
const FAR = 2 ** 41;

function lockFile(): string {
  const folder = mkdtempSync("/dev/shm/famfs-range-lock-");
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "file");
  writeFileSync(path, "a few bytes");
  return path;
}

function open(path: string, flags = "r"): NativeFile {
  const fd = openSync(path, flags);
  const file = addon.adoptFile(fd, 0);
  closeSync(fd);
  onTestFinished(() => addon.closeFile(file));
  return file;
}

/** A process that holds a lock and tells so; it ends when it is told to, or killed. */
async function holder(path: string, shared: boolean): Promise<Child> {
  const child = new Child(
    `
    import { createRequire } from "node:module";
    import { openSync } from "node:fs";
    const [addonPath, path, shared] = process.argv.slice(1);
    const addon = createRequire(addonPath)(addonPath);
    const file = addon.adoptFile(openSync(path, shared === "true" ? "r" : "r+"), 0);
    const locked = addon.lockRange(file, ${FAR}, 1, shared === "true");
    process.once("message", () => process.exit());
    process.send(locked);
  `,
    { args: [ADDON, path, String(shared)] },
  );
  expect(await child.message()).toBe(true);
  return child;
}

test("a lock excludes other opens of the file, also in the same process, and only in its range", () => {
  const path = lockFile();
  const [mine, other] = [open(path, "r+"), open(path, "r+")];
  expect(addon.lockRange(mine, FAR, 10, false)).toBe(true);
  expect(addon.lockRange(mine, FAR, 10, false)).toBe(true);
  expect(addon.rangeHeld(mine, FAR, 10)).toBe(false);
  expect(addon.rangeHeld(other, FAR, 1)).toBe(true);
  expect(addon.rangeHeld(other, FAR + 9, 1)).toBe(true);
  expect(addon.rangeHeld(other, FAR + 10, 1)).toBe(false);
  expect(addon.lockRange(other, FAR + 9, 2, false)).toBe(false);
  expect(addon.lockRange(other, FAR + 9, 2, true)).toBe(false);
  expect(addon.lockRange(other, FAR + 10, 2, false)).toBe(true);
  addon.unlockRange(mine, FAR, 10);
  expect(addon.lockRange(other, FAR, 10, false)).toBe(true);
});

test("shared locks exclude only the others; a file open for reading can have them, and sees both kinds", () => {
  const path = lockFile();
  chmodSync(path, 0o444);
  const [mine, other, writer] = [open(path), open(path), open(path, "r+")];
  expect(addon.lockRange(mine, FAR, 1, true)).toBe(true);
  expect(addon.lockRange(other, FAR, 1, true)).toBe(true);
  expect(addon.rangeHeld(mine, FAR, 1)).toBe(true);
  expect(addon.lockRange(writer, FAR, 1, false)).toBe(false);
  addon.unlockRange(other, FAR, 1);
  expect(addon.rangeHeld(mine, FAR, 1)).toBe(false);
  expect(() => addon.lockRange(mine, FAR, 1, false)).toThrow(expect.objectContaining({ errno: 9, syscall: "fcntl" }));
});

test("closing the file ends its locks", () => {
  const path = lockFile();
  const other = open(path, "r+");
  const fd = openSync(path, "r+");
  const file = addon.adoptFile(fd, 0);
  expect(addon.lockRange(file, FAR, 1, false)).toBe(true);
  // A duplicate of the descriptor is the same open file.
  addon.closeFile(file);
  expect(addon.rangeHeld(other, FAR, 1)).toBe(true);
  closeSync(fd);
  expect(addon.rangeHeld(other, FAR, 1)).toBe(false);
});

test.each([
  ["ends", false],
  ["ends", true],
  ["is killed", false],
  ["is killed", true],
])("the lock of a process that %s is free again (shared: %s)", async (how, shared) => {
  const path = lockFile();
  const mine = open(path, "r+");
  const child = await holder(path, shared);
  expect(addon.rangeHeld(mine, FAR, 1)).toBe(true);
  expect(addon.lockRange(mine, FAR, 1, false)).toBe(false);
  if (how === "ends") child.send("end");
  else child.process.kill("SIGKILL");
  expect((await child.ended).signal).toBe(how === "ends" ? null : "SIGKILL");
  expect(addon.rangeHeld(mine, FAR, 1)).toBe(false);
  expect(addon.lockRange(mine, FAR, 1, false)).toBe(true);
});

test("a stopped process keeps its lock", async () => {
  const path = lockFile();
  const mine = open(path, "r+");
  const child = await holder(path, false);
  child.process.kill("SIGSTOP");
  expect(addon.lockRange(mine, FAR, 1, false)).toBe(false);
  child.process.kill("SIGCONT");
});
