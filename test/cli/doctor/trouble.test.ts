import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type CliOptions, famfsNodeAfter } from "../../support/cli.js";
import { examineAfter, find, NO_PATH } from "../../support/doctor.js";
import { eventually } from "../../support/eventually.js";
import { HangingFile } from "../../support/hanging.js";
import { descriptors } from "../../support/proc.js";
import { cannotMount, named } from "../../support/requirements.js";

/** A file that one check reads, and none before it. */
const READ_BY_MODULES = "/proc/filesystems";

/** A doctor whose child hangs at that file. */
async function hungDoctor(args: readonly string[]) {
  let doctor: ChildProcess | undefined;
  const options: CliOptions = {
    ...NO_PATH,
    onStart: (process) => {
      doctor = process;
    },
  };
  const ended = famfsNodeAfter(new HangingFile().inPlaceOf(READ_BY_MODULES), ["doctor", "/dev/shm", ...args], options);
  const pid = doctor?.pid as number;
  const child = await eventually(() => {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
    return first && descriptors(Number(first)).includes(READ_BY_MODULES) ? Number(first) : undefined;
  });
  return { pid, child, ended };
}

describe.skipIf(cannotMount !== undefined)(named("a check that goes wrong", cannotMount), () => {
  test("one that hangs is a problem of its own, and the others are made", async () => {
    const report = await examineAfter(new HangingFile().inPlaceOf(READ_BY_MODULES), ["/dev/shm", "--timeout", "1"]);
    expect(find(report, "modules.hangs")).toMatchObject({ level: "problem", text: /within 1 s/, remedy: /state D/ });
    expect(report.findings.some(({ id }) => id.startsWith("cxl."))).toBe(true);
  });

  test("one whose process dies is a problem of its own, and the others are made", async () => {
    const { child, ended } = await hungDoctor(["--json", "--timeout", "100"]);
    process.kill(child, "SIGKILL");
    const report = JSON.parse((await ended).stdout);
    expect(find(report, "modules.crashed")).toMatchObject({ level: "problem", text: /SIGKILL/ });
    expect(report.findings.some(({ id }: { id: string }) => id.startsWith("cxl."))).toBe(true);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s ends the doctor and what hangs, without a word", async (signal) => {
    const { pid, child, ended } = await hungDoctor(["--timeout", "100"]);
    process.kill(pid, signal);
    expect(await ended).toMatchObject({ signal, code: null, stderr: "" });
    await eventually(() => (existsSync(`/proc/${child}`) ? undefined : true));
  });
});
