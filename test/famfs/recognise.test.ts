import { rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { listInstances, openInstance } from "famfs";
import { describe, expect, test } from "vitest";
import { superblockBytes } from "../doubles/media-bytes.js";
import { writeSuperblock } from "../doubles/media-writer.js";
import { bindMount } from "../support/bind-mount.js";
import { result } from "../support/child.js";
import { expectError } from "../support/errors.js";
import { mountFuse } from "../support/fuse-mount.js";
import { mountCommand } from "../support/mount-folder.js";
import { named, noFuse } from "../support/requirements.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const files = [
  { name: "a", size: 4096 },
  { name: "models/deep/b", size: 100 },
];

async function opened(path: string) {
  await using instance = await openInstance(path);
  const names: string[] = [];
  for await (const { name } of instance.files()) names.push(name);
  return { path: instance.path, kind: instance.kind, names: names.sort() };
}

describe.skipIf(noFuse)(named("a famfs of the FUSE kind", noFuse), () => {
  test.each(["xattr", "option"] as const)("is recognised by the %s that names its shadow", async (shadow) => {
    await using mount = await mountFuse({ shadow, files });
    expect(await opened(mount.root)).toEqual({
      path: mount.root,
      kind: "famfs-fuse",
      names: ["a", "models/deep/b"],
    });
    await using instance = await openInstance(mount.root);
    expect((await instance.info()).shadow).toBe(mount.shadow);
  });

  test("is opened by any path in it: a file, a folder, a symbolic link, a relative path", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files });
    const whole = await opened(mount.root);
    const link = join(temporaryFolder(), "link");
    symlinkSync(join(mount.root, "models/deep"), link);
    for (const path of ["a", "models", "models/deep/b", ".meta/.superblock", "models/.."])
      expect(await opened(join(mount.root, path))).toEqual(whole);
    expect(await opened(link)).toEqual(whole);
    expect(await opened(join(link, "b"))).toEqual(whole);
  });

  test("is opened at the bind mount that the path lies in", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files });
    const bound = bindMount(mount.root, temporaryFolder());
    expect(await opened(join(bound, "models"))).toMatchObject({ path: bound, names: ["a", "models/deep/b"] });
    expect(await opened(mount.root)).toMatchObject({ path: mount.root });
  });

  test("is opened as a whole where the path lies in a bind mount of a part", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files });
    const folder = bindMount(join(mount.root, "models"), temporaryFolder());
    expect(await opened(join(folder, "deep/b"))).toMatchObject({ path: mount.root });
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    expect(await opened(bindMount(join(mount.root, "a"), file))).toMatchObject({ path: mount.root });
  });

  test("of which only a part can be seen is refused", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files });
    const found = await result<{ code: string; message: string }>(
      `import { openInstance } from "famfs";
       import { execFileSync } from "node:child_process";
       const [whole, part] = process.argv.slice(1);
       execFileSync("mount", ["--bind", whole + "/models", part]);
       execFileSync("umount", ["--lazy", whole]);
       await openInstance(part).catch(({ code, message }) => console.log(JSON.stringify({ code, message })));`,
      { args: [mount.root, temporaryFolder()], wrapper: ["unshare", "-m"] },
    );
    expect(found.code).toBe("ERR_FAMFS_UNSUPPORTED_FILESYSTEM");
    expect(found.message).toContain("part (/models) of the famfs on /dev/dax0.0");
  });

  test("is found under a name that mountinfo has to escape", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files, name: "a b\tc\\d#ü" });
    expect(await opened(join(mount.root, "a"))).toMatchObject({ path: mount.root });
  });

  test("is the famfs on top where another file system was mounted over it", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files });
    mountCommand("mount", "-t", "tmpfs", "tmpfs", mount.root);
    try {
      expect(await opened(mount.root)).toEqual({ path: mount.root, kind: "tmpfs", names: [] });
    } finally {
      mountCommand("umount", mount.root);
    }
    expect(await opened(mount.root)).toMatchObject({ kind: "famfs-fuse" });
  });

  test("is recognised in a mount namespace of its own", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files });
    const found = await result(
      `import { openInstance } from "famfs";
       import { execFileSync } from "node:child_process";
       const [whole, other] = process.argv.slice(1);
       execFileSync("mount", ["--move", whole, other]);
       const { path, kind } = await openInstance(other + "/mnt/a");
       console.log(JSON.stringify({ path: path.slice(other.length), kind }));`,
      { args: [mount.folder, temporaryFolder()], wrapper: ["unshare", "-m"] },
    );
    expect(found).toEqual({ path: "/mnt", kind: "famfs-fuse" });
  });

  test("is none for its shadow alone: the superblock must say so too", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files });
    rmSync(join(mount.shadow, "root/.meta"), { recursive: true });
    for (const options of [{}, { allowPageCache: true }]) {
      await expectError(
        "ERR_FAMFS_UNSUPPORTED_FILESYSTEM",
        () => openInstance(mount.root, options),
        "no .meta/.superblock",
      );
    }
    const fallen = await openInstance(mount.root, { fallback: "tmpfs" });
    expect(fallen.kind).toBe("tmpfs");
    await fallen.close();
  });

  test("with a shadow that is told by nobody is a file system like others", async () => {
    await using mount = await mountFuse({ shadow: "option", files });
    const found = await result<Record<string, string>>(
      `import { openInstance } from "famfs";
       const said = (action) => action().catch(({ code, message }) => code + message);
       const refused = await said(() => openInstance(process.argv[1]));
       const instance = await openInstance(process.argv[1], { allowPageCache: true });
       const create = await said(() => instance.create("made", { size: 4096 }));
       console.log(JSON.stringify({ refused, kind: instance.kind, create }));`,
      { args: [mount.root] },
    );
    expect(found["refused"]).toContain("ERR_FAMFS_UNSUPPORTED_FILESYSTEM");
    expect(found["refused"]).toContain("is on FUSE, expected tmpfs (such as /dev/shm) or famfs");
    expect(found["kind"]).toBe("page-cache");
    expect(found["create"]).toContain("ERR_FAMFS_UNSUPPORTED_FILESYSTEM");
    expect(found["create"]).toContain("no unnamed files (O_TMPFILE)");
  });

  test.each([
    ["magic", { magic: 0x87b282fe }, "ERR_FAMFS_CORRUPT", "magic number"],
    ["version", { version: 47 }, "ERR_FAMFS_UNSUPPORTED_VERSION", /48.*47/],
    ["on-media format", { omfMajor: 3 }, "ERR_FAMFS_UNSUPPORTED_VERSION", /2.*3/],
  ] as const)("whose superblock has another %s is refused", async (_, fields, code, part) => {
    await using mount = await mountFuse({ shadow: "xattr", files });
    writeSuperblock(mount.data, fields);
    await expectError(code, () => openInstance(mount.root), part, ".meta/.superblock");
  });

  test("whose superblock's checksum is wrong is refused", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files });
    const bytes = superblockBytes({});
    bytes[50] = (bytes[50] as number) ^ 1;
    writeFileSync(join(mount.data, ".meta/.superblock"), bytes, { flag: "r+" });
    await expectError("ERR_FAMFS_CORRUPT", () => openInstance(mount.root), "CRC");
  });

  test("whose daemon is dead says so", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files });
    await mount.killDaemon();
    for (const path of ["", "a"])
      await expectError("ERR_FAMFS_DAEMON_DEAD", () => openInstance(join(mount.root, path)), "unmount and mount");
  });
});

describe.skipIf(noFuse)(named("listInstances()", noFuse), () => {
  const listed = async (device: string) => (await listInstances()).filter((instance) => instance.device === device);

  test("lists each mounted famfs once, however often it is bound", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files, device: "/dev/dax8.1" });
    bindMount(mount.root, temporaryFolder());
    expect(await listed("/dev/dax8.1")).toEqual([
      { kind: "famfs-fuse", path: mount.root, device: "/dev/dax8.1", problem: undefined },
    ]);
  });

  test("tells what cannot be opened, and why", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files, device: "/dev/dax8.2" });
    truncateSync(join(mount.data, ".meta/.superblock"), 8);
    const [damaged] = await listed("/dev/dax8.2");
    expect(damaged?.problem).toMatchObject({ name: "FamfsError" });
    await mount.killDaemon();
    const [dead] = await listed("/dev/dax8.2");
    expect(dead).toMatchObject({ path: mount.root, problem: { code: "ERR_FAMFS_DAEMON_DEAD" } });
  });

  test("lists no famfs that another mount hides", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files, device: "/dev/dax8.3" });
    mountCommand("mount", "-t", "tmpfs", "tmpfs", mount.root);
    try {
      expect(await listed("/dev/dax8.3")).toEqual([]);
    } finally {
      mountCommand("umount", mount.root);
    }
  });
});
