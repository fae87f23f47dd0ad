import { existsSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import type { FamfsErrorCode } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { tmpfsInstance } from "../support/instance.js";

describe("mkdir", () => {
  test("makes a folder in which files can be made", async () => {
    const { instance, path } = await tmpfsInstance();
    await instance.mkdir("models");
    await instance.create("models/a", { size: 5 });
    expect(statSync(path("models")).mode & 0o777).toBe(0o755 & ~process.umask());
    await instance.mkdir("models/private", { mode: 0o700 });
    expect(statSync(path("models/private")).mode & 0o777).toBe(0o700);
  });

  test("makes those above too when it is asked to, and takes one that is there", async () => {
    const { instance, path } = await tmpfsInstance();
    await expectError("ERR_FAMFS_NOT_FOUND", () => instance.mkdir("a/b/c"), "a/b/c does not exist");
    await instance.mkdir("a/b/c", { recursive: true });
    await instance.mkdir("a/b/c", { recursive: true });
    expect(statSync(path("a/b/c")).isDirectory()).toBe(true);
  });

  test("does not take what is there otherwise", async () => {
    const { instance, path } = await tmpfsInstance();
    await instance.mkdir("folder");
    writeFileSync(path("file"), "");
    await expectError("ERR_FAMFS_EXISTS", () => instance.mkdir("folder"), "{ recursive: true }");
    for (const recursive of [true, false]) {
      await expectError("ERR_FAMFS_EXISTS", () => instance.mkdir("file", { recursive }), "file exists already");
    }
    await expectError("ERR_FAMFS_NOT_FOUND", () => instance.mkdir("file/below"), "no directory");
  });

  test("makes nothing outside of the instance", async () => {
    const { instance, path } = await tmpfsInstance();
    symlinkSync(tmpdir(), path("out"));
    const name = `out/famfs-mkdir-test-${process.pid}`;
    for (const recursive of [true, false]) {
      for (const below of ["", "/deeper"]) {
        const make = () => instance.mkdir(name + below, { recursive });
        await expectError("ERR_FAMFS_INVALID_NAME", make, "another file system");
      }
    }
    expect(existsSync(path(name))).toBe(false);
  });

  test.each<[unknown, unknown, FamfsErrorCode]>([
    ["", undefined, "ERR_FAMFS_INVALID_NAME"],
    ["a/../b", undefined, "ERR_FAMFS_INVALID_NAME"],
    ["-p", undefined, "ERR_FAMFS_INVALID_NAME"],
    [5, undefined, "ERR_FAMFS_INVALID_TYPE"],
    ["a", { recursive: 1 }, "ERR_FAMFS_INVALID_TYPE"],
    ["a", { mode: 0o1000 }, "ERR_FAMFS_OUT_OF_RANGE"],
    ["a", { parents: true }, "ERR_FAMFS_UNKNOWN_OPTION"],
  ])("refuses %j with %j", async (name, options, code) => {
    const { instance } = await tmpfsInstance();
    await expectError(code, () => instance.mkdir(name as string, options as never));
  });

  test("needs an open instance", async () => {
    const { instance } = await tmpfsInstance();
    await instance.close();
    await expectError("ERR_FAMFS_CLOSED", () => instance.mkdir("a"));
    await expectError("ERR_FAMFS_CLOSED", () => instance.replay());
  });
});

describe("replay", () => {
  test("has nothing to do on tmpfs", async () => {
    const { instance } = await tmpfsInstance();
    expect(await instance.replay()).toEqual({ entries: 0, newFiles: 0, newFolders: 0 });
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => instance.replay({ timeout: 1 } as never));
  });
});
