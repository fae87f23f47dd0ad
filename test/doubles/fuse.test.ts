// That the FUSE double answers as famfs of that kind does where it was measured; tests built on it mean what they say.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { callsOn, expectDialogue } from "../support/calls.js";
import { run } from "../support/child.js";
import type { FuseMount } from "../support/fuse-mount.js";
import { named, noFuse } from "../support/requirements.js";
import { fileOf, mounted, NO_PASSTHROUGH } from "./mounted.js";

/** What mountinfo says of a mount point, to a script. */
const LINE = `import { readFileSync } from "node:fs";
  console.log(readFileSync("/proc/self/mountinfo", "utf8").split("\\n").find((line) => line.includes(process.argv[1])));`;

async function mountinfoLine(mount: FuseMount): Promise<string> {
  return (await run(LINE, { args: [mount.root], wrapper: mount.wrapper })).stdout.trimEnd();
}

/** What the double does: calls on its file, each with its answer. */
const BEHAVIOUR: readonly (readonly [what: string, dialogue: string])[] = [
  ["reads and writes", "open rw = 0; pwrite 0 5 = 5; text 3 4 = xxaa; pread 9995 100 = 5"],
  ["ends reads at the end of the file", "open rw = 0; pread 10000 5 = 0; pread 99999 5 = 0"],
  ["ends reads of a read-only open there too", "open ro = 0; pread 9995 100 = 5; pread 99999 5 = 0"],
  ["writes 0 bytes at and after the end, without an error", "open rw = 0; pwrite 10000 5 = 0; pwrite 99999 5 = 0"],
  ["writes up to the end only", "open rw = 0; pwrite 9998 5 = 2; pwrite 9998 5 = 2; stat = 10000 0644"],
  [
    "appends over the start",
    "open wo+append = 0; write 3 = 3; write 2 = 2; open rw = 0; text 0 7 = xxxxxaa; stat = 10000 0644",
  ],
  [
    "refuses to truncate",
    "truncate 5 = EINVAL; truncate 10000 = EINVAL; open rw = 0; ftruncate 0 = EINVAL; text 0 3 = aaa",
  ],
  [
    "lets O_TRUNC pass, and kills the file at the next access",
    "open wo+trunc = 0; write 3 = ENXIO; write 3 = EIO; stat = 10000 0644; write 3 = EIO; open ro = 0; pread 0 3 = EIO",
  ],
  ["heals such a file when it is looked at before", "open wo+trunc = 0; stat = 10000 0644; write 3 = 3"],
  ["knows no new files", "create = EOPNOTSUPP; mknod = ENOSYS"],
  ["knows no new names", "rename = ENOSYS; link = EPERM; symlink = ENOSYS; mkdir = ENOSYS; unlink = ENOSYS"],
  ["changes modes, for this host", "chmod 600 = 0; stat = 10000 0600"],
  [
    "has no fallocate, O_DIRECT or ioctl",
    "open rw = 0; fallocate 5 = EOPNOTSUPP; ioctl = ENOTTY; open direct+rw = EINVAL",
  ],
  ["has no statfs of files", "statfs = EBADF; open ro = 0; fstatfs = EBADF"],
  [
    "has one xattr",
    "getxattr user.other = ENODATA; getxattr-short user.famfs.shadow = ERANGE; setxattr user.other = EOPNOTSUPP; listxattr = EOPNOTSUPP",
  ],
  [
    "has flock that locks nobody out",
    "open rw = 0; flock sh = EINVAL; flock ex = 0; flock ex = EINVAL; flock ex+nb = 0; flock sh+nb = 0; flock un = 0; flock ex = 0",
  ],
  ["has record locks", "open rw = 0; record-lock = 0"],
  ["does nothing at fsync and msync", "open rw = 0; fsync = 0; fdatasync = 0; map 0 10000 rw = 0; msync = 0"],
  ["is copied from by sendfile only", "open ro = 0; copy-out 100 = EXDEV; send-out 100 = 100"],
  ["maps", "open rw = 0; map 0 10000 rw = 0; peek 5 = 97; poke 5 98 = 0; text 4 3 = aba; pwrite 5 1 = 1; peek 5 = 120"],
  [
    "maps any length, with the rest of the last page",
    "open rw = 0; map 0 20000 rw = 0; poke 12000 7 = 0; peek 12000 = 7; peek 12288 = SIGBUS",
  ],
  ["copies on write in a private mapping", "open rw = 0; map 0 10000 rw private = 0; poke 5 98 = 0; text 4 3 = aaa"],
  [
    "allows mappings as measured",
    "open rw = 0; map 0 4096 rw sync = EOPNOTSUPP; map 0 4096 exec = 0; map 1 4096 rw = EINVAL; map 0 0 rw = EINVAL",
  ],
  ["keeps a read-only open from stores", "open ro = 0; map 0 4096 rw = EACCES; map 0 4096 ro = 0; mprotect = EACCES"],
  [
    "populates, and says EFAULT past the end",
    "open rw = 0; map 0 20000 rw = 0; populate write 0 8192 = 0; populate read 12288 4096 = EFAULT",
  ],
];

describe.skipIf(noFuse)(named("the FUSE double", noFuse), () => {
  test.for(BEHAVIOUR)("%s", async ([, dialogue], { skip }) => {
    const mount = await mounted();
    skip(!mount.passthrough, NO_PASSTHROUGH);
    await expectDialogue(callsOn(fileOf(mount)), dialogue);
  });

  test("refuses to remove a folder", async () => {
    const mount = await mounted();
    expect(await callsOn(join(mount.root, "d"))("rmdir", "open tmpfile+rw")).toEqual(["ENOSYS", "EOPNOTSUPP"]);
  });

  test("is the FUSE file system, with the blocks of its shadow", async () => {
    const mount = await mounted();
    expect(await callsOn(join(mount.root, "d"))("statfs")).toEqual(["0x65735546 blocks"]);
  });

  test("serves what was put into it, and its medium", async () => {
    const mount = await mounted();
    const names = readdirSync(mount.root, { recursive: true, encoding: "utf8" }).sort();
    expect(names).toEqual([".meta", ".meta/.log", ".meta/.superblock", "d", "d/file"]);
    const medium = [".meta/.log", ".meta/.superblock"].map((name) => statSync(join(mount.root, name)));
    expect(medium.map(({ size, mode }) => [size, mode & 0o777])).toEqual([
      [8 << 20, 0o644],
      [2 << 20, 0o444],
    ]);
    expect(readFileSync(join(mount.root, ".meta/.superblock")).readUInt32LE(0)).toBe(0x87b282ff);
  });

  test("lists folders of many files", async () => {
    const files = Array.from({ length: 500 }, (_, i) => ({ name: `many/${i}`, size: 1 }));
    const mount = await mounted({ files });
    expect(readdirSync(join(mount.root, "many")).length).toBe(500);
  });

  test("has the line of famfs in mountinfo", async () => {
    const mount = await mounted();
    expect((await mountinfoLine(mount)).replace(/^[\d ]+:\d+ /, "")).toBe(
      `/ ${mount.root} rw,nosuid,nodev,relatime - fuse /dev/dax0.0 rw,user_id=0,group_id=0,default_permissions,allow_other`,
    );
    expect(await callsOn(fileOf(mount))("getxattr user.famfs.shadow")).toEqual([mount.shadow]);
  });

  // The kernel here refuses the option, so what is read is a copy of mountinfo with it.
  test("has shadow= there in place of the xattr, for this process and for children", async () => {
    const mount = await mounted({ shadow: "option", name: "a b\t+#" });
    const ending = ` - fuse /dev/dax0.0 rw,user_id=0,group_id=0,default_permissions,allow_other,shadow=${mount.shadow}`;
    const own = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    const line = own.find((found) => found.endsWith(ending));
    expect(line?.split(" ")[4]).toBe(join(mount.folder, "a\\040b\\011+#"));
    const seen = await run(LINE, { args: [`shadow=${mount.shadow}`], wrapper: mount.wrapper });
    expect(seen.stdout).toContain(ending);
    expect(await callsOn(fileOf(mount))("getxattr user.famfs.shadow")).toEqual(["EOPNOTSUPP"]);
    await mount[Symbol.asyncDispose]();
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain("shadow=");
  });
});

describe.skipIf(noFuse)(named("the host of a FUSE double", noFuse), () => {
  test.each([
    ["master", "3a3b3c3d-3e3f-4041-8243-444546474849"],
    ["client", "99999999-9999-4999-8999-999999999999"],
  ] as const)("is a %s to children that it starts", async (role, uuid) => {
    const mount = await mounted({ role });
    const script = `import { readFileSync } from "node:fs"; console.log(readFileSync("/opt/famfs/system_uuid", "utf8"));`;
    expect((await run(script, { wrapper: mount.wrapper })).stdout.trim()).toBe(uuid);
  });

  test("sees a new file after its log, bytes and description are there", async () => {
    const mount = await mounted();
    const made = mount.write({ name: "later", size: 5, bytes: Buffer.from("later") });
    expect(mount.log.used).toBe(2);
    expect(readFileSync(join(mount.root, ".meta/.log")).readUInt32LE(40)).toBe(2);
    expect(existsSync(join(mount.root, "later"))).toBe(false);
    mount.show(made);
    expect(readFileSync(join(mount.root, "later"), "utf8")).toBe("later");
  });

  test("has the log's growth in a mapping that it has", async () => {
    const mount = await mounted();
    const calls = callsOn(join(mount.root, ".meta/.log"));
    expect(await calls("open ro", "map 0 8192 ro", "peek 40")).toEqual(["0", "0", "1"]);
    mount.append({ name: "later", size: 5 });
    expect(await calls("peek 40")).toEqual(["2"]);
  });

  test("finds the daemon by its socket and by its command line", async () => {
    const mount = await mounted();
    const socketPath = join(mount.shadow, "sock");
    const [status, body] = await new Promise<[number | undefined, string]>((resolve, reject) => {
      get({ socketPath, path: "/pid" }, (response) => {
        text(response).then((received) => resolve([response.statusCode, received]), reject);
      }).on("error", reject);
    });
    expect([status, body]).toEqual([200, `pid: ${mount.pid}\n`]);
    const line = readFileSync(`/proc/${mount.pid}/cmdline`, "utf8").split("\0");
    expect(line.slice(0, 2)).toEqual(["/dev/dax0.0", "-o"]);
    expect(readFileSync(`/proc/${mount.pid}/comm`, "utf8")).toBe("famfs_fused\n");
  });
});
