import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { bundled } from "../support/bundle.js";
import { result } from "../support/child.js";
import { compiled } from "../support/compile.js";
import { named, notRoot } from "../support/requirements.js";

/** What an unprivileged process hears of a command that runs as root, as behind sudo, and hangs. */
const SCRIPT = `
  const { runFamfs } = await import(process.argv[1]);
  const mount = { kind: "famfs", root: "/", cli: [process.argv[2]] };
  const limits = { path: "/mnt/famfs/a", timeout: 300 };
  const failure = await runFamfs(mount, [], limits).catch((error) => error);
  console.log(JSON.stringify({ code: failure.code, message: failure.message }));
`;

/** The processes that run a program; there may be more than one, where a test failed half-way. */
function runningAs(program: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/exe`) === program;
    } catch {
      return false;
    }
  });
}

describe.skipIf(notRoot)(named("a command that may not be ended", notRoot), () => {
  test("is told of, and keeps nobody", async () => {
    const folder = mkdtempSync(join(tmpdir(), "famfs-survivor-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    chmodSync(folder, 0o755);
    const program = join(folder, "hang");
    copyFileSync(compiled("test/doubles/hang", "hang"), program);
    chmodSync(program, 0o4755);
    onTestFinished(() => {
      for (const pid of runningAs(program)) process.kill(pid, "SIGKILL");
    });
    const library = await bundled("lib/instance/famfs/cli.ts", "cli.mjs");
    const said = await result<{ code: string; message: string }>(SCRIPT, { args: [library, program], uid: 65_534 });
    expect(said.code).toBe("ERR_FAMFS_CLI_TIMEOUT");
    const [, pid] = /it goes on as process (\d+), which this user may not end/.exec(said.message) ?? [];
    expect(said.message).toContain(`wrote: ${pid}`);
    expect(runningAs(program)).toEqual([Number(pid)]);
  });
});
