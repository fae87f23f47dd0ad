import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MEBI } from "../doubles/media-bytes.js";
import { bindMount } from "../support/bind-mount.js";
import { famfsNode } from "../support/cli.js";
import { type FuseMountOptions, mountFuse } from "../support/fuse-mount.js";
import { cannotMount, named, noFuse } from "../support/requirements.js";
import { mountStandalone } from "../support/standalone.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const strips = [0x20, 0x40, 0x60].map((offset) => ({ offset: offset * MEBI, length: 4 * MEBI }));

const FILES: FuseMountOptions = {
  shadow: "xattr",
  files: [
    { name: "table", size: 5 * MEBI },
    { name: "models/a", size: 100, mode: 0o640 },
    { name: "stripes", size: 12 * MEBI, map: { chunkSize: 2 * MEBI, strips } },
  ],
};

const NO_PATH = { env: { FAMFS_PATH: "" } };

describe.skipIf(noFuse !== undefined)(named("on a famfs of the FUSE kind", noFuse), () => {
  test("ls has where each file lies, and takes any path inside", async () => {
    await using mount = await mountFuse(FILES);
    const { code, stdout, stderr } = await famfsNode(["ls", mount.root]);
    expect([code, stderr]).toEqual([0, ""]);
    const lines = stdout.split("\n");
    expect(lines[0]).toMatch(/^MODE +OWNER +GROUP +SIZE +EXTENTS +NAME$/);
    expect(lines[1]).toMatch(/^-rw-r----- .* 100 {2}0:0x1000000\+0x200000 +models\/a$/);
    expect(lines[2]).toMatch(/ 12582912 {2}0:0x2000000\+0x400000,\+2\/ +stripes$/);
    expect(lines[3]).toMatch(/ 5242880 {2}0:0xa00000\+0x600000 +table$/);
    const folder = await famfsNode(["ls", "--json", join(mount.root, "models")]);
    expect(JSON.parse(folder.stdout)).toMatchObject({
      instance: { path: mount.root, kind: "famfs-fuse" },
      files: [{ name: "models/a" }],
    });
    const file = await famfsNode(["ls", "--json", join(mount.root, "stripes")]);
    expect(JSON.parse(file.stdout).files).toMatchObject([
      { name: "stripes", mode: "0644", extents: { kind: "interleaved", chunkSize: 2 * MEBI } },
    ]);
  });

  test("ls without a path lists the mounted famfs, those too that cannot be opened", async () => {
    await using mount = await mountFuse({ ...FILES, device: "/dev/dax3.0" });
    await using dead = await mountFuse({ shadow: "xattr", device: "/dev/dax4.0" });
    await dead.killDaemon();
    const text = await famfsNode(["ls"], NO_PATH);
    expect([text.code, text.stderr]).toEqual([0, ""]);
    expect(text.stdout).toMatch(/^KIND +DEVICE +PROBLEM +PATH$/m);
    expect(text.stdout).toMatch(new RegExp(`^famfs-fuse +/dev/dax3\\.0 +- +${mount.root}$`, "m"));
    expect(text.stdout).toMatch(new RegExp(`^famfs-fuse +/dev/dax4\\.0 +ERR_FAMFS_DAEMON_DEAD +${dead.root}$`, "m"));
    const { instances } = JSON.parse((await famfsNode(["ls", "--json"], NO_PATH)).stdout);
    expect(instances).toContainEqual({ kind: "famfs-fuse", device: "/dev/dax3.0", path: mount.root });
    expect(instances).toContainEqual({
      kind: "famfs-fuse",
      device: "/dev/dax4.0",
      path: dead.root,
      problem: { code: "ERR_FAMFS_DAEMON_DEAD", message: expect.stringContaining(dead.root) as string },
    });
  });

  test("stat has each extent, the rounding, and what the famfs is", async () => {
    await using mount = await mountFuse(FILES);
    const { code, stdout, stderr } = await famfsNode(["stat", join(mount.root, "table")]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /^occupies +6,291,456 bytes \(6 MiB\) on its devices, of which 1,048,576 bytes .*rounding$/m,
    );
    expect(stdout).toMatch(/^extents +simple, 1, /m);
    expect(stdout).toMatch(/^ {2}0 +device 0 \(\/dev\/dax0\.0\), 0xa00000 to 0xffffff, 6 MiB$/m);
    expect(stdout).toMatch(/^kind +famfs-fuse$/m);
    expect(stdout).toMatch(/^coherence +incoherent$/m);
    expect(stdout).toMatch(new RegExp(`^shadow +${mount.shadow}$`, "m"));
    expect(stdout).toMatch(/^log +3 of 15,420 entries used$/m);
    const striped = await famfsNode(["stat", join(mount.root, "stripes")]);
    expect(striped.stdout).toMatch(/^extents +interleaved: chunks of 2 MiB, dealt to 3 strips in turn$/m);
    expect(striped.stdout).toMatch(/^ {2}2 +device 0 \(\/dev\/dax0\.0\), 0x6000000 to 0x63fffff, 4 MiB$/m);
    const json = JSON.parse((await famfsNode(["stat", "--json", join(mount.root, "table")])).stdout);
    expect(json).toMatchObject({
      file: { name: "table", occupied: 6 * MEBI, extents: { kind: "simple", extents: [{ device: 0 }] } },
      instance: { kind: "famfs-fuse", path: mount.root, files: 3, occupied: 20 * MEBI, log: { used: 3 } },
    });
    expect(json.instance.devices).toMatchObject([{ index: 0, path: "/dev/dax0.0" }]);
  });

  test("a path in a bind mount of a part is the file or folder that it is in the whole", async () => {
    await using mount = await mountFuse(FILES);
    const [folder, file] = [temporaryFolder(), join(temporaryFolder(), "file")];
    writeFileSync(file, "");
    bindMount(join(mount.root, "models"), folder);
    bindMount(join(mount.root, "models/a"), file);
    for (const path of [folder, join(folder, "a"), file]) {
      const { stdout } = await famfsNode(["ls", "--json", path]);
      expect(JSON.parse(stdout).files, path).toMatchObject([{ name: "models/a" }]);
    }
    for (const path of [join(folder, "a"), file]) {
      const { stdout } = await famfsNode(["stat", "--json", path]);
      expect(JSON.parse(stdout), path).toMatchObject({
        file: { name: "models/a", path: join(mount.root, "models/a"), extents: { kind: "simple" } },
        instance: { path: mount.root, kind: "famfs-fuse" },
      });
    }
  });

  test("a famfs whose daemon is gone is one line with its code, and 1", async () => {
    await using mount = await mountFuse(FILES);
    await mount.killDaemon();
    for (const args of [
      ["ls", mount.root],
      ["stat", join(mount.root, "table")],
    ]) {
      const { code, stdout, stderr } = await famfsNode(args);
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(/^famfs-node (ls|stat): [^\n]*\(ERR_FAMFS_DAEMON_DEAD\)\n$/);
    }
  });
});

describe.skipIf(cannotMount !== undefined)(named("on a standalone famfs", cannotMount), () => {
  test.each(["old", "new"] as const)("ls and stat tell of files and role (%s)", async (kind) => {
    await using mount = await mountStandalone({ kind, role: "client", files: [{ name: "table", size: 5 * MEBI }] });
    const options = { env: mount.env, wrapper: mount.wrapper };
    const listed = await famfsNode(["ls", "--json", mount.root], options);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      instance: { path: mount.root, kind: "famfs" },
      files: [{ name: "table", size: 5 * MEBI, extents: { kind: "simple" } }],
    });
    const told = await famfsNode(["stat", join(mount.root, "table")], options);
    expect([told.code, told.stderr]).toEqual([0, ""]);
    expect(told.stdout).toMatch(/^kind +famfs$/m);
    expect(told.stdout).toMatch(/^role +client; the master's system UUID is [\da-f-]{36}$/m);
    expect(told.stdout).toMatch(/^extents +simple, 1, /m);
  });
});
