import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTmpfsInstance, type OpenInstanceOptions, openInstance } from "famfs";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { result } from "../support/child.js";
import { expectError } from "../support/errors.js";
import { tmpfsInstance } from "../support/instance.js";
import { named, notRoot } from "../support/requirements.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A directory below /dev/shm that is no instance yet. */
function plainTmpfsDirectory(): string {
  const path = mkdtempSync("/dev/shm/famfs-test-");
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A directory that is not on tmpfs; the repository itself lies on a disk. */
const onDisk = new URL("..", import.meta.url).pathname;

describe("openInstance", () => {
  test("takes a directory on tmpfs as it is, and leaves it there when it closes", async () => {
    const path = plainTmpfsDirectory();
    const instance = await openInstance(path);
    expect(instance.kind).toBe("tmpfs");
    expect(instance.path).toBe(path);
    expect(instance.closed).toBe(false);
    const file = await instance.create("kept", { size: 100 });
    file.close();
    await instance.close();
    expect(instance.closed).toBe(true);
    const again = await openInstance(path);
    expect((await again.open("kept")).size).toBe(100);
    await again.close();
  });

  test("resolves relative paths and symbolic links once", async () => {
    const path = plainTmpfsDirectory();
    const link = join(plainTmpfsDirectory(), "link");
    symlinkSync(path, link);
    const instance = await openInstance(link);
    expect(instance.path).toBe(realpathSync(path));
    await instance.close();
  });

  test("takes the page size of the running kernel for the alignment of mappings", async () => {
    const pageSize = await result<number>(
      `import { execFileSync } from "node:child_process"; console.log(execFileSync("getconf", ["PAGESIZE"]).toString());`,
    );
    const { instance } = await tmpfsInstance();
    expect(instance.mapAlignment).toBe(pageSize);
  });

  test.each([undefined, ""])("without a path (%j) opens that of FAMFS_PATH", async (path) => {
    const named = plainTmpfsDirectory();
    vi.stubEnv("FAMFS_PATH", named);
    const instance = await openInstance(path);
    expect(instance.path).toBe(named);
    await instance.close();
    vi.stubEnv("FAMFS_PATH", `${named}/missing`);
    await expectError("ERR_FAMFS_NOT_FOUND", () => openInstance(path), `${named}/missing`);
  });

  test.each([
    [undefined, undefined],
    ["", undefined],
    [undefined, ""],
  ])("without a path (%j), and FAMFS_PATH is %j, names the fallback", async (path, environment) => {
    vi.stubEnv("FAMFS_PATH", environment);
    await expectError("ERR_FAMFS_NO_PATH", () => openInstance(path), 'fallback: "tmpfs"', "none", "FAMFS_PATH");
  });

  test("takes the path that is given, not that of FAMFS_PATH", async () => {
    vi.stubEnv("FAMFS_PATH", "/nowhere");
    const path = plainTmpfsDirectory();
    const instance = await openInstance(path);
    expect(instance.path).toBe(path);
    await instance.close();
  });

  test("refuses a disk's file system and says why, unless the page cache is accepted", async () => {
    const error = await expectError(
      "ERR_FAMFS_UNSUPPORTED_FILESYSTEM",
      () => openInstance(onDisk),
      "expected tmpfs",
      "page cache",
      "written back to disk",
      'fallback: "tmpfs"',
      "allowPageCache: true",
    );
    expect(error.path).toBe(onDisk);
    const instance = await openInstance(onDisk, { allowPageCache: true });
    expect(instance.kind).toBe("page-cache");
    await instance.close();
  });

  test("maps files of an ordinary directory once the page cache is accepted", async () => {
    const path = mkdtempSync(join(onDisk, ".page-cache-"));
    onTestFinished(() => rmSync(path, { recursive: true, force: true }));
    await using instance = await openInstance(path, { allowPageCache: true });
    const created = await instance.create("file", { size: 8192 });
    created.map().bytes()[5000] = 7;
    expect((await instance.open("file")).map().bytes()[5000]).toBe(7);
  });

  test("names what is not there", async () => {
    const missing = join(plainTmpfsDirectory(), "missing");
    const error = await expectError("ERR_FAMFS_NOT_FOUND", () => openInstance(missing), missing, "does not exist");
    expect(error.errno).toBe(-2);
    expect(error.path).toBe(missing);
    expect(error.syscall).toBeTypeOf("string");
  });

  test("refuses a file, and a path below a file", async () => {
    const file = join(plainTmpfsDirectory(), "file");
    writeFileSync(file, "");
    await expectError("ERR_FAMFS_NOT_A_DIRECTORY", () => openInstance(file), file, "directory");
    await expectError("ERR_FAMFS_NOT_FOUND", () => openInstance(join(file, "below")), "no directory");
  });

  test("refuses a path with a NUL character", async () => {
    await expectError("ERR_FAMFS_INVALID_NAME", () => openInstance("/dev/shm\0/x"), "NUL");
    await expectError("ERR_FAMFS_INVALID_NAME", () => createTmpfsInstance({ directory: "/dev/shm\0" }), "NUL");
  });

  test.skipIf(notRoot)(named("tells a directory that may not be entered", notRoot), async () => {
    const path = plainTmpfsDirectory();
    const error = await result<{ code: string; message: string }>(
      `import { openInstance } from "famfs";
       await openInstance(process.argv[1] + "/inner").catch(({ code, message }) => console.log(JSON.stringify({ code, message })));`,
      { args: [path], uid: 65534 },
    );
    expect(error.code).toBe("ERR_FAMFS_PERMISSION");
    expect(error.message).toContain(path);
  });

  test.each<[string, unknown, string | RegExp]>([
    ["fallback", "disk", 'must be "tmpfs", found "disk"'],
    ["fallback", 1, 'must be "tmpfs", found 1'],
    ["allowPageCache", "yes", "true or false"],
    ["allowPageCache", null, "true or false"],
    ["fallback", null, "found null"],
    ["cli", "famfs", "an array of strings"],
    ["cli", ["sudo", 5], "cli[1]"],
    ["force", 1, "true or false"],
  ])("refuses %s: %j", async (option, value, expected) => {
    const action = () => openInstance("/dev/shm", { [option]: value } as OpenInstanceOptions);
    await expectError(
      typeof value === "string" && option === "fallback" ? "ERR_FAMFS_OUT_OF_RANGE" : "ERR_FAMFS_INVALID_TYPE",
      action,
      option,
      expected,
    );
  });

  test.each([[[]], [[""]], [["", "x"]]])("refuses a command without a program, %j", async (cli) => {
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => openInstance("/dev/shm", { cli }), '["famfs"]');
  });

  test("refuses a command with a NUL character", async () => {
    await expectError("ERR_FAMFS_INVALID_NAME", () => openInstance("/dev/shm", { cli: ["fam\0fs"] }), "cli[0]", "NUL");
  });

  test("refuses unknown options and lists its own", async () => {
    const misspelt = { fallBack: "tmpfs" } as OpenInstanceOptions;
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => openInstance(undefined, misspelt), "fallBack", "fallback");
    const list = [] as unknown as OpenInstanceOptions;
    await expectError("ERR_FAMFS_INVALID_TYPE", () => openInstance(undefined, list), "an array of 0");
    await expectError("ERR_FAMFS_INVALID_TYPE", () => openInstance(7 as unknown as string), "path", "found 7");
  });
});

describe('openInstance with { fallback: "tmpfs" }', () => {
  const file = join(tmpdir(), `famfs-test-${process.pid}`);

  test.each([
    ["no path", undefined],
    ["an empty path", ""],
    ["a missing path", "/dev/shm/famfs-missing/instance"],
    ["a directory on disk", onDisk],
    ["a path below a file", "/dev/null/below"],
  ])("makes a private instance in place of %s", async (_, path) => {
    vi.stubEnv("FAMFS_PATH", undefined);
    const instance = await openInstance(path, { fallback: "tmpfs" });
    expect(instance.kind).toBe("tmpfs");
    expect(instance.path).toMatch(/^\/dev\/shm\/famfs-/);
    await instance.close();
  });

  test("makes one in place of a file too", async () => {
    writeFileSync(file, "");
    onTestFinished(() => rmSync(file));
    const instance = await openInstance(file, { fallback: "tmpfs" });
    expect(instance.path).not.toBe(file);
    await instance.close();
  });

  test("takes the directory that was named where it is an instance", async () => {
    const path = plainTmpfsDirectory();
    const instance = await openInstance(path, { fallback: "tmpfs" });
    expect(instance.path).toBe(path);
    await instance.close();
  });

  test.skipIf(notRoot)(named("does not hide that the named directory may not be entered", notRoot), async () => {
    const path = plainTmpfsDirectory();
    const code = await result<string>(
      `import { openInstance } from "famfs";
       await openInstance(process.argv[1] + "/inner", { fallback: "tmpfs" }).catch(({ code }) => console.log(JSON.stringify(code)));`,
      { args: [path], uid: 65534 },
    );
    expect(code).toBe("ERR_FAMFS_PERMISSION");
  });
});
