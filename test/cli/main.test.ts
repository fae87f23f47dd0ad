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
  for (const command of ["ls", "stat", "doctor", "probe"]) {
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
  [["doctor", "--timeout", "0"], /--timeout must be/],
  [["doctor", "--fix"], /--fix/],
])("a wrong command line ends with 2 and says why: %j", async (args, message) => {
  const { code, stdout, stderr } = await famfsNode(args, { env: { FAMFS_PATH: "" } });
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/Usage/);
});
