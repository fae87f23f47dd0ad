import { spawn } from "node:child_process";
import { once } from "node:events";
import { truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { MEBI } from "../../doubles/media-bytes.js";
import { ROOT } from "../../support/child.js";
import type { Finding } from "../../support/doctor.js";
import { cannotMount, named } from "../../support/requirements.js";
import { mountStandalone, type StandaloneMount } from "../../support/standalone.js";

/** The doctor's child by itself: only one process can be shown the mount as a famfs. */
async function look(
  mount: StandaloneMount,
  names: readonly string[],
  user: readonly string[] = [],
): Promise<Finding[]> {
  const [command = "", ...args] = [...mount.wrapper, ...user, process.execPath, join(ROOT, "dist/doctor-child.js")];
  const env = { ...process.env, ...mount.env };
  const child = spawn(command, args, { env, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const all: Finding[] = [];
  for (const name of names) {
    child.send({ name, path: mount.root });
    const [findings] = await once(child, "message");
    all.push(...findings);
  }
  return all;
}

const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

describe.skipIf(cannotMount !== undefined)(named("a standalone famfs", cannotMount), () => {
  test.each(["old", "new"] as const)("has no daemon, and is looked into (%s)", async (kind) => {
    await using mount = await mountStandalone({ kind, files: [{ name: "table", size: 5 * MEBI }] });
    const findings = await look(mount, ["daemon", "holders", "opening", "log", "role", "files", "mapping"]);
    expect(findings.filter(({ level }) => level === "problem")).toEqual([]);
    expect(findings.some(({ id }) => id.startsWith("daemon."))).toBe(false);
    const text = (id: string) => findings.find((finding) => finding.id === id)?.text;
    expect(text("opening.instance")).toMatch(/it opens as famfs,/);
    expect(text("role.host")).toMatch(/is the master/);
    expect(text("files.access")).toMatch(/read 1 and write 1 of 1 /);
    expect(text("mapping.latency")).toMatch(/^table: /);
  });

  test("with a file that somebody truncated says which, and the cure", async () => {
    await using mount = await mountStandalone({
      kind: "old",
      files: [
        { name: "a", size: MEBI },
        { name: "b", size: MEBI },
      ],
    });
    truncateSync(join(mount.root, "b"), 0);
    const findings = await look(mount, ["files", "mapping"]);
    const dead = findings.find(({ id }) => id === "files.dead");
    expect(dead).toMatchObject({ level: "problem", text: /\/b .*logplay.*ERR_FAMFS_FILE_DEAD/ });
    expect(findings.find(({ id }) => id === "mapping.latency")?.text).toMatch(/^a: /);
  });

  test("on a client is read-only for users, and the cure is told", async () => {
    await using mount = await mountStandalone({ kind: "old", role: "client", files: [{ name: "a", size: MEBI }] });
    const findings = await look(mount, ["role", "files"], NOBODY);
    expect(findings).toContainEqual(
      expect.objectContaining({
        id: "files.read-only",
        level: "note",
        remedy: expect.stringContaining("chmod, as their owner or root") as string,
      }),
    );
  });
});
