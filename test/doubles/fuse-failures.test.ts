// That the FUSE double fails as famfs was measured to, or as it is told to; and that it always goes.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { callsOn } from "../support/calls.js";
import { mountCommand } from "../support/mount-folder.js";
import { named, noFuse } from "../support/requirements.js";
import { fileOf, mounted, NO_PASSTHROUGH } from "./mounted.js";

describe.skipIf(noFuse)(named("failures of the FUSE double", noFuse), () => {
  test("a dead daemon: mappings go on, also where nothing was touched; the rest is not connected", async ({ skip }) => {
    const mount = await mounted({ files: [{ name: "d/file", size: 100_000, bytes: Buffer.alloc(100_000, "a") }] });
    skip(!mount.passthrough, NO_PASSTHROUGH);
    const calls = callsOn(fileOf(mount));
    expect(await calls("open ro", "map 0 100000 ro", "peek 0")).toEqual(["0", "0", "97"]);
    await mount.killDaemon();
    expect(await calls("peek 90000", "text 50000 2", "map 0 4096 ro", "peek 0")).toEqual(["97", "aa", "0", "97"]);
    expect(await calls("fsync", "open ro")).toEqual(["ENOTCONN", "ENOTCONN"]);
    expect(await callsOn(mount.root)("readdir", "statfs")).toEqual(["ENOTCONN", "ENOTCONN"]);
  });

  test("a daemon that dies of truncate, as upstream's", async () => {
    const mount = await mounted({ crashOnTruncate: true });
    const calls = callsOn(fileOf(mount));
    expect(await calls("truncate 0", "truncate 5", "open ro")).toEqual(["EINVAL", "ECONNABORTED", "ENOTCONN"]);
  });

  test.each(["EIO", "ENODEV", "EHWPOISON"] as const)(
    "%s of what was told to fail, until it is repaired",
    async (errno) => {
      const mount = await mounted();
      const calls = callsOn(fileOf(mount));
      mount.fail("open", errno, "d/other");
      expect(await calls("open rw")).toEqual(["0"]);
      mount.fail("open", errno, "d/file");
      mount.fail("read", errno);
      mount.fail("write", errno);
      expect(await calls("open rw", "pread 0 1", "pwrite 0 1")).toEqual([errno, errno, errno]);
      mount.repair();
      expect(await calls("open rw", "pread 0 1", "pwrite 0 1")).toEqual(["0", "1", "1"]);
    },
  );

  test("a mapping that is refused: ENODEV", async ({ skip }) => {
    const mount = await mounted();
    skip(!mount.passthrough, NO_PASSTHROUGH);
    mount.fail("mmap", "ENODEV");
    expect(await callsOn(fileOf(mount))("open ro", "pread 0 1", "map 0 4096 ro")).toEqual(["0", "1", "ENODEV"]);
  });

  test.each(["EIO", "EHWPOISON"])(
    "a mapping that is refused with %s, to children with its environment",
    async (errno) => {
      const mount = await mounted();
      const [calls, others] = [callsOn(fileOf(mount), mount), callsOn(fileOf(mount))];
      const asked = ["open rw", "map 0 4096 rw", "statfs"];
      expect(await calls(...asked)).toEqual(["0", "0", "EBADF"]);
      mount.fail("mmap", errno, "d/file");
      expect(await calls("map 0 4096 rw")).toEqual([errno]);
      expect(await others("open rw", "map 0 4096 rw")).toEqual(["0", "0"]);
    },
  );

  test.each([
    ["lookup", "stat"],
    ["readdir", "readdir"],
    ["statfs", "statfs"],
    ["getxattr", "getxattr user.famfs.shadow"],
  ] as const)("%s", async (operation, call) => {
    const mount = await mounted();
    mount.fail(operation, "EIO");
    expect(await callsOn(join(mount.root, "d"))(call)).toEqual(["EIO"]);
  });

  test("a device that failed: mappings fault, the rest has the error", async ({ skip }) => {
    const mount = await mounted();
    skip(!mount.passthrough, NO_PASSTHROUGH);
    const calls = callsOn(fileOf(mount));
    expect(await calls("open rw", "map 0 10000 rw", "peek 0")).toEqual(["0", "0", "97"]);
    mount.failDevice("EHWPOISON");
    expect(await calls("peek 0", "poke 0 1", "pread 0 1", "open ro")).toEqual([
      "SIGBUS",
      "SIGBUS",
      "EHWPOISON",
      "EHWPOISON",
    ]);
  });

  test("a description that is none: the file cannot be looked up", async () => {
    const mount = await mounted();
    writeFileSync(join(mount.shadow, "root/broken"), "nothing");
    expect(await callsOn(join(mount.root, "broken"))("stat")).toEqual(["EINVAL"]);
  });
});

describe.skipIf(noFuse)(named("without FUSE passthrough", noFuse), () => {
  test("the double maps through the page cache; who opens the log again sees it grown", async () => {
    const mount = await mounted({ pageCache: true });
    expect(mount.passthrough).toBe(false);
    const calls = callsOn(fileOf(mount));
    expect(await calls("open rw", "map 0 10000 rw", "poke 5 98", "text 4 3")).toEqual(["0", "0", "0", "aba"]);
    const log = callsOn(join(mount.root, ".meta/.log"));
    expect(await log("open ro", "map 0 8192 ro", "peek 40")).toEqual(["0", "0", "1"]);
    mount.append({ name: "later", size: 5 });
    expect(await log("open ro", "map 0 8192 ro", "peek 40")).toEqual(["0", "0", "2"]);
  });
});

describe.skipIf(noFuse)(named("what a FUSE double leaves behind", noFuse), () => {
  const mounts = () => readFileSync("/proc/self/mountinfo", "utf8");

  test("nothing, although its files are open and mapped", async () => {
    const mount = await mounted();
    await callsOn(fileOf(mount))("open rw", "map 0 10000 rw");
    await mount[Symbol.asyncDispose]();
    expect(mounts()).not.toContain(mount.folder);
    expect(existsSync(mount.folder)).toBe(false);
    expect(existsSync(`/proc/${mount.pid}`)).toBe(false);
  });

  test("nothing when the process that mounted ends, however it does", async () => {
    const mount = await mounted();
    await mount.abandon();
    expect(mounts()).not.toContain(mount.folder);
    expect(existsSync(mount.folder)).toBe(false);
  });

  test("nothing for long when the daemon was killed before: the next one removes it", async () => {
    const { folder } = await mounted();
    const left = folder.replace(`-${process.pid}-`, `-${2 ** 22 + 1}-`);
    mkdirSync(left);
    mountCommand("mount", "-t", "tmpfs", "tmpfs", left);
    mkdirSync(join(left, "inner"));
    mountCommand("mount", "-t", "tmpfs", "tmpfs", join(left, "inner"));
    await mounted();
    expect(mounts()).not.toContain(left);
    expect(existsSync(left)).toBe(false);
  });

  test("nothing where the double could not be started", async () => {
    await expect(mounted({ device: "," })).rejects.toThrow("the FUSE double ended at once: unknown option");
    expect(mounts()).not.toContain(`-${process.pid}-`);
  });
});
