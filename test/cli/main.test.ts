import { expect, test } from "vitest";
import { famfsNode } from "../support/cli.js";

test("--help says what there is, and is no error", async () => {
  const { code, stdout, stderr } = await famfsNode(["--help"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/probe +find out/);
  const probe = await famfsNode(["probe", "--help"]);
  expect([probe.code, probe.stderr]).toEqual([0, ""]);
  expect(probe.stdout).toMatch(/--json/);
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
])("a wrong command line ends with 2 and says why: %j", async (args, message) => {
  const { code, stdout, stderr } = await famfsNode(args);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/Usage/);
});
