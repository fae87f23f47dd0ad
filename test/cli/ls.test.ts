import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { famfsNode } from "../support/cli.js";
import { type TestInstance, tmpfsInstance } from "../support/instance.js";
import { named, notRoot } from "../support/requirements.js";

/** An instance with "b", "a/inner" and, of another mode, "a/z". */
async function filled(): Promise<TestInstance> {
  const made = await tmpfsInstance();
  const { instance } = made;
  mkdirSync(join(instance.path, "a"));
  await instance.create("b", { size: 8_000_000 });
  await instance.create("a/z", { size: 5, mode: 0o600 });
  await instance.create("a/inner", { size: 4096 });
  return made;
}

test("files are listed by name, with mode, owner and size, as in ls -l", async () => {
  const { instance } = await filled();
  const { code, stdout, stderr } = await famfsNode(["ls", instance.path]);
  expect([code, stderr]).toEqual([0, ""]);
  const lines = stdout.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^MODE +OWNER +GROUP +SIZE {2}NAME$/);
  expect(lines[1]).toMatch(/^-rw-r--r-- {2}\S+ +\S+ +4096 {2}a\/inner$/);
  expect(lines[2]).toMatch(/^-rw------- {2}\S+ +\S+ +5 {2}a\/z$/);
  expect(lines[3]).toMatch(/^-rw-r--r-- {2}\S+ +\S+ +8000000 {2}b$/);
  expect(lines).toHaveLength(4);
  expect(new Set(lines.slice(1).map((line) => line.search(/\S+$/))).size).toBe(1);
});

test("--json has numbers, and modes as for chmod", async () => {
  const { instance } = await filled();
  const { code, stdout } = await famfsNode(["ls", "--json", instance.path]);
  expect(code).toBe(0);
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  expect(JSON.parse(stdout)).toEqual({
    instance: { path: instance.path, kind: "tmpfs" },
    files: [
      { name: "a/inner", size: 4096, mode: "0644", uid, gid },
      { name: "a/z", size: 5, mode: "0600", uid, gid },
      { name: "b", size: 8_000_000, mode: "0644", uid, gid },
    ],
  });
});

test("a file is listed alone, and FAMFS_PATH is where no path is given", async () => {
  const { instance } = await filled();
  const one = await famfsNode(["ls", "--json", join(instance.path, "b")]);
  expect(JSON.parse(one.stdout).files).toMatchObject([{ name: "b" }]);
  const all = await famfsNode(["ls", "--json"], { env: { FAMFS_PATH: instance.path } });
  expect(JSON.parse(all.stdout).files).toHaveLength(3);
});

test("an empty instance is a list of nothing", async () => {
  const { instance } = await tmpfsInstance();
  const { code, stdout } = await famfsNode(["ls", instance.path]);
  expect([code, stdout]).toEqual([0, "MODE  OWNER  GROUP  SIZE  NAME\n"]);
});

test("what a name holds does not reach the terminal as control characters", async () => {
  const { instance } = await tmpfsInstance();
  writeFileSync(join(instance.path, "a\x1b[31m\nb\u009b"), "x");
  const { stdout } = await famfsNode(["ls", instance.path]);
  expect(stdout).toContain("a\\x1b[31m\\x0ab\\x9b\n");
});

test("what is no instance is one line with a code, and 1", async () => {
  const missing = await famfsNode(["ls", "/nowhere/at/all"]);
  expect([missing.code, missing.stdout]).toEqual([1, ""]);
  expect(missing.stderr).toMatch(/^famfs-node ls: \/nowhere\/at\/all .*\(ERR_FAMFS_NOT_FOUND\)\n$/);
  const other = await famfsNode(["ls", "/proc"]);
  expect(other.code).toBe(1);
  expect(other.stderr).toMatch(/^famfs-node ls: [^\n]*\(ERR_FAMFS_UNSUPPORTED_FILESYSTEM\)\n$/);
});

test.skipIf(notRoot !== undefined)(
  named("what a user may list is listed, and what not is an error behind it", notRoot),
  async () => {
    const { instance } = await filled();
    chmodSync(instance.path, 0o755);
    mkdirSync(join(instance.path, "private"), { mode: 0o700 });
    const { code, stdout, stderr } = await famfsNode(["ls", instance.path], { uid: 65_534 });
    expect([code, stdout.split("\n")[0]]).toEqual([1, expect.stringMatching(/^MODE/)]);
    expect(stderr).toMatch(/^famfs-node ls: \S+\/private [^\n]*\(ERR_FAMFS_PERMISSION\)\n$/);
    const told = await famfsNode(["stat", "--json", join(instance.path, "b")], { uid: 65_534 });
    expect(JSON.parse(told.stdout)).toMatchObject({ file: { name: "b" }, instance: { allListed: false } });
  },
);
