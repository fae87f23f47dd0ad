import { expect, test } from "vitest";
import { famfsNode } from "../../support/cli.js";
import { examine, find, NO_PATH } from "../../support/doctor.js";
import { named, notRoot } from "../../support/requirements.js";

test("where nothing is wrong the doctor ends with 0, and says that tmpfs works, also without famfs", async () => {
  const report = await examine();
  expect(report.findings.filter(({ level }) => level === "problem")).toEqual([]);
  for (const id of ["node.version", "addon.loaded", "memory.shared", "memory.faults"])
    expect(find(report, id).level).toBe("ok");
  find(report, "modules.famfs");
  find(report, "modules.dax");
  for (const { level, text, remedy } of report.findings) {
    expect(text).not.toMatch(/undefined|NaN|\[object/);
    if (level === "warning" || level === "problem") expect(remedy).toBeTruthy();
  }
  const counts = { ok: 0, note: 0, warning: 0, problem: 0 };
  for (const { level } of report.findings) counts[level]++;
  expect(report.counts).toEqual(counts);
});

test("text has one line a finding and one a remedy, and the counts at the end", async () => {
  const { code, stdout, stderr } = await famfsNode(["doctor", "/dev/shm"], NO_PATH);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^This host$/m);
  expect(stdout).toMatch(/^ {2}ok {7}node\.version +famfs \d/m);
  expect(stdout).toMatch(/\n\n0 problems, \d+ warnings?, \d+ notes?, \d+ ok\n$/);
  expect(stdout).not.toContain("\x1b");
});

test(named("an ordinary user gets findings too, and is told what it cannot see", notRoot), async (context) => {
  context.skip(notRoot !== undefined);
  const report = await examine(undefined, { ...NO_PATH, uid: 65_534 });
  expect(report.findings.filter(({ level }) => level === "problem")).toEqual([]);
  expect(find(report, "memory.shared").level).toBe("ok");
});

test("a wrong variable is a problem, an unknown one a warning, the simulated mode worth a note", async () => {
  const wrong = await examine(undefined, { env: { FAMFS_PATH: "", FAMFS_COHERENCE: "coherant" } });
  expect(find(wrong, "environment.variables")).toMatchObject({ level: "problem", remedy: /./ });
  const unknown = await examine(undefined, { env: { FAMFS_PATH: "", FAMFS_COHERANCE: "coherent" } });
  expect(find(unknown, "environment.variables")).toMatchObject({ level: "warning" });
  const simulated = await examine(undefined, { env: { FAMFS_PATH: "", FAMFS_COHERENCE: "simulated" } });
  expect(find(simulated, "environment.variables").level).toBe("note");
  const host = await examine(undefined, { env: { FAMFS_PATH: "", FAMFS_HOST: "one" } });
  expect(find(host, "environment.variables").level).toBe("problem");
});
