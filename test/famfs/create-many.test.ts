import type { CreateOutcome, FileToCreate, Progress } from "famfs";
import { describe, expect, test } from "vitest";
import { tracesOf } from "../support/errors.js";
import { type FamfsMaster, famfsMaster } from "../support/famfs-master.js";
import { named, noFuse } from "../support/requirements.js";

const MIB = 2 ** 20;

/** Which names each command made. */
function batches(master: FamfsMaster): string[][] {
  return master.commands.map((args) => {
    const paths = args.filter((word) => word.startsWith(master.root)).map((word) => word.slice(master.root.length + 1));
    return args.includes("-M") ? paths.map((path) => path.slice(0, path.lastIndexOf(","))) : paths;
  });
}

const results = (outcomes: readonly CreateOutcome[]) => outcomes.map(({ result }) => result);
const codes = (outcomes: readonly CreateOutcome[]) =>
  outcomes.map(({ error }) => (error as { code?: string } | undefined)?.code);

const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

describe.skipIf(noFuse)(named("createMany on famfs", noFuse), () => {
  test("makes many files by one command, and fills each", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const files = Array.from({ length: 70 }, (_, i) => ({ name: `f${i}`, size: 4096 * (i + 1) }));
    const seen: Progress[] = [];
    const outcomes = await instance.createMany(files, { onProgress: (progress) => seen.push(progress) });
    expect(results(outcomes)).toEqual(files.map(() => "created"));
    expect(batches(master).map((names) => names.length)).toEqual([32, 32, 6]);
    expect(master.tookTurns).toBe(true);
    for (const { name, size } of files) {
      expect(master.bytes(name)).toHaveLength(size);
      expect(isZero(master.bytes(name)), name).toBe(true);
    }
    const total = files.reduce((sum, { size }) => sum + size, 0);
    expect(seen.at(-1)).toEqual({ done: total, total });
    expect(seen.map(({ done }) => done)).toEqual(seen.map(({ done }) => done).sort((x, y) => x - y));
    expect(tracesOf(master.root)).toMatchObject({ descriptors: [], maps: [] });
  });

  test("gives those to one command that are made in one manner, and have no comma", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const interleave = { strips: 2, chunkSize: 2 * MIB };
    const files: FileToCreate[] = [
      { name: "a", size: 1 },
      { name: "b", size: 1, zero: false },
      { name: "c", size: 1, mode: 0o600 },
      { name: "d,1", size: 1, mode: 0o600 },
      { name: "e", size: 5 * MIB, interleave },
      { name: "f", size: 5 * MIB, interleave: { ...interleave } },
      { name: "f", size: 5 * MIB, interleave },
    ];
    const outcomes = await instance.createMany(files);
    expect(batches(master)).toEqual([["a", "b"], ["c"], ["d,1"], ["e", "f"]]);
    expect(results(outcomes)).toEqual([...Array(6).fill("created"), "failed"]);
    expect(codes(outcomes).at(-1)).toBe("ERR_FAMFS_EXISTS");
    expect(isZero(master.bytes("a"))).toBe(true);
    expect(isZero(master.bytes("b"))).toBe(false);
    expect(isZero(master.bytes("d,1"))).toBe(true);
  });

  test("does not ask for those that cannot be made", async () => {
    const master = await famfsMaster({ files: [{ name: "there", size: 5, bytes: new Uint8Array(5).fill(4) }] });
    const instance = await master.open();
    const outcomes = await instance.createMany([
      { name: "there", size: 5 },
      { name: "a", size: 5 },
      { name: "there", size: 5, ifExists: "open" },
      { name: "no/folder", size: 5 },
      { name: "there", size: 6, ifExists: "open" },
      { name: "b", size: 5 },
      { name: "x".repeat(80), size: 5 },
    ]);
    expect(results(outcomes)).toEqual(["failed", "created", "existed", "failed", "failed", "created", "failed"]);
    expect(codes(outcomes).filter((code) => code !== undefined)).toEqual([
      "ERR_FAMFS_EXISTS",
      "ERR_FAMFS_NOT_FOUND",
      "ERR_FAMFS_EXISTS",
      "ERR_FAMFS_INVALID_NAME",
    ]);
    expect(batches(master).flat()).toEqual(["a", "b"]);
    expect([...master.bytes("there")]).toEqual([4, 4, 4, 4, 4]);
  });

  test("finds out which of them a command failed at", async () => {
    // A device of 4 GiB: the second does not fit, the others do.
    const master = await famfsMaster();
    const instance = await master.open();
    const outcomes = await instance.createMany([
      { name: "a", size: MIB, zero: false },
      { name: "b", size: 5000 * MIB, zero: false },
      { name: "c", size: MIB, zero: false },
    ]);
    expect(results(outcomes)).toEqual(["created", "failed", "created"]);
    expect(outcomes[1]?.error).toMatchObject({ code: "ERR_FAMFS_NO_SPACE", path: master.path("b") });
    expect(batches(master)).toEqual([["a", "b", "c"], ["b"]]);
  });

  test("does not run a command for each where all fail alike", async () => {
    const master = await famfsMaster();
    const instance = await master.open("client");
    const outcomes = await instance.createMany(["a", "b", "c"].map((name) => ({ name, size: 5 })));
    expect(codes(outcomes)).toEqual(Array(3).fill("ERR_FAMFS_NOT_MASTER"));
    expect(master.commands).toHaveLength(1);
  });

  test("tells of those that were not made when it is aborted", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const abort = new AbortController();
    const files = Array.from({ length: 40 }, (_, i) => ({ name: `f${i}`, size: 100 }));
    const onProgress = ({ done }: Progress) => {
      if (done === 500) abort.abort("enough");
    };
    const outcomes = await instance.createMany(files, { signal: abort.signal, onProgress });
    expect(results(outcomes).slice(0, 4)).toEqual(Array(4).fill("created"));
    expect(outcomes.slice(4).map(({ error }) => error)).toEqual(Array(36).fill("enough"));
    expect(master.commands).toHaveLength(1);
    // Those behind have their names, and were not filled.
    expect(isZero(master.bytes("f2"))).toBe(true);
    expect(isZero(master.bytes("f20"))).toBe(false);
    expect(tracesOf(master.root)).toMatchObject({ descriptors: [], maps: [] });
  });
});

describe.skipIf(noFuse)(named("mkdir on famfs", noFuse), () => {
  test("runs famfs mkdir, and knows the folder then", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    await instance.mkdir("models");
    await instance.mkdir("models/deep/er", { recursive: true, mode: 0o700 });
    await instance.mkdir("models/deep/er", { recursive: true });
    await instance.create("models/deep/er/a", { size: 5 });
    const owner = ["-u", "0", "-g", "0", "--"];
    expect(master.commands.slice(0, 2)).toEqual([
      ["mkdir", "-m", "755", ...owner, master.path("models")],
      ["mkdir", "-p", "-m", "700", ...owner, master.path("models/deep/er")],
    ]);
    expect(master.commands).toHaveLength(3);
  });

  test("does not ask for what cannot be", async () => {
    const master = await famfsMaster({ files: [{ name: "file", size: 5 }] });
    const instance = await master.open();
    await instance.mkdir("folder");
    const before = master.commands.length;
    for (const [name, recursive] of [
      ["folder", false],
      ["file", false],
      ["file", true],
    ] as const) {
      const make = instance.mkdir(name, { recursive }).catch((error) => error);
      expect(await make).toMatchObject({ code: "ERR_FAMFS_EXISTS", path: master.path(name) });
    }
    for (const recursive of [true, false]) {
      const make = instance.mkdir("file/below", { recursive }).catch((error) => error);
      expect(await make).toMatchObject({ code: "ERR_FAMFS_NOT_FOUND" });
    }
    expect(await instance.mkdir("a/b").catch((error) => error)).toMatchObject({ code: "ERR_FAMFS_NOT_FOUND" });
    expect(master.commands).toHaveLength(before);
  });

  test.each([
    ["client", "ERR_FAMFS_NOT_MASTER"],
    ["unknown-command", "ERR_FAMFS_CLI_FAILED"],
    ["password", "ERR_FAMFS_PERMISSION"],
    ["full", "ERR_FAMFS_LOG_FULL"],
    ["silent=1", "ERR_FAMFS_CLI_FAILED"],
    ["lies", "ERR_FAMFS_CLI_FAILED"],
  ])("%s: %s", async (wrong, code) => {
    const master = await famfsMaster();
    const instance = await master.open(wrong);
    expect(await instance.mkdir("folder").catch((error) => error)).toMatchObject({ code, path: master.path("folder") });
  });
});
