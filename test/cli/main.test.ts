import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../support/child.js";
import { CLI, famfsNode } from "../support/cli.js";
import { tmpfsInstance } from "../support/instance.js";

test("--help says what there is, and is no error", async () => {
  const { code, stdout, stderr } = await famfsNode(["--help"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/probe +find out/);
  for (const command of ["ls", "stat", "inspect", "doctor", "probe"]) {
    expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
    const told = await famfsNode([command, "--help"]);
    expect([told.code, told.stderr]).toEqual([0, ""]);
    expect(told.stdout).toMatch(new RegExp(`^Usage: famfs-node ${command} `));
    expect(told.stdout).toMatch(/--json/);
    expect(told.stdout).toMatch(/Exit codes: 0 .*, 1 .*, 2 /);
  }
});

test("--version tells the package's", async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  expect(await famfsNode(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
});

test("a reader that stops early, as head does, is no error", async () => {
  const { instance } = await tmpfsInstance();
  const folder = join(instance.path, "many");
  mkdirSync(folder);
  for (let i = 0; i < 2000; i++) writeFileSync(join(folder, `${"long".repeat(20)}-${i}`), "");
  const errors = join(instance.path, "errors");
  const [status, first] = execFileSync(
    "bash",
    ["-c", `"$@" 2>${errors} | head -n 1; echo \${PIPESTATUS[0]}`, "bash", process.execPath, CLI, "ls", folder],
    { encoding: "utf8" },
  )
    .trim()
    .split("\n")
    .reverse();
  expect([status, readFileSync(errors, "utf8")]).toEqual(["141", ""]);
  expect(first).toMatch(/^MODE /);
});

test.each([
  [[], /Usage/],
  [["prob"], /no command "prob"/],
  [["constructor"], /no command/],
  [["probe"], /a file is missing/],
  [["probe", "/dev/shm/a", "/dev/shm/b"], /one file/],
  [["probe", "--fast", "/dev/shm/a"], /--fast/],
  [["probe", "--tries", "0", "/dev/shm/a"], /--tries must be/],
  [["probe", "--tries", "1.5", "/dev/shm/a"], /--tries must be/],
  [["probe", "--timeout", "soon", "/dev/shm/a"], /--timeout must be/],
  [["probe", "--as", "third", "/dev/shm/a"], /--as must be/],
  [["ls", "/dev/shm/a", "/dev/shm/b"], /one file/],
  [["ls", ""], /the path is empty/],
  [["ls", "--long", "/dev/shm"], /--long/],
  [["stat"], /a path is missing/],
  [["inspect"], /a file is missing/],
  [["inspect", "/dev/shm/a", "--limit", "0"], /--limit must be/],
  [["inspect", "/dev/shm/a", "--watch", "0"], /--watch must be/],
  [["inspect", "--watch", "0.5", "/dev/shm/a", "2"], /one file/],
  [["doctor", "--timeout", "0"], /--timeout must be/],
  [["doctor", "--fix"], /--fix/],
])("a wrong command line ends with 2 and says why: %j", async (args, message) => {
  const { code, stdout, stderr } = await famfsNode(args, { env: { FAMFS_PATH: "" } });
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/Usage/);
});

const WRONG = [[], ["--json"], ["prob"], ["ls", "--long"], ["stat"], ["inspect"], ["doctor", "--fix"], ["probe"]];

test.each(WRONG.map((args) => [args]))("with --json a wrong command line is told as JSON: %j", async (args) => {
  const { code, stdout, stderr } = await famfsNode([...args, "--json"], { env: { FAMFS_PATH: "" } });
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^\{[^\n]*\}\n$/);
  const command = args[0]?.startsWith("-") ? undefined : args[0];
  expect(JSON.parse(stderr)).toEqual({ error: { command, message: expect.stringMatching(/./) as string } });
});

test.each(["ls", "stat", "inspect", "probe"])("with --json %s tells its errors as JSON, on stderr", async (command) => {
  const path = "/dev/shm/famfs-no-such-folder/file";
  const { code, stdout, stderr } = await famfsNode([command, path, "--json"]);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^\{[^\n]*\}\n$/);
  const message = expect.stringContaining("famfs-no-such-folder") as string;
  expect(JSON.parse(stderr)).toEqual({ error: { command, message, code: "ERR_FAMFS_NOT_FOUND" } });
});

test("--json behind -- is a path", async () => {
  const { code, stderr } = await famfsNode(["ls", "--", "--json"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^famfs-node ls: .*\(ERR_FAMFS_NOT_FOUND\)\n$/);
});
