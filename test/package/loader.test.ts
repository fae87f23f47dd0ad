import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FamfsErrorCode } from "famfs";
import { expect, onTestFinished, test } from "vitest";
import { loadAddon, type Machine } from "../../lib/native/load.js";
import { ROOT } from "../support/child.js";
import { expectError } from "../support/errors.js";

const LOCAL = "build/Release/famfs.node";

/** A package folder with these files, empty. */
function packageWith(...files: string[]): string {
  const root = mkdtempSync(join(tmpdir(), "famfs-loader-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const file of files) {
    mkdirSync(join(root, file, ".."), { recursive: true });
    writeFileSync(join(root, file), "");
  }
  return root;
}

/** A machine on which everything is well, but for what a test changes. */
function machine(changes: Partial<Machine>): Machine {
  return {
    platform: "linux",
    arch: "x64",
    electron: undefined,
    root: ROOT,
    hasGlibc: () => true,
    require: () => ({ statusWords: () => new ArrayBuffer(64) }),
    ...changes,
  };
}

const throwing = (message: string) => () => {
  throw new Error(message);
};

test("loads the local build of this package", () => {
  const { addon, status } = loadAddon();
  expect(addon.pageSize()).toBeGreaterThan(0);
  expect(status[0]).toBe(0);
});

test("takes the local build where there is one, else the prebuild of the architecture", () => {
  const taken: string[] = [];
  const require = (path: string) => {
    taken.push(path);
    return { statusWords: () => new ArrayBuffer(8) };
  };
  const both = packageWith(LOCAL, "prebuilds/linux-x64/famfs.node");
  const prebuilt = packageWith("prebuilds/linux-x64/famfs.node", "prebuilds/linux-arm64/famfs.node");
  loadAddon(machine({ root: both, require }));
  loadAddon(machine({ root: prebuilt, require }));
  loadAddon(machine({ root: prebuilt, arch: "arm64", require }));
  expect(taken).toEqual([
    join(both, LOCAL),
    join(prebuilt, "prebuilds/linux-x64/famfs.node"),
    join(prebuilt, "prebuilds/linux-arm64/famfs.node"),
  ]);
});

test.each<[string, Partial<Machine>, FamfsErrorCode, string[]]>([
  [
    "macOS",
    { platform: "darwin", arch: "arm64" },
    "ERR_FAMFS_UNSUPPORTED_PLATFORM",
    ["darwin arm64", "Linux x64 and arm64"],
  ],
  ["Windows", { platform: "win32" }, "ERR_FAMFS_UNSUPPORTED_PLATFORM", ["win32 x64"]],
  ["another architecture", { arch: "riscv64" }, "ERR_FAMFS_UNSUPPORTED_PLATFORM", ["linux riscv64"]],
  [
    "musl",
    { hasGlibc: () => false, require: throwing("Error relocating: __errno_location: symbol not found") },
    "ERR_FAMFS_UNSUPPORTED_LIBC",
    ["glibc 2.34", "musl", "symbol not found"],
  ],
  [
    "an old glibc",
    { require: throwing("/lib/libc.so.6: version `GLIBC_2.34' not found") },
    "ERR_FAMFS_UNSUPPORTED_LIBC",
    ["an older one", "GLIBC_2.34"],
  ],
  [
    "an old libstdc++",
    { require: throwing("version `GLIBCXX_3.4.30' not found") },
    "ERR_FAMFS_UNSUPPORTED_LIBC",
    ["GLIBCXX_3.4.30"],
  ],
  [
    "a broken file",
    { require: throwing("file too short") },
    "ERR_FAMFS_ADDON_BROKEN",
    ["file too short", "npm run build"],
  ],
  [
    "Electron",
    { electron: "30.0.0", require: () => ({ statusWords: () => null }) },
    "ERR_FAMFS_ELECTRON",
    ["Electron 30.0.0", "memory cage", "separate Node process"],
  ],
  [
    "another runtime with a cage",
    { require: () => ({ statusWords: () => null }) },
    "ERR_FAMFS_ELECTRON",
    ["this runtime", "memory cage"],
  ],
])("on %s says what to do", async (_, changes, code, parts) => {
  const root = packageWith(LOCAL);
  await expectError(code, () => loadAddon(machine({ root, ...changes })), ...parts);
});

test("without any addon names where it looked, and what to run", async () => {
  const root = packageWith();
  const missing = () => loadAddon(machine({ root, arch: "arm64" }));
  await expectError(
    "ERR_FAMFS_ADDON_MISSING",
    missing,
    join(root, LOCAL),
    join(root, "prebuilds/linux-arm64/famfs.node"),
    "npm run build",
    "reinstall",
  );
});

test("a real file that is no addon is broken, with the loader's own words as the cause", async () => {
  const root = packageWith(LOCAL);
  const require = createRequire(import.meta.url);
  const error = await expectError("ERR_FAMFS_ADDON_BROKEN", () => loadAddon(machine({ root, require })), "rebuild");
  expect(error.path).toBe(join(root, LOCAL));
  expect(error.cause).toBeInstanceOf(Error);
});

test("does not ask for the C library where loading went well", () => {
  loadAddon(machine({ root: packageWith(LOCAL), hasGlibc: throwing("asked") as () => boolean }));
});
