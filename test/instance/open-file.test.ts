import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, openSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { FamfsErrorCode, OpenOptions } from "famfs";
import { describe, expect, onTestFinished, test } from "vitest";
import { result } from "../support/child.js";
import { expectError, expectErrorWithoutTrace } from "../support/errors.js";
import { testInstance } from "../support/instance.js";
import { named, notRoot } from "../support/requirements.js";

describe("open", () => {
  test("opens read-only unless told otherwise", async () => {
    const { instance, name } = await testInstance();
    const fresh = name();
    await instance.create(fresh, { size: 100 });
    expect(await instance.open(fresh)).toMatchObject({ access: "read-only", size: 100 });
    expect((await instance.open(fresh)).map().access).toBe("read-only");
    expect(await instance.open(fresh, {})).toMatchObject({ access: "read-only" });
    expect(await instance.open(fresh, { access: undefined })).toMatchObject({ access: "read-only" });
    expect((await instance.open(fresh, { access: "read-write" })).map().access).toBe("read-write");
  });

  test("names a file that is not there", async () => {
    const { instance, name, path } = await testInstance();
    const missing = name("missing");
    const open = () => instance.open(missing);
    const error = await expectErrorWithoutTrace(instance.path, "ERR_FAMFS_NOT_FOUND", open, missing, "create it first");
    expect(error).toMatchObject({ errno: -2, path: path(missing), syscall: "open" });
  });

  test("refuses a directory, in both ways of opening", async () => {
    const { instance, name, path } = await testInstance();
    const folder = name("folder");
    mkdirSync(path(folder));
    for (const access of ["read-only", "read-write"] as const) {
      const open = () => instance.open(folder, { access });
      await expectErrorWithoutTrace(instance.path, "ERR_FAMFS_IS_DIRECTORY", open, "is a directory, expected a file");
    }
  });

  test("refuses a pipe without waiting for its other end", async () => {
    const { instance, name, path } = await testInstance();
    const pipe = name("pipe");
    execFileSync("mkfifo", [path(pipe)]);
    for (const access of ["read-only", "read-write"] as const) {
      const open = () => instance.open(pipe, { access });
      await expectErrorWithoutTrace(instance.path, "ERR_FAMFS_NOT_A_FILE", open, "no regular file", "cannot be mapped");
    }
    const make = () => instance.create(pipe, { size: 1, ifExists: "open" });
    await expectErrorWithoutTrace(instance.path, "ERR_FAMFS_NOT_A_FILE", make);
  });

  test("refuses a socket and a device", async () => {
    const { instance, name, path } = await testInstance();
    const [socket, device] = [name("socket"), name("device")];
    const server = createServer().listen(path(socket));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    symlinkSync("/dev/zero", path(device));
    for (const refused of [socket, device]) {
      await expectErrorWithoutTrace(instance.path, "ERR_FAMFS_NOT_A_FILE", () => instance.open(refused), "pipe");
    }
  });

  test("opens an empty file, which has nothing to map", async () => {
    const { instance, name, path } = await testInstance();
    const empty = name("empty");
    writeFileSync(path(empty), "");
    const file = await instance.open(empty);
    expect(file.size).toBe(0);
    await expectErrorWithoutTrace(instance.path, "ERR_FAMFS_PAST_END", () => file.map(), "0 bytes");
  });

  test.skipIf(notRoot)(named("tells what another user may not do", notRoot), async () => {
    const { instance, name, path } = await testInstance();
    const [unreadable, unwritable] = [name("unreadable"), name("unwritable")];
    await instance.create(unreadable, { size: 1, mode: 0o600 });
    await instance.create(unwritable, { size: 1, mode: 0o644 });
    chmodSync(instance.path, 0o755);
    onTestFinished(() => chmodSync(instance.path, 0o700));
    const script = `
      import { openInstance } from "famfs";
      const [path, unreadable, unwritable] = process.argv.slice(1);
      const instance = await openInstance(path);
      const said = [];
      const attempt = (action) => action().catch(({ code, message, path }) => said.push({ code, message, path }));
      await attempt(() => instance.open(unreadable));
      await attempt(() => instance.open(unwritable, { access: "read-write" }));
      await attempt(() => instance.create(unwritable, { size: 1, ifExists: "open" }));
      await attempt(() => instance.create("fresh", { size: 1 }));
      said.push((await instance.open(unwritable)).size);
      console.log(JSON.stringify(said));`;
    const said = await result<unknown[]>(script, { args: [instance.path, unreadable, unwritable], uid: 65534 });
    const refused = (file: string) => ({
      code: "ERR_FAMFS_PERMISSION",
      message: expect.stringContaining(path(file)) as string,
      path: path(file),
    });
    expect(said).toEqual([refused(unreadable), refused(unwritable), refused(unwritable), refused("fresh"), 1]);
  });

  test.each<[unknown, FamfsErrorCode, string]>([
    [{ access: "write" }, "ERR_FAMFS_OUT_OF_RANGE", 'access must be "read-only" or "read-write", found "write"'],
    [{ access: 2 }, "ERR_FAMFS_INVALID_TYPE", "found 2"],
    [{ access: null }, "ERR_FAMFS_INVALID_TYPE", "found null"],
    [{ mode: 0o600 }, "ERR_FAMFS_UNKNOWN_OPTION", 'open has no option "mode"; its options are access'],
    ["read-write", "ERR_FAMFS_INVALID_TYPE", "the options of open must be an object"],
    [null, "ERR_FAMFS_INVALID_TYPE", "the options of open must be an object"],
  ])("refuses %j as options", async (options, code, message) => {
    const { instance, name } = await testInstance();
    const fresh = name();
    await instance.create(fresh, { size: 1 });
    const open = () => instance.open(fresh, options as OpenOptions);
    await expectErrorWithoutTrace(instance.path, code, open, message);
  });
});

describe("map of an open file", () => {
  test.each<[string, unknown, FamfsErrorCode, string]>([
    ["a negative offset", { offset: -4096 }, "ERR_FAMFS_OUT_OF_RANGE", "offset must be an integer from 0"],
    ["half an offset", { offset: 0.5 }, "ERR_FAMFS_OUT_OF_RANGE", "found 0.5"],
    ["an offset in letters", { offset: "0" }, "ERR_FAMFS_INVALID_TYPE", 'found "0"'],
    ["offset null", { offset: null }, "ERR_FAMFS_INVALID_TYPE", "found null"],
    ["length null", { length: null }, "ERR_FAMFS_INVALID_TYPE", "found null"],
    ["length 0", { length: 0 }, "ERR_FAMFS_OUT_OF_RANGE", "length must be an integer from 1"],
    ["an unsafe length", { length: 2 ** 53 }, "ERR_FAMFS_OUT_OF_RANGE", "length must be an integer"],
    ["an offset between pages", { offset: 1 }, "ERR_FAMFS_MISALIGNED", "the nearest are 0 and"],
    ["a length past the end", { length: 3 * 2 ** 16 + 1 }, "ERR_FAMFS_PAST_END", "196609 bytes at offset 0"],
    ["a range past the end", { offset: 2 ** 17, length: 2 ** 16 + 1 }, "ERR_FAMFS_PAST_END", "196608 bytes"],
    ["the end itself", { offset: 3 * 2 ** 16 }, "ERR_FAMFS_PAST_END", "0 bytes at offset 196608"],
    ["beyond the end", { offset: 2 ** 20 }, "ERR_FAMFS_PAST_END", "at offset 1048576"],
    ["what overflows", { offset: 2 ** 52, length: 2 ** 53 - 1 }, "ERR_FAMFS_PAST_END", "196608 bytes"],
    ["an unknown option", { start: 0 }, "ERR_FAMFS_UNKNOWN_OPTION", "its options are offset, length"],
    ["a number as options", 0, "ERR_FAMFS_INVALID_TYPE", "the options of map must be an object"],
  ])("refuses %s", async (_, options, code, message) => {
    const { instance, name } = await testInstance();
    const file = await instance.create(name(), { size: 3 * 2 ** 16 });
    const map = () => file.map(options as { offset: number });
    await expectErrorWithoutTrace(instance.path, code, map, message);
  });

  test("maps windows of the file that share their memory with the whole", async () => {
    const { instance, name } = await testInstance();
    const page = instance.mapAlignment;
    const file = await instance.create(name(), { size: 4 * page + 10 });
    const whole = file.map().bytes();
    const part = file.map({ offset: page, length: page + 1 });
    expect(part.byteLength).toBe(page + 1);
    part.bytes()[page] = 3;
    expect(whole[2 * page]).toBe(3);
    const rest = file.map({ offset: 4 * page });
    expect(rest.byteLength).toBe(10);
    whole[4 * page + 9] = 4;
    expect(rest.bytes()[9]).toBe(4);
    expect(file.map({ offset: undefined, length: undefined }).byteLength).toBe(4 * page + 10);
  });

  test("tells that the file was truncated since it was opened", async () => {
    const { instance, name, path } = await testInstance();
    const fresh = name();
    const file = await instance.create(fresh, { size: 2 ** 17 });
    truncateSync(path(fresh), 2 ** 16);
    await expectErrorWithoutTrace(instance.path, "ERR_FAMFS_PAST_END", () => file.map(), "131072", "truncated");
    expect(file.map({ length: 2 ** 16 }).bytes()).toHaveLength(2 ** 16);
  });

  test("goes on after the name is gone", async () => {
    const { instance, name, path } = await testInstance();
    const fresh = name();
    const file = await instance.create(fresh, { size: 4096 });
    const before = file.map().bytes();
    unlinkSync(path(fresh));
    before[1] = 8;
    expect(file.map().bytes()[1]).toBe(8);
  });
});

test("an object of the library's own making is not disturbed by descriptors that others close", async () => {
  const { instance, name, path } = await testInstance();
  const fresh = name();
  const file = await instance.create(fresh, { size: 4096 });
  const own = openSync(path(fresh), "r");
  expect(own).toBeGreaterThan(2);
  execFileSync("true");
  expect(file.map().bytes()).toHaveLength(4096);
});

test("closing a file twice does nothing, and mapping it afterwards says what to do", async () => {
  const { instance, name, path } = await testInstance();
  const fresh = name();
  const file = await instance.create(fresh, { size: 4096 });
  const mapping = file.map();
  file.close();
  file.close();
  expect(file.closed).toBe(true);
  expect(file.size).toBe(4096);
  await expectError("ERR_FAMFS_CLOSED", () => file.map(), path(fresh), "open it again");
  mapping.bytes()[0] = 1;
  expect(mapping.bytes()[0]).toBe(1);
});
