import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FamfsErrorCode, openInstance } from "famfs";
import { describe, expect, onTestFinished, test } from "vitest";
import { LogWriter } from "../doubles/media-writer.js";
import { Child, result } from "../support/child.js";
import { expectError, tracesOf } from "../support/errors.js";
import { famfsMaster } from "../support/famfs-master.js";
import { named, noFuse } from "../support/requirements.js";

const MIB = 2 ** 20;

describe.skipIf(noFuse)(named("what famfs creat says has a code", noFuse), () => {
  test.each<[string, FamfsErrorCode]>([
    ["client", "ERR_FAMFS_NOT_MASTER"],
    ["password", "ERR_FAMFS_PERMISSION"],
    ["not-found", "ERR_FAMFS_CLI_MISSING"],
    ["space", "ERR_FAMFS_NO_SPACE"],
    ["full", "ERR_FAMFS_LOG_FULL"],
    ["old=v", "ERR_FAMFS_CLI_FAILED"],
    ["killed", "ERR_FAMFS_CLI_FAILED"],
    ["garbage=0", "ERR_FAMFS_CLI_FAILED"],
    ["silent=0", "ERR_FAMFS_CLI_FAILED"],
    ["lies", "ERR_FAMFS_CLI_FAILED"],
  ])("%s: %s, of one file and of many", async (wrong, code) => {
    const master = await famfsMaster();
    const instance = await master.open(wrong);
    const before = tracesOf(master.root);
    const error = await expectError(code, () => instance.create("a", { size: MIB }), master.path("a"), "creat -v -s");
    expect(error.path).toBe(master.path("a"));
    const outcomes = await instance.createMany([
      { name: "b", size: MIB },
      { name: "c", size: MIB },
    ]);
    expect(outcomes).toMatchObject([
      { name: "b", result: "failed", error: { code } },
      { name: "c", result: "failed", error: { code } },
    ]);
    if (wrong !== "full") expect(tracesOf(master.root)).toEqual(before);
    expect(new LogWriter(master.mount.data).used).toBe(0);
    // Nobody is kept from going on.
    if (wrong === "full") return;
    await using other = await openInstance(master.root, { cli: master.cli() });
    await other.create("a", { size: MIB });
  });

  test("a command that says it is done, while the log has nothing new", async () => {
    const master = await famfsMaster();
    const instance = await master.open("lies");
    await expectError(
      "ERR_FAMFS_CLI_FAILED",
      () => instance.create("a", { size: MIB }),
      /the log of the famfs has no new entry for .*: nothing was stored to it.*ended with 0, wrote nothing/,
    );
    await expectError("ERR_FAMFS_CLI_FAILED", () => instance.mkdir("folder"), "has no folder");
  });

  test("no command at all", async () => {
    const master = await famfsMaster();
    const instance = await openInstance(master.root, { cli: ["no-such-famfs"] });
    onTestFinished(() => instance.close());
    for (const make of [
      () => instance.create("a", { size: 1 }),
      () => instance.mkdir("a"),
      () => instance.replay(),
      () => instance.copyIn(new Uint8Array(1), "a"),
    ])
      await expectError("ERR_FAMFS_CLI_MISSING", make, '"no-such-famfs" was not found');
  });

  test("a daemon that is gone", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    await master.mount.killDaemon();
    await expectError("ERR_FAMFS_DAEMON_DEAD", () => instance.create("a", { size: 1 }));
    expect(master.calls).toEqual([]);
  });
});

describe.skipIf(noFuse)(named("what need not be asked of famfs creat", noFuse), () => {
  test("is refused before it runs: names of files above 78 bytes, at which it aborts, of folders above 79", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    await instance.create("é".repeat(39), { size: 1 });
    await instance.mkdir(`${"é".repeat(39)}x`);
    expect(master.commands).toHaveLength(2);
    for (const name of [`${"é".repeat(39)}y`, "x".repeat(79), `folder/${"x".repeat(72)}`])
      await expectError(
        "ERR_FAMFS_INVALID_NAME",
        () => instance.create(name, { size: 1 }),
        "up to 78 bytes",
        "found 79",
      );
    for (const name of ["é".repeat(40), "x".repeat(80), `folder/${"x".repeat(73)}`])
      await expectError("ERR_FAMFS_INVALID_NAME", () => instance.mkdir(name), "up to 79 bytes", "found 80");
    expect(master.commands).toHaveLength(2);
  });

  test("a folder that the log does not have", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const advice = 'make it with instance.mkdir("no/folder", { recursive: true })';
    await expectError("ERR_FAMFS_NOT_FOUND", () => instance.create("no/folder/a", { size: 1 }), advice);
    // On this host only: other hosts could not play a file in it.
    mkdirSync(join(master.mount.shadow, "root/local"));
    await expectError("ERR_FAMFS_NOT_FOUND", () => instance.create("local/a", { size: 1 }), "no folder of this famfs");
    await expectError("ERR_FAMFS_NOT_FOUND", () => instance.mkdir("local/a"), "no folder of this famfs");
    expect(master.calls).toEqual([]);
  });

  test("a log that is full: the command would leave half of a file", async () => {
    const master = await famfsMaster({ superblock: { logLength: 48 + 3 * 544 } });
    const instance = await master.open();
    const outcomes = await instance.createMany(["a", "b", "c", "d"].map((name) => ({ name, size: 1 })));
    expect(outcomes.map(({ result }) => result)).toEqual(["created", "created", "created", "failed"]);
    expect(outcomes[3]?.error).toMatchObject({ code: "ERR_FAMFS_LOG_FULL" });
    const before = master.calls;
    await expectError("ERR_FAMFS_LOG_FULL", () => instance.create("e", { size: 1 }), "room for 3 entries, 3 are used");
    await expectError("ERR_FAMFS_LOG_FULL", () => instance.mkdir("f"), "mkfs.famfs --loglen");
    expect(master.calls).toEqual(before);
  });

  test("folders that take more entries than there are", async () => {
    const master = await famfsMaster({ superblock: { logLength: 48 + 3 * 544 } });
    const instance = await master.open();
    await expectError("ERR_FAMFS_LOG_FULL", () => instance.mkdir("a/b/c/d", { recursive: true }));
    expect(master.calls).toEqual([]);
    await instance.mkdir("a/b/c", { recursive: true });
  });

  test("strips that the device cannot have", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const create = (interleave: { strips: number; chunkSize: number; buckets?: number }) =>
      instance.create("a", { size: 64 * MIB, interleave });
    const chunk = () => create({ strips: 2, chunkSize: MIB });
    await expectError("ERR_FAMFS_MISALIGNED", chunk, "multiple of 2097152, the allocation unit", "found 1048576");
    const buckets = () => create({ strips: 2, chunkSize: 2 * MIB, buckets: 5 });
    await expectError("ERR_FAMFS_OUT_OF_RANGE", buckets, "4294967296 bytes make 4 at most, found 5");
    const [outcome] = await instance.createMany([
      { name: "a", size: 1, interleave: { strips: 5, chunkSize: 2 * MIB } },
      { name: "b", size: 1, interleave: { strips: 5, chunkSize: 2 * MIB } },
    ]);
    expect(outcome).toMatchObject({ error: { code: "ERR_FAMFS_OUT_OF_RANGE" } });
    expect(master.calls).toEqual([]);
  });
});

describe.skipIf(noFuse)(named("what a killed command leaves on this host", noFuse), () => {
  test("is not taken for a file of the famfs", async () => {
    const master = await famfsMaster();
    const half = await master.open("half");
    await expectError("ERR_FAMFS_CLI_FAILED", () => half.create("a", { size: MIB }), "was ended by SIGKILL");
    expect(existsSync(master.path("a"))).toBe(true);
    const instance = await master.open();
    for (const ifExists of ["error", "open"] as const) {
      const make = () => instance.create("a", { size: MIB, ifExists });
      await expectError("ERR_FAMFS_FILE_DEAD", make, "not in the log of the famfs", "unmount and mount again");
    }
    expect(master.commands).toHaveLength(1);
    await instance.create("b", { size: MIB });
  });
});

describe.skipIf(noFuse)(named("users without privilege", noFuse), () => {
  const USER = 65_534;
  const CREATE = `
    import { openInstance } from "famfs";
    const instance = await openInstance(process.argv[1]);
    const failure = await instance.create("a", { size: 1, mode: Number(process.argv[2]) }).catch((error) => error);
    console.log(JSON.stringify({ code: failure.code, message: failure.message }));
  `;

  test("hear what to do", async () => {
    const master = await famfsMaster();
    const env = { FAMFS_CLI: master.cli("unprivileged").join(" ") };
    const failure = await result<{ code: string; message: string }>(CREATE, {
      args: [master.root, "420"],
      env,
      uid: USER,
    });
    expect(failure.code, failure.message).toBe("ERR_FAMFS_PERMISSION");
    expect(failure.message).toMatch(/may write to its \.meta\/\.log.*FAMFS_CLI="sudo -n famfs"/);
    expect(master.commands[0]?.join(" ")).toContain(`-u ${USER} -g ${USER}`);
  });

  test("cannot make what they could not fill", async () => {
    const master = await famfsMaster();
    const env = { FAMFS_CLI: master.cli().join(" ") };
    const failure = await result<{ code: string; message: string }>(CREATE, {
      args: [master.root, "292"],
      env,
      uid: USER,
    });
    expect(failure).toMatchObject({ code: "ERR_FAMFS_PERMISSION" });
    expect(failure.message).toContain("mode 0444");
    expect(master.calls).toEqual([]);
    const root = await master.open();
    expect(await root.create("a", { size: 1, mode: 0o444 })).toMatchObject({ access: "read-write" });
  });

  test("take turns with root", async () => {
    const master = await famfsMaster();
    const env = { FAMFS_CLI: master.cli("unprivileged,slow=700").join(" ") };
    const child = new Child(CREATE, { args: [master.root, "420"], env, uid: USER });
    while (master.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await (await master.open()).create("b", { size: 1 });
    expect(await child.ended).toMatchObject({ code: 0 });
    expect(master.commands).toHaveLength(2);
    expect(master.tookTurns).toBe(true);
  });
});

describe.skipIf(noFuse)(named("a log that other commands have", noFuse), () => {
  test("is waited for", async () => {
    const master = await famfsMaster();
    const busy = join(master.mount.folder, "busy");
    writeFileSync(busy, "3");
    const instance = await master.open(`busy=${busy}`);
    await instance.create("a", { size: 1 });
    expect(readFileSync(busy, "utf8")).toBe("0");
    expect(master.commands).toHaveLength(4);
  });

  test("but not for ever", async () => {
    const master = await famfsMaster();
    const busy = join(master.mount.folder, "busy");
    writeFileSync(busy, "1000000");
    const instance = await master.open(`busy=${busy}`);
    const message = /another famfs command has kept the log for 5000 ms.*failed to get lock on/;
    await expectError("ERR_FAMFS_TIMEOUT", () => instance.create("a", { size: 1 }), message);
  });
});
