import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTmpfsInstance, type FamfsErrorCode, type TmpfsInstanceOptions } from "famfs";
import { expect, onTestFinished, test } from "vitest";
import { Child, result, run } from "../support/child.js";
import { expectError } from "../support/errors.js";
import { cannotMount, named } from "../support/requirements.js";
import { nextMessage, startWorker } from "../support/worker.js";

/** A place for private instances that only this test uses. */
function place(): string {
  const directory = mkdtempSync("/dev/shm/famfs-test-");
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const CREATOR = `
  import { createTmpfsInstance } from "famfs";
  const instance = await createTmpfsInstance({ directory: process.argv[1] });
  const file = await instance.create("table", { size: 4096 });
  const mapping = file.map();
  mapping.bytes()[0] = 42;
  process.send(instance.path);
`;

test("makes a directory that only its user may enter", async () => {
  const instance = await createTmpfsInstance();
  expect(statSync(instance.path).mode & 0o7777).toBe(0o700);
  expect(instance.kind).toBe("tmpfs");
  expect(instance.path).toMatch(/^\/dev\/shm\/famfs-/);
  await instance.close();
});

test("two instances are two directories", async () => {
  await using one = await createTmpfsInstance();
  await using other = await createTmpfsInstance();
  expect(one.path).not.toBe(other.path);
});

test("close removes the directory with all it holds, and closing again does nothing", async () => {
  const instance = await createTmpfsInstance();
  await instance.create("a", { size: 1 });
  mkdirSync(join(instance.path, "folder"));
  await instance.create("folder/b", { size: 1 });
  const closing = instance.close();
  expect(instance.close()).toBe(closing);
  await closing;
  expect(existsSync(instance.path)).toBe(false);
  await instance.close();
});

test.each([
  ["the end of the script", ""],
  ["process.exit()", "process.exit();"],
  ["an uncaught exception", 'throw new Error("on purpose");'],
])("the directory goes with %s", async (_, ending) => {
  const child = new Child(`${CREATOR} process.disconnect(); ${ending}`, { args: [place()] });
  const path = await child.message<string>();
  await child.ended;
  expect(existsSync(path)).toBe(false);
});

test("what a terminated worker left is removed by the next creator after its process", async () => {
  const directory = place();
  const script = `
    import { Worker } from "node:worker_threads";
    const code = \`(async () => {
      const { createTmpfsInstance } = await import("famfs");
      const instance = await createTmpfsInstance({ directory: \${JSON.stringify(process.argv[1])} });
      (await import("node:worker_threads")).parentPort.postMessage(instance.path);
      setInterval(() => {}, 1000);
    })()\`;
    const worker = new Worker(code, { eval: true });
    const path = await new Promise((resolve) => worker.once("message", resolve));
    await worker.terminate();
    console.log(JSON.stringify(path));`;
  const path = await result<string>(script, { args: [directory] });
  expect(path).toContain(directory);
  await (await createTmpfsInstance({ directory })).close();
  expect(existsSync(path)).toBe(false);
});

test("the directory that a worker made goes when the worker ends", async () => {
  const worker = startWorker(`port.postMessage((await famfs.createTmpfsInstance()).path);`);
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  const path = await nextMessage<string>(worker);
  await ended;
  expect(existsSync(path)).toBe(false);
});

test("what a killed creator left is removed by the next one", async () => {
  const directory = place();
  const child = new Child(`${CREATOR} setInterval(() => {}, 1000);`, { args: [directory] });
  const path = await child.message<string>();
  child.process.kill("SIGKILL");
  await child.ended;
  expect(existsSync(path)).toBe(true);
  const next = await createTmpfsInstance({ directory });
  expect(existsSync(path)).toBe(false);
  expect(existsSync(next.path)).toBe(true);
  await next.close();
});

test("what a live creator has is not removed by another one", async () => {
  const directory = place();
  const child = new Child(`${CREATOR} setInterval(() => {}, 1000);`, { args: [directory] });
  const path = await child.message<string>();
  const next = await createTmpfsInstance({ directory });
  expect(existsSync(join(path, "table"))).toBe(true);
  await next.close();
  expect(existsSync(join(path, "table"))).toBe(true);
});

test("a process that has a file mapped keeps its memory when the creator's directory is removed", async () => {
  const directory = place();
  const creator = new Child(`${CREATOR} process.send(mapping.handle()); setInterval(() => {}, 1000);`, {
    args: [directory],
  });
  await creator.message();
  const handle = await creator.message<object>();
  const reader = new Child(`
    import { openHandle } from "famfs";
    process.on("message", async (handle) => {
      const bytes = (await openHandle(handle)).bytes();
      process.send("mapped");
      process.on("message", () => { process.send(bytes[0]); process.disconnect(); });
    });`);
  reader.send(handle);
  await reader.message();
  creator.process.kill("SIGKILL");
  await creator.ended;
  const next = await createTmpfsInstance({ directory });
  expect(readdirSync(directory)).toHaveLength(1);
  reader.send("read");
  expect(await reader.message()).toBe(42);
  await next.close();
});

test.skipIf(cannotMount)(named("what another pid namespace made is left alone", cannotMount), async () => {
  const directory = place();
  const child = new Child(`${CREATOR} setInterval(() => {}, 1000);`, {
    args: [directory],
    wrapper: ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"],
  });
  const path = await child.message<string>();
  await (await createTmpfsInstance({ directory })).close();
  expect(existsSync(join(path, "table"))).toBe(true);
});

test("what only looks like a left-over is left alone", async () => {
  const directory = place();
  const probe = await createTmpfsInstance({ directory });
  const dead = probe.path.replace(/-(\d+)-(\d+)-[^-]*$/, "-4194305-1-abcdef");
  await probe.close();
  const target = join(directory, "target");
  mkdirSync(target);
  writeFileSync(join(target, "kept"), "");
  symlinkSync(target, dead);
  writeFileSync(`${dead}2`, "a file");
  mkdirSync(join(directory, "famfs-other"));
  await (await createTmpfsInstance({ directory })).close();
  expect(readdirSync(directory).sort()).toEqual(
    ["famfs-other", "target", dead, `${dead}2`].map((path) => path.replace(`${directory}/`, "")).sort(),
  );
  expect(existsSync(join(target, "kept"))).toBe(true);
});

test("many processes make and drop instances beside each other and disturb none", async () => {
  const directory = place();
  const script = `
    import { createTmpfsInstance } from "famfs";
    for (let i = 0; i < 20; i++) {
      const instance = await createTmpfsInstance({ directory: process.argv[1] });
      const file = await instance.create("x", { size: 1 });
      (await instance.open("x")).close();
      file.close();
      await instance.close();
    }`;
  const all = await Promise.all(Array.from({ length: 4 }, () => run(script, { args: [directory] })));
  for (const ended of all) expect(ended).toMatchObject({ code: 0, stderr: "" });
  expect(readdirSync(directory)).toEqual([]);
});

test("refuses a directory that is missing, no directory, or not on tmpfs, and leaves nothing", async () => {
  const directory = place();
  const make = (path: string) => () => createTmpfsInstance({ directory: path });
  await expectError("ERR_FAMFS_NOT_FOUND", make(join(directory, "missing")), "missing");
  await expectError("ERR_FAMFS_NOT_FOUND", make(""));
  writeFileSync(join(directory, "file"), "");
  await expectError("ERR_FAMFS_NOT_A_DIRECTORY", make(join(directory, "file")));
  const onDisk = new URL("..", import.meta.url).pathname;
  await expectError("ERR_FAMFS_UNSUPPORTED_FILESYSTEM", make(onDisk), "expected tmpfs");
  expect(readdirSync(directory)).toEqual(["file"]);
});

test.each<[unknown, FamfsErrorCode, string]>([
  [{ directory: 5 }, "ERR_FAMFS_INVALID_TYPE", "directory must be a string, found 5"],
  [{ directory: null }, "ERR_FAMFS_INVALID_TYPE", "directory must be a string, found null"],
  [{ dir: "/dev/shm" }, "ERR_FAMFS_UNKNOWN_OPTION", 'no option "dir"; its options are directory'],
  ["/dev/shm", "ERR_FAMFS_INVALID_TYPE", 'must be an object, found "/dev/shm"'],
  [null, "ERR_FAMFS_INVALID_TYPE", "must be an object, found null"],
])("refuses %j as options", async (options, code, message) => {
  await expectError(code, () => createTmpfsInstance(options as TmpfsInstanceOptions), message);
});
