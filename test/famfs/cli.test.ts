import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FamfsErrorCode } from "famfs";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type CliLimits, runFamfs } from "../../lib/instance/famfs/cli.js";
import { MEBI } from "../doubles/media-bytes.js";
import { makeMedia } from "../doubles/media-writer.js";
import { expectError, thrownBy } from "../support/errors.js";
import { famfsCommand } from "../support/famfs-command.js";

let command: readonly string[];
beforeAll(async () => {
  command = await famfsCommand();
});

/** A folder that stands for a famfs, and how to run the stand-in on it. */
function famfs(wrong = "", argv = command) {
  const root = mkdtempSync(join(tmpdir(), "famfs-cli-test-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  makeMedia(root);
  const calls = join(root, "calls");
  const environment = { FAMFS_DOUBLE: wrong, FAMFS_DOUBLE_CALLS: calls };
  const path = join(root, "f");
  const run = async (args: readonly string[], limits: Partial<CliLimits> = {}) => {
    Object.assign(process.env, environment);
    try {
      const mount = { kind: "famfs", root, cli: argv } as const;
      return (await runFamfs(mount, args, { timeout: 20_000, path, ...limits })).stdout;
    } finally {
      for (const name of Object.keys(environment)) delete process.env[name];
    }
  };
  const seen = () =>
    readFileSync(calls, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter((call) => call !== "ended");
  return { root, path, run, calls: seen, creat: ["creat", "-s", String(MEBI), "--", path] };
}

function alive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(holds()).toBe(true);
}

describe("a command that works", () => {
  test("gets its arguments as they are, without a shell, and its output comes back", async () => {
    const { root, run, calls } = famfs();
    const odd = `$(touch ${root}/no) 'a' "b"; * \n é`;
    await run(["mkdir", "-p", "--", join(root, odd)]);
    expect(calls()).toEqual([["mkdir", "-p", "--", join(root, odd)]]);
    expect(existsSync(join(root, odd))).toBe(true);
    expect(existsSync(join(root, "no"))).toBe(false);
    expect(await run(["logplay", "--", root])).toMatch(/^famfs_logplay\(v1\): \d+ log entries; 0 new files/);
  });

  test("may write more than is kept", async () => {
    const { run, creat, path } = famfs("flood");
    const output = await run(creat);
    expect(output).toHaveLength(256 * 1024);
    expect(existsSync(path)).toBe(true);
  });

  test("runs without a terminal, away from this process's group, in English, its input empty", async () => {
    const script = `
      const fields = require("fs").readFileSync("/proc/self/stat", "utf8").split(") ")[1].split(" ");
      console.log(JSON.stringify({ session: Number(fields[3]) === process.pid, terminal: fields[4],
        language: process.env.LC_ALL, input: require("fs").readFileSync(0).length, folder: process.cwd() }));`;
    const { run } = famfs("", [process.execPath, "-e", script, "--"]);
    expect(JSON.parse(await run([]))).toEqual({ session: true, terminal: "0", language: "C", input: 0, folder: "/" });
  });

  test("does not hold up the event loop", async () => {
    const { run, creat } = famfs("slow=200");
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    await run(creat);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });
});

describe("what goes wrong has a code", () => {
  test.each<[string, FamfsErrorCode, RegExp]>([
    ["client", "ERR_FAMFS_NOT_MASTER", /is a client of the famfs.*waitForFile.*Error not running on FAMFS_MASTER node/],
    ["unprivileged", "ERR_FAMFS_PERMISSION", /may write to its \.meta\/\.log.*failed to get lock on/],
    ["password", "ERR_FAMFS_PERMISSION", /NOPASSWD.*sudo: a password is required/],
    ["not-found", "ERR_FAMFS_CLI_MISSING", /install famfs's user space.*sudo: famfs: command not found/],
    ["unknown-command", "ERR_FAMFS_CLI_FAILED", /of another version.*Unrecognized command creat/],
    ["old=s", "ERR_FAMFS_CLI_FAILED", /of another version.*ended with 0, wrote: famfs: invalid option -- 's'/],
    ["disconnected", "ERR_FAMFS_DAEMON_DEAD", /unmount it and mount it again.*Transport endpoint/],
    ["space", "ERR_FAMFS_NO_SPACE", /no room of this size in a row.*Out of space!/],
    ["full", "ERR_FAMFS_LOG_FULL", /a longer log.*log full/],
    ["killed", "ERR_FAMFS_CLI_FAILED", /was ended by SIGKILL, wrote nothing/],
    ["silent=7", "ERR_FAMFS_CLI_FAILED", /ended with 7, wrote nothing/],
    ["garbage=9", "ERR_FAMFS_CLI_FAILED", /ended with 9, wrote: \[31mfamfs �� ok: 12 %s %n$/],
  ])("%s: %s", async (wrong, code, message) => {
    const { run, creat, path } = famfs(wrong);
    const error = await expectError(code, () => run(creat), message, path);
    expect(error.path).toBe(path);
    // The line can be run by hand.
    expect(error.message).toContain(`\`${[...command, ...creat].join(" ")}\` `);
  });

  test("a file that exists with another size", async () => {
    const { run, creat, root, path } = famfs();
    writeFileSync(path, "other");
    await expectError("ERR_FAMFS_EXISTS", () => run(creat), /exists and is not the same size/);
    mkdirSync(join(root, "folder"));
    const onFolder = ["creat", "-s", "5", "--", join(root, "folder")];
    await expectError("ERR_FAMFS_EXISTS", () => run(onFolder), /is not a regular file/);
  });

  test("a folder that does not exist", async () => {
    const { run, root } = famfs();
    await expectError("ERR_FAMFS_NOT_FOUND", () => run(["creat", "-s", "5", "--", join(root, "no/f")]), /parent dir/);
    await expectError("ERR_FAMFS_NOT_FOUND", () => run(["mkdir", "--", join(root, "no/folder")]), /instance\.mkdir/);
  });

  test("a file whose name has the words of another error is what it is", async () => {
    const { run, root } = famfs("client");
    const path = join(root, "log full: Out of space, not running on FAMFS_MASTER");
    await expectError("ERR_FAMFS_NOT_MASTER", () => run(["creat", "-s", "5", "--", path], { path }));
    const named = famfs("silent=1");
    await expectError("ERR_FAMFS_CLI_FAILED", () => named.run(["creat", "-s", "5", "--", path], { path }));
  });

  test.each(["famfs-of-which-there-is-none", "/no/such/famfs", "./famfs"])("the command %s", async (missing) => {
    const { run, creat } = famfs("", [missing]);
    const error = await expectError("ERR_FAMFS_CLI_MISSING", () => run(creat), missing, "FAMFS_CLI", "(spawn");
    expect(error.errno).toBe(-2);
  });

  test("a command that may not be run, and one that is no program", async () => {
    const { run, creat, root } = famfs("", [tmpdir()]);
    await expectError("ERR_FAMFS_PERMISSION", () => run(creat), "could not be started");
    const text = join(root, "text");
    writeFileSync(text, "\u0000 no program", { mode: 0o755 });
    await expectError("ERR_FAMFS_CLI_FAILED", () => famfs("", [text]).run(creat));
  });
});

describe("a command that hangs", () => {
  test.each(["hang", "deaf"])("is killed at its time-out, with all that it has started: %s", async (wrong) => {
    const { run, creat, calls } = famfs(wrong);
    const attempt = run(creat, { timeout: 1000 });
    const message = /did not end within 1000 ms; it was killed, with all that it had started.*waiting for nobody/;
    await expectError("ERR_FAMFS_CLI_TIMEOUT", () => attempt, message);
    const [, { pids }] = calls() as [unknown, { pids: number[] }];
    expect(pids).toHaveLength(2);
    await until(() => !pids.some(alive));
  });

  test("a child that lives on and keeps the outputs does not keep the answer", async () => {
    const script = `require("child_process").spawn("sleep", ["3"], { stdio: "inherit", detached: true }).unref(); console.log("done")`;
    const { run } = famfs("", [process.execPath, "-e", script, "--"]);
    const start = Date.now();
    expect(await run([])).toBe("done\n");
    expect(Date.now() - start).toBeLessThan(2500);
  });
});

describe("an aborted command", () => {
  test("is not started when it was aborted before", async () => {
    const { run, creat, root } = famfs();
    const reason = new Error("no longer wanted");
    expect(await thrownBy(() => run(creat, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(existsSync(join(root, "calls"))).toBe(false);
  });

  test("may come to its end, so that it leaves no half of its work", async () => {
    const { run, creat, path, calls } = famfs("slow=300");
    const abort = new AbortController();
    const attempt = thrownBy(() => run(creat, { signal: abort.signal }));
    await until(() => existsSync(join(path, "../calls")));
    abort.abort("enough");
    expect(await attempt).toBe("enough");
    expect(existsSync(path)).toBe(true);
    expect(calls()).toHaveLength(1);
  });

  test("is killed when it hangs", async () => {
    const { run, creat, path, calls } = famfs("deaf");
    const abort = new AbortController();
    const attempt = thrownBy(() => run(creat, { signal: abort.signal }));
    await until(() => existsSync(join(path, "../calls")) && calls().length === 2);
    abort.abort("enough");
    expect(await attempt).toBe("enough");
    const [, { pids }] = calls() as [unknown, { pids: number[] }];
    await until(() => !pids.some(alive));
  });
});
