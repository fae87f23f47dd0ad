// That the double of standalone famfs answers as the two kinds do, to processes that it is preloaded into.
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Calls, callsOn, expectDialogue } from "../support/calls.js";
import { run } from "../support/child.js";
import { cannotMount, named } from "../support/requirements.js";
import { mountStandalone, type StandaloneMount, type StandaloneOptions } from "../support/standalone.js";

const SIZE = 10_000;

/** A mount with a file of 10,000 bytes, all "a", for one test. */
async function mounted(options: StandaloneOptions): Promise<StandaloneMount> {
  const files = [{ name: "d/file", size: SIZE, bytes: Buffer.alloc(SIZE, "a"), mode: 0o664 }];
  const mount = await mountStandalone({ files, ...options });
  onTestFinished(() => mount[Symbol.asyncDispose]());
  return mount;
}

const calls = (mount: StandaloneMount, name = "d/file"): Calls => callsOn(join(mount.root, name), mount);

const KINDS = ["old", "new"] as const;
const BOTH: readonly (readonly [what: string, dialogue: string])[] = [
  ["reads and writes", "open rw = 0; pwrite 0 5 = 5; text 3 4 = xxaa; pread 9995 100 = 5; pread 10000 5 = 0"],
  ["writes 0 bytes at and after the end, without an error", "open rw = 0; pwrite 10000 5 = 0; pwrite 99999 5 = 0"],
  ["writes up to the end only", "open rw = 0; pwrite 9998 5 = 2; write 20000 = 10000; write 1 = 0; stat = 10000 0664"],
  ["appends over the start", "open wo+append = 0; write 3 = 3; open rw = 0; text 0 5 = xxxaa; stat = 10000 0664"],
  [
    "lets a file be made that has no memory",
    "create = 0; path PATH-new = 0; open rw = 0; pread 0 1 = EIO; map 0 1 ro = EIO",
  ],
  ["makes folders, for this host", "mkdir = 0"],
  ["has no unnamed files and no O_DIRECT", "open direct+rw = EINVAL; path FOLDER = 0; open tmpfile+rw = EOPNOTSUPP"],
  ["has no fallocate", "open rw = 0; fallocate 5 = EOPNOTSUPP"],
  ["has no blocks", "statfs = 0x87b282ff no blocks; open ro = 0; fstatfs = 0x87b282ff no blocks"],
  ["has no xattrs", "getxattr user.famfs.shadow = EOPNOTSUPP; setxattr user.x = EOPNOTSUPP; listxattr = EOPNOTSUPP"],
  ["is seen to be DAX", "statx = dax; path FOLDER = 0; statx = no dax"],
  [
    "is copied by sendfile in both directions",
    "open rw = 0; copy-out 5 = EXDEV; send-out 5 = 5; send-in 20000 = 10000",
  ],
  ["locks", "open rw = 0; flock sh = 0; flock ex+nb = 0; record-lock = 0; fsync = 0"],
  ["maps", "open rw = 0; map 0 20000 rw = 0; poke 5 98 = 0; text 4 3 = aba; poke 12000 7 = 0; peek 12288 = SIGBUS"],
  ["maps no code", "open rw = 0; map 0 4096 exec = EPERM; map 1 4096 rw = EINVAL; map 0 0 rw = EINVAL"],
  ["keeps a read-only open from stores", "open ro = 0; map 0 4096 rw = EACCES; map 0 4096 ro = 0; mprotect = EACCES"],
];

const OLD: readonly (readonly [what: string, dialogue: string])[] = [
  [
    "is killed by truncation; what is mapped below goes on",
    "open rw = 0; map 0 10000 rw = 0; ftruncate 4096 = 0; pread 0 1 = ENXIO; pread 0 1 = EIO; peek 0 = 97; peek 9000 = SIGBUS",
  ],
  [
    "stays dead at its old size",
    "open rw = 0; ftruncate 0 = 0; pread 0 1 = ENXIO; ftruncate 10000 = 0; pread 0 1 = EIO; map 0 1 ro = EIO",
  ],
  ["is killed by O_TRUNC", "open wo+trunc = 0; stat = 0 0664; write 3 = ENXIO; write 3 = EIO"],
  ["is not mapped when it was truncated", "truncate 5 = 0; open ro = 0; map 0 1 ro = EIO; pread 0 1 = EIO"],
  [
    "lets names change, for this host",
    "rename = 0; stat = ENOENT; path PATH-new = 0; link = 0; unlink = 0; stat = ENOENT",
  ],
  ["has no MAP_SYNC, and its own ioctl", "open rw = 0; map 0 4096 rw sync = EOPNOTSUPP; ioctl = 0"],
];

const NEW: readonly (readonly [what: string, dialogue: string])[] = [
  [
    "refuses to truncate",
    "truncate 5 = EPERM; open wo+trunc = EPERM; open rw = 0; ftruncate 0 = EPERM; ftruncate 10000 = 0",
  ],
  ["refuses to change names", "unlink = EPERM; rename = EPERM; link = EPERM; symlink = EPERM; mknod = EPERM"],
  ["refuses to remove folders", "path FOLDER = 0; rmdir = EPERM"],
  ["has MAP_SYNC, and another ioctl", "open rw = 0; map 0 4096 rw sync = 0; ioctl = ENOTTY"],
];

describe.skipIf(cannotMount)(named("the standalone double", cannotMount), () => {
  for (const [kind, rows] of [
    ["old", [...BOTH, ...OLD]],
    ["new", [...BOTH, ...NEW]],
  ] as const) {
    test.for(rows)(`of the ${kind} kind: %s`, async ([, dialogue]) => {
      const mount = await mounted({ kind });
      const folder = join(mount.root, "d");
      await expectDialogue(calls(mount), dialogue.replace("PATH", `${folder}/file`).replace("FOLDER", folder));
    });
  }

  test.each(KINDS)("of the %s kind has the line of famfs in mountinfo", async (kind) => {
    const mount = await mounted({ kind });
    const script = `import { readFileSync } from "node:fs";
      console.log(readFileSync("/proc/self/mountinfo", "utf8").split("\\n").find((line) => line.includes(process.argv[1])));`;
    const { stdout } = await run(script, { ...mount, args: [mount.root] });
    expect(stdout.trim().replace(/^[\d ]+:\d+ /, "")).toBe(
      `/ ${mount.root} rw,nosuid,nodev,noexec,noatime - famfs /dev/dax0.0 rw`,
    );
  });

  test("can have the other statfs type", async () => {
    const mount = await mounted({ kind: "old", magic: 0x87b282fe });
    expect(await calls(mount)("statfs")).toEqual(["0x87b282fe no blocks"]);
  });

  test("shows itself to Node, and to nobody else", async () => {
    const mount = await mounted({ kind: "new" });
    const script = `import { statfsSync, openSync, writeSync, readFileSync } from "node:fs";
      const [, file] = process.argv;
      const fd = openSync(file, "r+");
      let code; try { openSync(file, "w"); } catch (error) { code = error.code; }
      console.log(JSON.stringify([statfsSync(file).type, writeSync(fd, "bb", 9999), readFileSync(file).length, code]));`;
    const path = join(mount.root, "d/file");
    const { stdout } = await run(script, { ...mount, args: [path] });
    expect(JSON.parse(stdout)).toEqual([0x87b282ff, 1, SIZE, "EPERM"]);
    const { stdout: outside } = await run(script, { args: [path] });
    expect(JSON.parse(outside)).toEqual([0x01021994, 2, SIZE + 1, null]);
  });
});

describe.skipIf(cannotMount)(named("the host of a standalone double", cannotMount), () => {
  test("is the master, or a client whose files lost their write bits", async () => {
    const [master, client] = [await mounted({ kind: "old" }), await mounted({ kind: "old", role: "client" })];
    const modes = ({ root }: StandaloneMount) =>
      ["d/file", ".meta/.log", ".meta/.superblock"].map((name) => statSync(join(root, name)).mode & 0o777);
    expect(modes(master)).toEqual([0o664, 0o644, 0o444]);
    expect(modes(client)).toEqual([0o444, 0o444, 0o444]);
    const script = `import { readFileSync } from "node:fs"; console.log(readFileSync("/opt/famfs/system_uuid", "utf8"));`;
    const uuids = [await run(script, master), await run(script, client)].map(({ stdout }) => stdout.trim());
    expect(uuids).toEqual(["3a3b3c3d-3e3f-4041-8243-444546474849", "99999999-9999-4999-8999-999999999999"]);
  });

  test("has the log's growth in a mapping that it has", async () => {
    const mount = await mounted({ kind: "new" });
    const onLog = calls(mount, ".meta/.log");
    expect(await onLog("open ro", "map 0 8192 ro", "peek 40")).toEqual(["0", "0", "1"]);
    const later = mount.write({ name: "later", size: 5, bytes: Buffer.from("later") });
    expect(await onLog("peek 40")).toEqual(["2"]);
    mount.show(later);
    expect(readFileSync(join(mount.root, "later"), "utf8")).toBe("later");
    expect(await calls(mount, "later")("open ro", "text 0 5")).toEqual(["0", "later"]);
  });
});

describe.skipIf(cannotMount)(named("failures of the standalone double", cannotMount), () => {
  test.each(["EIO", "ENODEV", "EHWPOISON"])("%s of what was told to fail, until it is repaired", async (errno) => {
    const mount = await mounted({ kind: "new" });
    const make = calls(mount);
    mount.fail("open", errno, "d/other");
    expect(await make("open rw", "map 0 10000 rw")).toEqual(["0", "0"]);
    for (const operation of ["open", "read", "write", "mmap"] as const) mount.fail(operation, errno, "d/file");
    mount.fail("statfs", errno);
    const asked = ["open rw", "pread 0 1", "pwrite 0 1", "map 0 1 ro", "statfs", "peek 0"];
    expect(await make(...asked)).toEqual([errno, errno, errno, errno, errno, "97"]);
    mount.repair();
    expect(await make("open rw", "pread 0 1", "pwrite 0 1", "map 0 1 ro")).toEqual(["0", "1", "1", "0"]);
  });

  test("a device that failed: mappings fault, the rest has the error", async () => {
    const mount = await mounted({ kind: "new" });
    const make = calls(mount);
    expect(await make("open rw", "map 0 10000 rw", "peek 0")).toEqual(["0", "0", "97"]);
    mount.failDevice("ENODEV");
    expect(await make("peek 0", "pread 0 1", "map 0 1 ro", "open ro")).toEqual([
      "SIGBUS",
      "ENODEV",
      "ENODEV",
      "ENODEV",
    ]);
  });

  test("writes that the administrator disabled: reading goes on, and no mapping becomes writable", async () => {
    const mount = await mounted({ kind: "new" });
    mount.disableWrites();
    const dialogue =
      "open rw = 0; pread 0 1 = 1; pwrite 0 1 = EPERM; map 0 10000 rw = EPERM; map 0 10000 ro = 0; peek 0 = 97; mprotect = EACCES";
    await expectDialogue(calls(mount), dialogue);
  });

  test("on a FUSE kind only what FUSE itself cannot fail", async () => {
    const mount = await mounted({ kind: "new" });
    const env = { ...mount.env, FAMFS_DOUBLE_KIND: "fuse" };
    writeFileSync(join(mount.folder, "faults"), "mmap 5 d/file\n");
    const make = callsOn(join(mount.root, "d/file"), { env });
    expect(await make("statfs", "open rw+trunc", "pwrite 0 5", "map 0 5 ro")).toEqual([
      "0x1021994 blocks",
      "0",
      "5",
      "EIO",
    ]);
  });
});
