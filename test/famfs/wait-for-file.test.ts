import { join } from "node:path";
import { openInstance } from "famfs";
import { describe, expect, onTestFinished, test } from "vitest";
import { DEFAULT_MASTER_UUID } from "../doubles/media-bytes.js";
import { Child, result } from "../support/child.js";
import { expectError, thrownBy, tracesOf } from "../support/errors.js";
import { famfsMaster } from "../support/famfs-master.js";
import { named, noFuse } from "../support/requirements.js";

const MIB = 2 ** 20;

/** Starts a process on a host that is the master of the doubles' famfs. */
const AS_MASTER = [
  ...["unshare", "-m", "sh", "-c"],
  `mount -t tmpfs tmpfs /opt && mkdir /opt/famfs && echo ${DEFAULT_MASTER_UUID} > /opt/famfs/system_uuid && exec "$@"`,
  "sh",
];

describe.skipIf(noFuse)(named("replay", noFuse), () => {
  test("runs famfs logplay, and tells what was new", async () => {
    const master = await famfsMaster({ files: [{ name: "a", size: 5 }] });
    const instance = await master.open();
    expect(await instance.replay()).toEqual({ entries: 1, newFiles: 0, newFolders: 0 });
    // Another host makes a folder, and files in it.
    master.mount.log.folder({ name: "folder" });
    master.mount.write({ name: "folder/b", size: 5 });
    master.mount.write({ name: "c", size: 5 });
    await expectError("ERR_FAMFS_NOT_FOUND", () => instance.open("c"), "instance.replay()");
    expect(await instance.replay()).toEqual({ entries: 4, newFiles: 2, newFolders: 1 });
    expect(master.commands.at(-1)).toEqual(["logplay", "--", master.root]);
    expect(tracesOf(master.root)).toMatchObject({ descriptors: [], maps: [] });
  });

  test.each([
    ["garbage=0", "ERR_FAMFS_CLI_FAILED", "did not say what it found"],
    ["play-errors=3", "ERR_FAMFS_CLI_FAILED", "ended with 3, wrote: famfs_logplay(shadow): 0 log entries"],
    ["unprivileged", "ERR_FAMFS_PERMISSION", "errno 13"],
    ["killed", "ERR_FAMFS_CLI_FAILED", "SIGKILL"],
  ] as const)("%s: %s", async (wrong, code, message) => {
    const master = await famfsMaster();
    const instance = await master.open(wrong);
    const error = await expectError(code, () => instance.replay(), message);
    expect(error.path).toBe(master.root);
  });

  test("ends when it is aborted", async () => {
    const master = await famfsMaster();
    const instance = await master.open("slow=200");
    expect(await thrownBy(() => instance.replay({ signal: AbortSignal.timeout(50) }))).toMatchObject({
      name: "TimeoutError",
    });
  });
});

describe.skipIf(noFuse)(named("waitForFile on famfs", noFuse), () => {
  test("waits for another host's file, plays the log once, and opens it", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const waiting = instance.waitForFile("folder/a", { timeout: 20_000 });
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(master.calls).toEqual([]);
    master.mount.log.folder({ name: "folder" });
    master.mount.write({ name: "folder/a", size: 3000 });
    expect(await waiting).toMatchObject({ size: 3000, access: "read-only" });
    expect(master.commands.map(([command]) => command)).toEqual(["logplay"]);
  });

  test("of many that wait one plays the log", async () => {
    const master = await famfsMaster();
    const instances = await Promise.all(Array.from({ length: 4 }, () => master.open("linger=50")));
    const waiting = instances.map((instance) => instance.waitForFile("a", { timeout: 20_000 }));
    master.mount.write({ name: "a", size: 3000 });
    for (const file of await Promise.all(waiting)) expect(file.size).toBe(3000);
    expect(master.commands).toHaveLength(1);
  });

  test("waits until whoever makes it on this host has filled it", async () => {
    const master = await famfsMaster();
    const size = 256 * MIB;
    const script = `
      import { openInstance } from "famfs";
      const instance = await openInstance(process.argv[1]);
      await instance.create("a", { size: ${size}, onProgress: ({ done }) => done < ${size} && process.send("zeroing") });
    `;
    const child = new Child(script, { args: [master.root], env: { FAMFS_CLI: master.cli().join(" ") } });
    expect(await child.message()).toBe("zeroing");
    const instance = await master.open();
    const bytes = (await instance.waitForFile("a", { timeout: 20_000 })).map().bytes();
    expect(bytes[size - 1]).toBe(0);
  });

  test("tells at its time-out what stood in the way", async () => {
    const master = await famfsMaster();
    master.mount.write({ name: "a", size: 3000 });
    const instance = await master.open("unprivileged");
    const wait = () => instance.waitForFile("a", { timeout: 3500 });
    const message = /a did not appear within 3500 ms: what would make it visible here failed: .*errno 13/;
    const error = await expectError("ERR_FAMFS_TIMEOUT", wait, message);
    expect(error.cause).toMatchObject({ code: "ERR_FAMFS_PERMISSION" });
    expect(error.path).toBe(master.path("a"));
    // About once a second.
    expect(master.commands.length).toBeLessThan(6);
    await expectError("ERR_FAMFS_TIMEOUT", () => instance.waitForFile("b", { timeout: 50 }));
  });

  test("tells at its time-out that it was not done", async () => {
    const master = await famfsMaster();
    master.mount.write({ name: "a", size: 3000 });
    const instance = await master.open("slow=1500");
    const wait = () => instance.waitForFile("a", { timeout: 700 });
    await expectError("ERR_FAMFS_TIMEOUT", wait, "this host was still reading or playing the log");
  });

  test("goes on when somebody else plays the log", async () => {
    const master = await famfsMaster();
    const file = master.mount.write({ name: "a", size: 3000 });
    const instance = await openInstance(master.root, { cli: ["no-such-famfs"] });
    onTestFinished(() => instance.close());
    setTimeout(() => master.mount.show(file), 300);
    expect((await instance.waitForFile("a", { timeout: 20_000 })).size).toBe(3000);
  });

  test("ends when it is aborted, or the instance is closed, also while a command runs", async () => {
    const master = await famfsMaster();
    master.mount.write({ name: "a", size: 3000 });
    const instance = await master.open("slow=400");
    const signal = AbortSignal.timeout(150);
    expect(await thrownBy(() => instance.waitForFile("a", { signal }))).toMatchObject({ name: "TimeoutError" });
    const other = await master.open();
    const waiting = thrownBy(() => other.waitForFile("b"));
    setTimeout(() => other.close(), 50);
    expect(await waiting).toMatchObject({ code: "ERR_FAMFS_CLOSED" });
  });

  test("does not wait when the famfs itself is gone", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    await master.mount.killDaemon();
    await expectError("ERR_FAMFS_DAEMON_DEAD", () => instance.waitForFile("a"));
    await expectError("ERR_FAMFS_INVALID_NAME", () => instance.waitForFile(join(".meta", ".log")));
  });

  // Closing the log there takes it from a command of an operator that has it.
  test("does not read the log on the master of the FUSE kind, where files appear before they are in it", async () => {
    const master = await famfsMaster();
    master.mount.log.overwrite(0, Buffer.alloc(48));
    const script = `
      import { openInstance } from "famfs";
      const instance = await openInstance(process.argv[1]);
      const failure = await instance.waitForFile("a", { timeout: 1500 }).catch((error) => error);
      console.log(JSON.stringify([failure.code]));
      await instance.close();
    `;
    expect(await result(script, { args: [master.root], wrapper: AS_MASTER })).toEqual(["ERR_FAMFS_TIMEOUT"]);
    expect(await result(script, { args: [master.root] })).toEqual(["ERR_FAMFS_CORRUPT"]);
  });

  test("opens files on the master of the FUSE kind without the log too, as the shadow describes them", async () => {
    const master = await famfsMaster({ files: [{ name: "a", size: 4096 }] });
    const script = `
      import { openInstance } from "famfs";
      const instance = await openInstance(process.argv[1]);
      const file = await instance.open("a").catch((error) => error);
      const missing = await instance.open("b").catch((error) => error);
      console.log(JSON.stringify([file.code ?? file.extents().kind, file.sequence ?? null, missing.code]));
      await instance.close();
    `;
    master.mount.fail("open", "EIO", ".meta/.log");
    const found = await result(script, { args: [master.root], wrapper: AS_MASTER });
    expect(found).toEqual(["simple", null, "ERR_FAMFS_NOT_FOUND"]);
    const client = await result<unknown[]>(script, { args: [master.root] });
    expect(client[0]).toMatch(/^ERR_FAMFS_/);
  });
});
