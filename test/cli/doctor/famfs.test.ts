import { describe, expect, test } from "vitest";
import { examine, examineAfter, find } from "../../support/doctor.js";
import { mountFuse } from "../../support/fuse-mount.js";
import { named, noFuse } from "../../support/requirements.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe.skipIf(noFuse !== undefined)(named("a famfs of the FUSE kind", noFuse), () => {
  test("is found among the mounts, and so is its daemon", async () => {
    await using mount = await mountFuse({ shadow: "xattr" });
    const report = await examine();
    expect(find(report, "mounts.famfs")).toMatchObject({
      level: "ok",
      text: new RegExp(`^${mount.root} is a famfs on /dev/dax0.0`),
    });
    expect(find(report, "daemon.alive")).toMatchObject({ level: "ok", text: new RegExp(`process ${mount.pid}$`) });
    expect(find(report, "daemon.capability")).toMatchObject({ level: "ok" });
  });

  test("whose daemon is stopped is a problem, does not hang the doctor, and is not looked into", async () => {
    await using mount = await mountFuse({ shadow: "xattr" });
    process.kill(mount.pid, "SIGSTOP");
    const report = await examine([mount.root, "--timeout", "1"]);
    process.kill(mount.pid, "SIGCONT");
    expect(find(report, "daemon.alive")).toMatchObject({ level: "problem", text: /stopped/, remedy: /kill -CONT/ });
    expect(find(report, "opening.hangs").level).toBe("problem");
    expect(report.findings.at(-1)?.id).toBe("opening.hangs");
  });

  test("whose daemon is gone is a problem with a cure", async () => {
    await using mount = await mountFuse({ shadow: "xattr" });
    await mount.killDaemon();
    const report = await examine([mount.root]);
    expect(find(report, "daemon.alive")).toMatchObject({ level: "note", text: /no process is seen/, remedy: /umount/ });
    expect(find(report, "opening.instance").level).toBe("problem");
  });

  test("whose device another process has open is a warning", async () => {
    await using mount = await mountFuse({ shadow: "xattr" });
    const shm = temporaryFolder();
    const devices = `
      mount --bind /dev/shm ${shm}
      mount -t tmpfs tmpfs /dev
      mkdir /dev/shm && mount --bind ${shm} /dev/shm
      mknod -m 666 /dev/null c 1 3
      mknod -m 666 /dev/urandom c 1 9
      echo x >/dev/dax0.0
      tail --pid=$$ -f /dev/dax0.0 >/dev/null 2>&1 &`;
    const report = await examineAfter(devices, [mount.root]);
    expect(find(report, "holders.device")).toMatchObject({
      level: "warning",
      text: /tail \(process \d+, has it open\)/,
    });
  });
});
