import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import type { CreateOptions, FamfsErrorCode, Progress } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError, expectErrorWithoutTrace, thrownBy, tracesOf } from "../support/errors.js";
import { testInstance, tmpfsInstance } from "../support/instance.js";
import { descriptorsOf } from "../support/proc.js";

const MIB = 2 ** 20;

describe("create", () => {
  test("makes a file of its size, zero and with its space reserved, open read-write", async () => {
    const { instance, name, path } = await testInstance();
    const fresh = name();
    const file = await instance.create(fresh, { size: 3 * MIB + 5 });
    expect(file).toMatchObject({ size: 3 * MIB + 5, access: "read-write", path: path(fresh), closed: false });
    const status = statSync(path(fresh));
    expect(status.size).toBe(3 * MIB + 5);
    expect(status.blocks * 512).toBeGreaterThanOrEqual(3 * MIB + 5);
    expect(
      file
        .map()
        .bytes()
        .every((byte) => byte === 0),
    ).toBe(true);
  });

  test.each([1, 4095, 4096, 4097])("makes a file of %i bytes that maps to its last byte", async (size) => {
    const { instance, name } = await testInstance();
    const mapping = (await instance.create(name(), { size })).map();
    expect(mapping.byteLength).toBe(size);
    mapping.bytes()[size - 1] = 9;
    expect(mapping.bytes()).toHaveLength(size);
    expect(mapping.bytes()[size - 1]).toBe(9);
  });

  test("gives the permission bits that were asked for, minus the umask", async () => {
    const { instance, name, path } = await testInstance();
    const umask = process.umask();
    for (const mode of [0o600, 0o666, 0o444, 0]) {
      const fresh = name();
      await instance.create(fresh, { size: 1, mode });
      expect(statSync(path(fresh)).mode & 0o777).toBe(mode & ~umask);
    }
    const plain = name();
    await instance.create(plain, { size: 1 });
    expect(statSync(path(plain)).mode & 0o777).toBe(0o644 & ~umask);
  });

  test("makes files in folders that exist, and names a folder that does not", async () => {
    const { instance, name, path } = await testInstance();
    const folder = name("folder");
    await expectError("ERR_FAMFS_NOT_FOUND", () => instance.create(`${folder}/a`, { size: 1 }), folder);
    mkdirSync(path(folder));
    expect((await instance.create(`${folder}/a`, { size: 1 })).path).toBe(path(`${folder}/a`));
  });

  test("never touches what has the name already", async () => {
    const { instance, name, path } = await testInstance();
    const [file, folder, link] = [name("file"), name("folder"), name("link")];
    const bytes = (await instance.create(file, { size: 4096 })).map().bytes();
    bytes[0] = 5;
    mkdirSync(path(folder));
    symlinkSync("nowhere", path(link));
    for (const taken of [file, folder, link]) {
      const make = () => instance.create(taken, { size: 8192 });
      const error = await expectErrorWithoutTrace(instance.path, "ERR_FAMFS_EXISTS", make, taken, 'ifExists: "open"');
      expect(error.path).toBe(path(taken));
    }
    expect(statSync(path(file)).size).toBe(4096);
    expect(bytes[0]).toBe(5);
  });

  test('with ifExists "open" takes the file that is there, as it is, when its size is the same', async () => {
    const { instance, name } = await testInstance();
    const fresh = name();
    const first = await instance.create(fresh, { size: 5000, ifExists: "open" });
    first.map().bytes()[4999] = 1;
    const second = await instance.create(fresh, { size: 5000, ifExists: "open" });
    expect(second.access).toBe("read-write");
    expect(second.map().bytes()[4999]).toBe(1);
    const make = () => instance.create(fresh, { size: 4999, ifExists: "open" });
    await expectErrorWithoutTrace(instance.path, "ERR_FAMFS_EXISTS", make, "5000", "expected 4999");
  });

  test('with ifExists "open" refuses what is no file', async () => {
    const { instance, name, path } = await testInstance();
    const folder = name("folder");
    mkdirSync(path(folder));
    const make = () => instance.create(folder, { size: 1, ifExists: "open" });
    await expectErrorWithoutTrace(instance.path, "ERR_FAMFS_IS_DIRECTORY", make, "directory");
  });

  test("reports progress in bytes up to the whole", async () => {
    const { instance, name } = await testInstance();
    const seen: Progress[] = [];
    const size = 20 * MIB;
    await instance.create(name(), { size, onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toEqual({ done: size, total: size });
    for (const [index, { done }] of seen.entries()) expect(done).toBeGreaterThan(seen[index - 1]?.done ?? 0);
  });

  test("refuses a size that the file system has no room for, and names size, room and remedy", async () => {
    const { instance, name } = await testInstance();
    for (const size of [2 ** 45, Number.MAX_SAFE_INTEGER]) {
      const make = () => instance.create(name(), { size });
      const error = await expectErrorWithoutTrace(
        instance.path,
        "ERR_FAMFS_NO_SPACE",
        make,
        `needs ${size} bytes`,
        /has \d+ free/,
        "--shm-size",
      );
      expect(error.errno).toBe(-28);
    }
  });
});

describe("a create that is given up leaves nothing behind", () => {
  test("when its signal is aborted already", async () => {
    const { instance, name } = await testInstance();
    const before = tracesOf(instance.path);
    const reason = new Error("no longer wanted");
    const make = () => instance.create(name(), { size: 4096, signal: AbortSignal.abort(reason) });
    expect(await thrownBy(make)).toBe(reason);
    expect(tracesOf(instance.path)).toEqual(before);
  });

  test("when it is aborted while it reserves, whatever the reason is", async () => {
    const { instance, name } = await testInstance();
    const before = tracesOf(instance.path);
    const systemLike = Object.assign(new Error("own"), { errno: -2, syscall: "open", code: "ENOENT" });
    for (const reason of [new Error("own"), systemLike, "text", null, undefined]) {
      const controller = new AbortController();
      const making = instance.create(name(), {
        size: 20 * MIB,
        signal: controller.signal,
        onProgress: () => controller.abort(reason),
      });
      const error = await thrownBy(() => making);
      if (reason === undefined) expect(error).toMatchObject({ name: "AbortError" });
      else expect(error).toBe(reason);
      expect(tracesOf(instance.path)).toEqual(before);
    }
  });

  test("when onProgress throws, also at the last call", async () => {
    const { instance, name } = await testInstance();
    const before = tracesOf(instance.path);
    for (const size of [20 * MIB, 4096]) {
      const thrown = Object.assign(new Error("on purpose"), { errno: -5 });
      const onProgress = () => {
        throw thrown;
      };
      expect(await thrownBy(() => instance.create(name(), { size, onProgress }))).toBe(thrown);
      expect(tracesOf(instance.path)).toEqual(before);
    }
  });

  test("and an abort after the end changes nothing", async () => {
    const { instance, name } = await testInstance();
    const controller = new AbortController();
    const file = await instance.create(name(), { size: 4096, signal: controller.signal });
    controller.abort();
    expect(file.map().bytes()).toHaveLength(4096);
  });

  test("when the instance is closed meanwhile", async () => {
    const { instance, name } = await testInstance();
    const { path } = instance;
    const fresh = name();
    const making = thrownBy(() => instance.create(fresh, { size: 20 * MIB }));
    await instance.close();
    expect(await making).toMatchObject({ code: "ERR_FAMFS_CLOSED" });
    expect(existsSync(`${path}/${fresh}`)).toBe(false);
    expect(descriptorsOf(path)).toEqual([]);
  });
});

describe("create refuses", () => {
  test.each<[string, unknown, FamfsErrorCode, string]>([
    ["no options", undefined, "ERR_FAMFS_INVALID_TYPE", "size must be a number, found undefined"],
    ["options that are null", null, "ERR_FAMFS_INVALID_TYPE", "found null"],
    ["a number as options", 4096, "ERR_FAMFS_INVALID_TYPE", "found 4096"],
    ["no size", {}, "ERR_FAMFS_INVALID_TYPE", "size must be a number, found undefined"],
    ["a size in letters", { size: "4096" }, "ERR_FAMFS_INVALID_TYPE", 'found "4096" (string)'],
    ["a BigInt", { size: 4096n }, "ERR_FAMFS_INVALID_TYPE", "found 4096n (bigint)"],
    ["size 0", { size: 0 }, "ERR_FAMFS_OUT_OF_RANGE", "from 1 to 9007199254740991, found 0"],
    ["a negative size", { size: -1 }, "ERR_FAMFS_OUT_OF_RANGE", "found -1"],
    ["half a byte", { size: 1.5 }, "ERR_FAMFS_OUT_OF_RANGE", "found 1.5"],
    ["NaN", { size: Number.NaN }, "ERR_FAMFS_OUT_OF_RANGE", "found NaN"],
    ["infinity", { size: Number.POSITIVE_INFINITY }, "ERR_FAMFS_OUT_OF_RANGE", "found Infinity"],
    ["an unsafe integer", { size: 2 ** 53 }, "ERR_FAMFS_OUT_OF_RANGE", "found 9007199254740992"],
    ["a mode of too many bits", { size: 1, mode: 0o1777 }, "ERR_FAMFS_OUT_OF_RANGE", "mode must be"],
    ["a mode in letters", { size: 1, mode: "644" }, "ERR_FAMFS_INVALID_TYPE", "mode must be"],
    ["mode null", { size: 1, mode: null }, "ERR_FAMFS_INVALID_TYPE", "mode must be"],
    ["another ifExists", { size: 1, ifExists: "truncate" }, "ERR_FAMFS_OUT_OF_RANGE", '"error" or "open"'],
    ["ifExists null", { size: 1, ifExists: null }, "ERR_FAMFS_INVALID_TYPE", '"error" or "open"'],
    ["a signal that is none", { size: 1, signal: {} }, "ERR_FAMFS_INVALID_TYPE", "an AbortSignal"],
    ["an onProgress that is none", { size: 1, onProgress: 1 }, "ERR_FAMFS_INVALID_TYPE", "a function"],
    ["an unknown option", { size: 1, sise: 1 }, "ERR_FAMFS_UNKNOWN_OPTION", 'create has no option "sise"'],
  ])("%s", async (_, options, code, message) => {
    const { instance, name } = await testInstance();
    const make = () => instance.create(name(), options as CreateOptions);
    await expectErrorWithoutTrace(instance.path, code, make, message);
  });
});

describe("a file's name", () => {
  test.each<[string, unknown, FamfsErrorCode, string]>([
    ["a number", 5, "ERR_FAMFS_INVALID_TYPE", "name must be a string, found 5"],
    ["undefined", undefined, "ERR_FAMFS_INVALID_TYPE", "found undefined"],
    ["a Buffer", Buffer.from("a"), "ERR_FAMFS_INVALID_TYPE", "name must be a string"],
    ["empty", "", "ERR_FAMFS_INVALID_NAME", "empty"],
    ["absolute", "/etc/passwd", "ERR_FAMFS_INVALID_NAME", "absolute"],
    ["the parent", "..", "ERR_FAMFS_INVALID_NAME", '".."'],
    ["out and back", "a/../../b", "ERR_FAMFS_INVALID_NAME", '".."'],
    ["the instance itself", ".", "ERR_FAMFS_INVALID_NAME", '"."'],
    ["a dot inside", "a/./b", "ERR_FAMFS_INVALID_NAME", '"."'],
    ["an empty part", "a//b", "ERR_FAMFS_INVALID_NAME", "an empty part"],
    ["a slash at the end", "a/", "ERR_FAMFS_INVALID_NAME", "an empty part"],
    ["a NUL character", "a\0b", "ERR_FAMFS_INVALID_NAME", "NUL"],
    ["a leading dash", "-rf", "ERR_FAMFS_INVALID_NAME", '"-"'],
    ["a dash leading a part", "a/--help", "ERR_FAMFS_INVALID_NAME", '"-"'],
    ["256 bytes", "x".repeat(256), "ERR_FAMFS_INVALID_NAME", "255"],
    ["256 bytes of few letters", "ä".repeat(128), "ERR_FAMFS_INVALID_NAME", "255"],
    ["a folder of 256 bytes", `${"x".repeat(256)}/a`, "ERR_FAMFS_INVALID_NAME", "255"],
    ["more than 4095 bytes", `${"x/".repeat(2100)}a`, "ERR_FAMFS_INVALID_NAME", "4095"],
  ])("may not be %s", async (_, name, code, message) => {
    const { instance } = await testInstance();
    await expectErrorWithoutTrace(instance.path, code, () => instance.create(name as string, { size: 1 }), message);
    await expectErrorWithoutTrace(instance.path, code, () => instance.open(name as string), message);
  });

  test.each(["a", "..a", "a-", "ä€😀", "with space", "x".repeat(250), "a\nb", "%2e%2e", "~", "*"])(
    "may be %j",
    async (stem) => {
      const { instance, path } = await tmpfsInstance();
      const file = await instance.create(stem, { size: 1 });
      expect(file.path).toBe(path(stem));
      expect((await instance.open(stem)).size).toBe(1);
    },
  );

  test("shows in an error message on one line and cut short", async () => {
    const { instance } = await testInstance();
    const error = await expectError("ERR_FAMFS_INVALID_NAME", () => instance.open(`../${"x".repeat(5000)}\n`));
    expect(error.message.length).toBeLessThan(400);
    expect(error.message).not.toContain("\n");
  });
});

test("a file that someone else puts in place between look and link is not overwritten", async () => {
  const { instance, name, path } = await testInstance();
  const fresh = name();
  const onProgress = () => writeFileSync(path(fresh), "first");
  await expectError("ERR_FAMFS_EXISTS", () => instance.create(fresh, { size: 4096, onProgress }));
  expect(statSync(path(fresh)).size).toBe(5);
});
