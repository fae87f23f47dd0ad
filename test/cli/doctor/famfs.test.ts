import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { MEBI } from "../../doubles/media-bytes.js";
import { famfsNode } from "../../support/cli.js";
import { examine, examineAfter, find, NO_PATH, type Report } from "../../support/doctor.js";
import { mountFuse } from "../../support/fuse-mount.js";
import { named, noFuse } from "../../support/requirements.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe.skipIf(noFuse !== undefined)(named("a famfs of the FUSE kind", noFuse), () => {
  test("is found among the mounts, and so is its daemon", async () => {
    await using mount = await mountFuse({ shadow: "xattr" });
    const { stdout } = await famfsNode(["doctor", "--json"], NO_PATH);
    // Other tests have mounts of their own, and none of them may be well.
    const { findings } = JSON.parse(stdout) as Report;
    const listed = findings.filter(({ id, text }) => id === "mounts.famfs" && text.includes(mount.root));
    expect(listed).toMatchObject([{ level: "ok", text: /is a famfs on \/dev\/dax0.0/ }]);
    const own = findings.filter(({ instance }) => instance === mount.root);
    expect(own).toContainEqual(expect.objectContaining({ id: "opening.instance", level: "ok" }));
  });

  test("whose daemon runs, with what it needs, is told so", async () => {
    await using mount = await mountFuse({ shadow: "xattr" });
    const report = await examine([mount.root]);
    expect(find(report, "daemon.alive")).toMatchObject({ level: "ok", text: new RegExp(`process ${mount.pid}$`) });
    expect(find(report, "daemon.capability")).toMatchObject({ level: "ok" });
  });

  test("is the same one where it is bound to another place", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files: [{ name: "folder/a", size: MEBI }] });
    const other = temporaryFolder();
    const report = await examineAfter(`mount --bind ${mount.root}/folder ${other}`, [`${other}/a`]);
    expect(find(report, "daemon.alive").text).toMatch(new RegExp(`process ${mount.pid}$`));
    expect(find(report, "opening.instance")).toMatchObject({ level: "ok", text: /as famfs-fuse,/ });
  });

  test("whose daemon lacks the capability that devices need is a warning", async () => {
    await using mount = await mountFuse({ shadow: "xattr" });
    await mount.killDaemon();
    // A stand-in under the same command line.
    const options = ["-o", `daxdev=${mount.device},shadow=${mount.shadow}`, mount.root];
    const daemon = spawn("setpriv", ["--bounding-set=-sys_rawio", "sh", "-c", "echo; read line", "sh", ...options]);
    onTestFinished(() => {
      daemon.kill("SIGKILL");
    });
    await once(daemon.stdout, "data");
    const report = await examine([mount.root]);
    expect(find(report, "daemon.alive").text).toMatch(new RegExp(`process ${daemon.pid}$`));
    expect(find(report, "daemon.capability")).toMatchObject({ level: "warning", remedy: /--cap-add SYS_RAWIO/ });
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
    expect(find(report, "opening.instance")).toMatchObject({ level: "problem", text: /ERR_FAMFS_DAEMON_DEAD/ });
    expect(report.findings.at(-1)?.id).toBe("opening.instance");
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

  test("that is well has nothing but its small pages against it", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files: [{ name: "a", size: 4 * MEBI }] });
    const report = await examine([mount.root]);
    for (const id of ["opening.instance", "log.superblock", "log.use", "role.host", "files.access", "mapping.latency"])
      expect(find(report, id)).toMatchObject({ level: "ok", instance: mount.root });
    expect(find(report, "coherence.declared")).toMatchObject({ level: "ok", text: /^incoherent, as is usual/ });
    expect(find(report, "mapping.pages")).toMatchObject({ level: "warning", text: /small pages/ });
    expect(report.counts.problem).toBe(0);
  });

  test("that is declared coherent gets a reminder of what that means", async () => {
    await using mount = await mountFuse({ shadow: "xattr" });
    const report = await examine([mount.root], { env: { FAMFS_COHERENCE: "coherent" } });
    expect(find(report, "coherence.declared")).toMatchObject({ level: "note", text: /by FAMFS_COHERENCE/ });
  });

  test("whose log is nearly full is a warning, whose log is full a problem", async () => {
    const superblock = { logLength: 48 + 20 * 544 };
    await using mount = await mountFuse({ shadow: "xattr", superblock });
    for (let i = 0; i < 19; i++) mount.log.folder({ name: `folder-${i}` });
    expect(find(await examine([mount.root]), "log.use")).toMatchObject({ level: "warning", text: /19 of 20 / });
    mount.log.folder({ name: "last" });
    expect(find(await examine([mount.root]), "log.use")).toMatchObject({ level: "problem", text: /20 of 20 / });
  });

  test("whose log has entries of a later famfs is worth a note", async () => {
    await using mount = await mountFuse({ shadow: "xattr" });
    mount.log.append(77, Buffer.alloc(520));
    expect(find(await examine([mount.root]), "log.unknown")).toMatchObject({ level: "note", text: /77/ });
  });

  test("whose log or superblock is damaged is a problem that names the place", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files: [{ name: "a", size: MEBI }] });
    mount.log.overwrite(48 + 100, Buffer.from("garbage"));
    const report = await examine([mount.root]);
    expect(find(report, "log.entries")).toMatchObject({ level: "problem", text: /entry 0.*ERR_FAMFS_CORRUPT/ });
    writeFileSync(join(mount.data, ".meta/.superblock"), "garbage", { flag: "r+" });
    const worse = await examine([mount.root]);
    expect(find(worse, "opening.instance")).toMatchObject({ level: "problem", text: /ERR_FAMFS_CORRUPT/ });
  });

  test("with files that are not in this host's tree yet says how to get them", async () => {
    await using mount = await mountFuse({ shadow: "xattr", role: "client", files: [{ name: "a", size: MEBI }] });
    mount.write({ name: "later", size: MEBI });
    const report = await examine([mount.root], { ...NO_PATH, wrapper: mount.wrapper });
    expect(find(report, "role.host").text).toMatch(/client/);
    expect(find(report, "files.replayed")).toMatchObject({
      level: "note",
      text: /1 of 2 .* later$/,
      remedy: /logplay/,
    });
  });

  test("whose master misses files of the log may have two masters", async () => {
    await using mount = await mountFuse({ shadow: "xattr", role: "master" });
    mount.write({ name: "foreign", size: MEBI });
    const report = await examine([mount.root], { ...NO_PATH, wrapper: mount.wrapper });
    expect(find(report, "role.host").text).toMatch(/is the master/);
    expect(find(report, "files.replayed")).toMatchObject({ level: "warning", text: /the same system UUID/ });
  });

  test("is looked at by an ordinary user too, who is told what cannot be seen", async () => {
    await using mount = await mountFuse({ shadow: "xattr", files: [{ name: "a", size: MEBI, mode: 0o600 }] });
    const report = await examine([mount.root], { ...NO_PATH, uid: 65_534 });
    expect(find(report, "daemon.alive").level).toBe("ok");
    expect(find(report, "holders.unseen")).toMatchObject({ level: "note", remedy: /root/ });
    expect(find(report, "files.access")).toMatchObject({ level: "problem", text: /read 0 and write 0 of 1/ });
  });
});
