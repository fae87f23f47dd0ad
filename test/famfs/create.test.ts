import { statSync } from "node:fs";
import { openInstance, type Progress } from "famfs";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { CreationLock } from "../../lib/instance/famfs/creation-lock.js";
import { result } from "../support/child.js";
import { expectError, thrownBy, tracesOf } from "../support/errors.js";
import { type FamfsMaster, famfsMaster } from "../support/famfs-master.js";
import { named, noFuse } from "../support/requirements.js";

const MIB = 2 ** 20;
const GARBAGE = 0xa5;

const all = (bytes: Uint8Array, value: number) => bytes.every((byte) => byte === value);

/** What the last entry of the log is about. */
async function logged(master: FamfsMaster, name: string) {
  await using instance = await openInstance(master.root);
  for await (const entry of instance.files()) if (entry.name === name) return entry;
  return undefined;
}

describe.skipIf(noFuse)(named("create on famfs", noFuse), () => {
  test("runs famfs creat, and makes the file zero that is new in the log", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const size = 9 * MIB + 5;
    const file = await instance.create("a", { size });
    expect(file).toMatchObject({ path: master.path("a"), size, access: "read-write" });
    expect(master.commands).toEqual([
      ["creat", "-v", "-s", String(size), "-m", "644", "-u", "0", "-g", "0", "--", master.path("a")],
    ]);
    expect(master.bytes("a")).toHaveLength(size);
    expect(all(master.bytes("a"), 0)).toBe(true);
    const mapping = file.map();
    expect(mapping.coherence).toBe("incoherent");
    mapping.bytes()[size - 1] = 7;
    expect(master.bytes("a")[size - 1]).toBe(7);
    // The device gives away whole allocation units, and says so.
    expect(file.extents()).toMatchObject({ kind: "simple", extents: [{ length: 10 * MIB }] });
    expect(await logged(master, "a")).toMatchObject({ name: "a", size, mode: 0o644, uid: 0, gid: 0 });
  });

  test("leaves the memory as it is where that is asked for", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const seen: Progress[] = [];
    const file = await instance.create("a", { size: 5000, zero: false, onProgress: (progress) => seen.push(progress) });
    expect(all(file.map().bytes(), GARBAGE)).toBe(true);
    expect(seen).toEqual([{ done: 5000, total: 5000 }]);
  });

  test("stores nothing to a file that came into the log before the command ran, whatever that says", async () => {
    const master = await famfsMaster();
    // Ends well, and does not tell that it found the file.
    await using instance = await openInstance(master.root, { cli: ["true"] });
    const other = await CreationLock.open({ root: master.root });
    await other.whileAlone(undefined, () => other.takeName("a", undefined));
    const { signal } = new AbortController();
    const looks = vi.spyOn(signal, "throwIfAborted");
    const refused = expectError(
      "ERR_FAMFS_CLI_FAILED",
      () => instance.create("a", { size: 3000, signal }),
      "has no new entry for",
    );
    // One look to be alone; the others are for the name, after the log was found to have none such.
    await vi.waitFor(() => expect(looks.mock.calls.length).toBeGreaterThan(3), 10_000);
    master.mount.append({ name: "a", size: 3000, bytes: new Uint8Array(3000).fill(9) });
    await instance.refresh();
    other.close();
    await refused;
    expect(all(master.bytes("a"), 9)).toBe(true);
  });

  test("tells how far zeroing is", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const seen: Progress[] = [];
    const size = 40 * MIB + 1;
    await instance.create("a", { size, onProgress: (progress) => seen.push(progress) });
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.map(({ done }) => done)).toEqual(seen.map(({ done }) => done).sort((x, y) => x - y));
    expect(seen.at(-1)).toEqual({ done: size, total: size });
  });

  test("says exists for whatever has the name, and stores nothing", async () => {
    const files = [{ name: "there", size: 3000, bytes: new Uint8Array(3000).fill(9) }];
    const master = await famfsMaster({ files });
    const instance = await master.open();
    await instance.mkdir("folder");
    const before = tracesOf(master.root);
    for (const [name, size] of [
      ["there", 3000],
      ["there", 5000],
      ["folder", 5000],
    ] as const) {
      await expectError("ERR_FAMFS_EXISTS", () => instance.create(name, { size }), master.path(name), "exists already");
    }
    expect(all(master.bytes("there"), 9)).toBe(true);
    expect(master.commands.map(([command]) => command)).toEqual(["mkdir"]);
    expect(tracesOf(master.root)).toEqual(before);
  });

  test("says exists for a file that somebody else's command has just made, and stores nothing", async () => {
    const master = await famfsMaster();
    const instance = await master.open("intruder");
    await expectError("ERR_FAMFS_EXISTS", () => instance.create("a", { size: MIB }), "somebody made it by famfs's own");
    expect(all(master.bytes("a"), GARBAGE)).toBe(true);
    const [outcome] = await instance.createMany([
      { name: "b", size: 5000 },
      { name: "c", size: 5000 },
    ]);
    expect(outcome).toMatchObject({ result: "failed", error: { code: "ERR_FAMFS_EXISTS" } });
    expect(all(master.bytes("b"), GARBAGE)).toBe(true);
  });

  test('with ifExists "open" takes a file of the same size, as it is', async () => {
    const files = [{ name: "there", size: 3000, bytes: new Uint8Array(3000).fill(9) }];
    const master = await famfsMaster({ files });
    const instance = await master.open();
    const file = await instance.create("there", { size: 3000, ifExists: "open" });
    expect(file.access).toBe("read-write");
    expect(all(file.map().bytes(), 9)).toBe(true);
    const other = () => instance.create("there", { size: 3001, ifExists: "open" });
    await expectError("ERR_FAMFS_EXISTS", other, "exists with 3000 bytes, expected 3001");
    expect(master.commands).toEqual([]);
  });

  test("gives mode and owner as on tmpfs: what the umask leaves, and the user who made it", async () => {
    const master = await famfsMaster();
    const script = `
      import { openInstance } from "famfs";
      process.umask(0o027);
      const instance = await openInstance(process.argv[1]);
      await instance.create("a", { size: 1, mode: 0o666 });
      await instance.mkdir("folder", { mode: 0o777 });
      console.log(0);
    `;
    await result(script, { args: [master.root], env: { FAMFS_CLI: master.cli().join(" ") } });
    expect(statSync(master.path("a")).mode & 0o777).toBe(0o640);
    expect(statSync(master.path("folder")).mode & 0o777).toBe(0o750);
    expect(await logged(master, "a")).toMatchObject({ mode: 0o640 });
  });

  test("deals a file to strips", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const interleave = { strips: 2, chunkSize: 2 * MIB, buckets: 4 };
    const file = await instance.create("a", { size: 9 * MIB, interleave });
    expect(master.commands[0]?.join(" ")).toContain(` -B 4 -N 2 -C ${2 * MIB} -- `);
    expect(file.extents()).toMatchObject({ kind: "interleaved", chunkSize: 2 * MIB });
    expect(all(master.bytes("a"), 0)).toBe(true);
    await instance.create("b", { size: 9 * MIB, interleave: { strips: 2, chunkSize: 2 * MIB } });
    expect(master.commands[1]?.join(" ")).toContain(" -B 2 -N 2 ");
  });

  test("leaves open nothing but the file", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const file = await instance.create("a", { size: 5000 });
    expect(tracesOf(master.root)).toMatchObject({ descriptors: [master.path("a")], maps: [] });
    file.close();
    expect(tracesOf(master.root)).toMatchObject({ descriptors: [], maps: [] });
  });

  test("makes nothing of .meta", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    for (const name of [".meta", ".meta/a", ".meta/.log"]) {
      await expectError("ERR_FAMFS_INVALID_NAME", () => instance.create(name, { size: 5 }), "belongs to famfs itself");
      await expectError("ERR_FAMFS_INVALID_NAME", () => instance.mkdir(name), "belongs to famfs itself");
      const [outcome] = await instance.createMany([{ name, size: 5 }]);
      expect(outcome).toMatchObject({ error: { code: "ERR_FAMFS_INVALID_NAME" } });
    }
    expect(master.commands).toEqual([]);
  });
});

describe.skipIf(noFuse)(named("a creation on famfs that is ended early", noFuse), () => {
  test("leaves a file that is zero up to somewhere, and taken for ever", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const abort = new AbortController();
    // So large that its end is far when the news of its beginning comes.
    const size = 1024 * MIB;
    const options = { size, signal: abort.signal, onProgress: () => abort.abort("enough") };
    expect(await thrownBy(() => instance.create("a", options))).toBe("enough");
    const file = await instance.open("a", { access: "read-write" });
    const mapping = file.map();
    const [first, last] = [mapping.window(0, 4096).bytes(), mapping.window(size - 4096, 4096).bytes()];
    expect(all(first, 0)).toBe(true);
    expect(all(last, GARBAGE)).toBe(true);
    await expectError("ERR_FAMFS_EXISTS", () => instance.create("a", { size }));
    await expectError("ERR_FAMFS_EXISTS", () => instance.create("a", { size }));
    // What the documentation says to do with it.
    last.fill(0);
    expect(all(last, 0)).toBe(true);
  });

  test("lets a command come to its end first", async () => {
    const master = await famfsMaster();
    const instance = await master.open("linger=300");
    const abort = new AbortController();
    const making = thrownBy(() => instance.create("a", { size: MIB, signal: abort.signal }));
    while (master.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    abort.abort("enough");
    expect(await making).toBe("enough");
    expect(await logged(master, "a")).toMatchObject({ size: MIB });
    expect(all(master.bytes("a"), GARBAGE)).toBe(true);
  });

  test("does nothing when it was aborted before", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const signal = AbortSignal.abort("never");
    expect(await thrownBy(() => instance.create("a", { size: 1, signal }))).toBe("never");
    expect(await thrownBy(() => instance.replay({ signal }))).toBe("never");
    expect(master.calls).toEqual([]);
  });

  test("ends when its instance is closed", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const onProgress = () => void instance.close();
    await expectError("ERR_FAMFS_CLOSED", () => instance.create("a", { size: 64 * MIB, onProgress }));
    expect(tracesOf(master.root)).toMatchObject({ descriptors: [], maps: [] });
  });

  test("says that the file is there when it cannot be filled", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const stays = "The file is in the famfs all the same, for ever, and not filled";
    master.mount.fail("open", "EACCES", "a");
    await expectError("ERR_FAMFS_PERMISSION", () => instance.create("a", { size: 5000 }), stays);
    master.mount.fail("open", "EIO", "b");
    await expectError("ERR_FAMFS_FILE_DEAD", () => instance.create("b", { size: 5000 }), stays);
    master.mount.repair();
    await expectError("ERR_FAMFS_EXISTS", () => instance.create("a", { size: 5000 }));
    expect(all(master.bytes("a"), GARBAGE)).toBe(true);
  });

  test("keeps the file's memory when it is filled by somebody who fails", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const bytes = new Uint8Array(9 * MIB).fill(3);
    const onProgress = () => {
      throw new Error("no more");
    };
    expect(await thrownBy(() => instance.copyIn(bytes, "a", { onProgress }))).toMatchObject({ message: "no more" });
    expect(all(master.bytes("a").subarray(0, 4 * MIB), 3)).toBe(true);
    expect(master.bytes("a")[4 * MIB]).toBe(GARBAGE);
  });
});

describe.skipIf(noFuse)(named("copyIn on famfs", noFuse), () => {
  test("makes a file and fills it, without zeroing it first", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const bytes = Buffer.from(Uint8Array.from({ length: 9 * MIB + 3 }, (_, i) => i % 253));
    const seen: Progress[] = [];
    const file = await instance.copyIn(bytes, "a", { mode: 0o600, onProgress: (progress) => seen.push(progress) });
    expect(bytes.equals(master.bytes("a"))).toBe(true);
    expect(bytes.equals(file.map().bytes())).toBe(true);
    expect(seen.map(({ done }) => done)).toEqual([4 * MIB, 8 * MIB, 9 * MIB + 3]);
    expect(await logged(master, "a")).toMatchObject({ mode: 0o600 });
    await expectError("ERR_FAMFS_EXISTS", () => instance.copyIn(new Uint8Array(9 * MIB + 3), "a"));
    expect(bytes.equals(master.bytes("a"))).toBe(true);
  });

  test("copies one file of it to another", async () => {
    const master = await famfsMaster({ files: [{ name: "from", size: 5000, bytes: new Uint8Array(5000).fill(8) }] });
    const instance = await master.open();
    await instance.copyIn(master.path("from"), "to");
    expect(all(master.bytes("to"), 8)).toBe(true);
  });
});

describe.skipIf(noFuse)(named("a coherent famfs", noFuse), () => {
  test("has files made like an incoherent one", async () => {
    const master = await famfsMaster();
    const instance = await openInstance(master.root, { cli: master.cli(), coherence: "coherent" });
    onTestFinished(() => instance.close());
    const file = await instance.create("a", { size: 5 * MIB });
    expect(file.map().coherence).toBe("coherent");
    expect(all(master.bytes("a"), 0)).toBe(true);
  });
});
