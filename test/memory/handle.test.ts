import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { type FamfsErrorCode, type MappingHandle, type OpenHandleOptions, openHandle } from "famfs";
import { describe, expect, test } from "vitest";
import { Child, result } from "../support/child.js";
import { expectError, expectErrorWithoutTrace } from "../support/errors.js";
import { testInstance } from "../support/instance.js";
import { mapsOf } from "../support/proc.js";
import { named, notRoot } from "../support/requirements.js";
import { nextMessage, startWorker } from "../support/worker.js";

const SIZE = 1 << 17;

async function mapped() {
  const { instance, name, path } = await testInstance();
  const fresh = name();
  const file = await instance.create(fresh, { size: SIZE });
  return { instance, name, file, mapping: file.map(), path: path(fresh), at: path };
}

describe("a handle", () => {
  test("is plain data that survives JSON", async () => {
    const { mapping, path, instance } = await mapped();
    const handle = mapping.handle();
    expect(JSON.parse(JSON.stringify(handle))).toEqual(handle);
    expect(structuredClone(handle)).toEqual(handle);
    expect(handle).toMatchObject({
      path,
      offset: 0,
      length: SIZE,
      alignment: instance.mapAlignment,
      access: "read-write",
    });
    const again = await openHandle(JSON.parse(JSON.stringify(handle)));
    again.bytes()[8] = 88;
    expect(mapping.bytes()[8]).toBe(88);
    again.close();
    expect(mapping.closed).toBe(false);
  });

  test("of a window, or of a part of a file, means that part", async () => {
    const { instance, file, mapping } = await mapped();
    const page = instance.mapAlignment;
    const part = file.map({ offset: page, length: 2 * page }).window(page + 24, 40);
    const opened = await openHandle(part.handle());
    expect(opened.byteLength).toBe(40);
    expect(opened.bytes()).toHaveLength(40);
    opened.bytes()[3] = 7;
    expect(mapping.bytes()[2 * page + 27]).toBe(7);
    const again = await openHandle(opened.handle());
    expect(again.bytes()[3]).toBe(7);
    expect(again.handle()).toEqual(part.handle());
  });

  test("opens a mapping of its own, which outlives the first, its file and its instance", async () => {
    const { instance, file, mapping } = await mapped();
    const opened = await openHandle(mapping.handle());
    mapping.bytes()[0] = 5;
    mapping.close();
    file.close();
    await instance.close();
    expect(opened.bytes()[0]).toBe(5);
    expect(mapsOf(file.path)).toHaveLength(1);
    opened.close();
    await opened.released;
    expect(mapsOf(file.path)).toEqual([]);
  });

  test("opens with the access it was made with, or with less", async () => {
    const { mapping } = await mapped();
    expect((await openHandle(mapping.handle())).access).toBe("read-write");
    expect((await openHandle(mapping.handle(), { access: "read-only" })).access).toBe("read-only");
    expect((await openHandle({ ...mapping.handle(), access: "read-only" })).access).toBe("read-only");
  });
});

describe("workers", () => {
  test("open a mapping by its handle and share its memory", async () => {
    const { mapping } = await mapped();
    const words = mapping.view(Int32Array);
    const code = `
      const mapping = await famfs.openHandle(data);
      const words = mapping.view(Int32Array);
      for (let i = 0; i < 50_000; i++) Atomics.add(words, 0, 1);
      port.postMessage(words.length);
      mapping.close();`;
    const workers = Array.from({ length: 3 }, () => startWorker(code, mapping.handle()));
    const lengths = await Promise.all(workers.map((worker) => nextMessage<number>(worker)));
    expect(lengths).toEqual(Array(3).fill(SIZE / 4));
    expect(words[0]).toBe(150_000);
  });

  test("get what was stored after they mapped, and the other way, until they are told", async () => {
    const { mapping } = await mapped();
    const words = mapping.view(Int32Array);
    const worker = startWorker(
      `const words = (await famfs.openHandle(data)).view(Int32Array);
      port.postMessage("mapped");
      while (Atomics.load(words, 1) !== 7) await new Promise(setImmediate);
      Atomics.store(words, 2, 8);
      port.postMessage("stored");`,
      mapping.handle(),
    );
    await nextMessage(worker);
    Atomics.store(words, 1, 7);
    await nextMessage(worker);
    expect(words[2]).toBe(8);
  });

  test("send errors with their code and message", async () => {
    const worker = startWorker(
      `await famfs.openHandle(data).catch((error) => port.postMessage({ name: error.name, code: error.code, is: error instanceof famfs.FamfsError }));`,
      { path: "relative" },
    );
    expect(await nextMessage(worker)).toEqual({ name: "FamfsError", code: "ERR_FAMFS_INVALID_NAME", is: true });
  });
});

test("a child process opens a mapping by a handle that came through process.send", async () => {
  const { mapping } = await mapped();
  const bytes = mapping.bytes();
  bytes[0] = 1;
  const child = new Child(`
    import { openHandle } from "famfs";
    process.once("message", async (handle) => {
      const bytes = (await openHandle(handle)).bytes();
      bytes[1] = bytes[0] + 1;
      process.send(bytes.length);
      process.disconnect();
    });`);
  child.send(mapping.handle());
  expect(await child.message()).toBe(SIZE);
  expect(bytes[1]).toBe(2);
});

describe("a stale handle is refused:", () => {
  const stale = async (directory: string, handle: MappingHandle, found: string | RegExp) => {
    const open = () => openHandle(handle);
    const error = await expectErrorWithoutTrace(directory, "ERR_FAMFS_STALE_HANDLE", open, found, "ask its sender");
    expect(error.path).toBe(handle.path);
  };

  test("the name is gone", async () => {
    const { instance, mapping, path } = await mapped();
    unlinkSync(path);
    await stale(instance.path, mapping.handle(), "the name is gone");
  });

  test("its folder is gone, or is a file now", async () => {
    const { instance, name, at } = await mapped();
    const folder = name("folder");
    mkdirSync(at(folder));
    const handle = (await instance.create(`${folder}/a`, { size: 4096 })).map().handle();
    rmSync(at(folder), { recursive: true });
    await stale(instance.path, handle, "the name is gone");
    writeFileSync(at(folder), "");
    await stale(instance.path, handle, "the name is gone");
  });

  test("the name means another file of the same size", async () => {
    const { instance, name, mapping, path, at } = await mapped();
    const other = name();
    await instance.create(other, { size: SIZE });
    renameSync(at(other), path);
    await stale(instance.path, mapping.handle(), "another file now");
  });

  test("the name means a directory, a pipe or a device now", async () => {
    const { instance, mapping, path } = await mapped();
    const handle = mapping.handle();
    const makers = [() => mkdirSync(path), () => execFileSync("mkfifo", [path]), () => symlinkSync("/dev/zero", path)];
    for (const make of makers) {
      rmSync(path, { recursive: true, force: true });
      make();
      await stale(instance.path, handle, "another");
    }
  });

  test("the file has shrunk below the handle's part", async () => {
    const { instance, file, mapping, path } = await mapped();
    const handle = mapping.handle();
    const first = file.map({ length: 4096 }).handle();
    truncateSync(path, SIZE - 1);
    await stale(instance.path, handle, `${SIZE - 1} bytes now`);
    expect((await openHandle(first)).byteLength).toBe(4096);
    truncateSync(path, 0);
    await stale(instance.path, first, "0 bytes now");
  });

  test("the same name moved elsewhere still opens by the new path only", async () => {
    const { instance, name, mapping, path, at } = await mapped();
    const moved = name("moved");
    renameSync(path, at(moved));
    await stale(instance.path, mapping.handle(), "the name is gone");
    expect((await openHandle({ ...mapping.handle(), path: at(moved) })).byteLength).toBe(SIZE);
  });
});

describe("a handle that nobody made is refused:", () => {
  const hostile: [string, unknown, FamfsErrorCode, string][] = [
    ["undefined", undefined, "ERR_FAMFS_INVALID_TYPE", "what Mapping.handle() returned"],
    ["null", null, "ERR_FAMFS_INVALID_TYPE", "what Mapping.handle() returned"],
    ["a string", "handle", "ERR_FAMFS_INVALID_TYPE", "what Mapping.handle() returned"],
    ["an empty object", {}, "ERR_FAMFS_INVALID_TYPE", "handle.path"],
    ["an array", [], "ERR_FAMFS_INVALID_TYPE", "handle.path"],
    ["a function", () => {}, "ERR_FAMFS_INVALID_TYPE", "what Mapping.handle() returned"],
  ];
  test.each(hostile)("%s", async (_, handle, code, message) => {
    await expectError(code, () => openHandle(handle as MappingHandle), message);
  });

  test.each<[string, unknown, FamfsErrorCode, string]>([
    ["path", 5, "ERR_FAMFS_INVALID_TYPE", "handle.path"],
    ["path", "relative/file", "ERR_FAMFS_INVALID_NAME", "absolute"],
    ["path", "", "ERR_FAMFS_INVALID_NAME", "absolute"],
    ["path", "/dev/shm/a\0b", "ERR_FAMFS_INVALID_NAME", "absolute"],
    ["path", "/etc/passwd", "ERR_FAMFS_STALE_HANDLE", "another file now"],
    ["path", "/dev/zero", "ERR_FAMFS_STALE_HANDLE", "another"],
    ["path", "/dev/shm", "ERR_FAMFS_STALE_HANDLE", "another"],
    ["path", `/${"x".repeat(5000)}`, "ERR_FAMFS_INVALID_NAME", "4095"],
    ["identity", undefined, "ERR_FAMFS_INVALID_TYPE", "handle.identity"],
    ["identity", "0:0", "ERR_FAMFS_STALE_HANDLE", "another file now"],
    ["identity", "", "ERR_FAMFS_STALE_HANDLE", "another file now"],
    ["offset", -8, "ERR_FAMFS_OUT_OF_RANGE", "handle.offset"],
    ["kind", "disk", "ERR_FAMFS_OUT_OF_RANGE", "handle.kind"],
    ["kind", undefined, "ERR_FAMFS_INVALID_TYPE", "handle.kind"],
    ["offset", 4, "ERR_FAMFS_MISALIGNED", "handle.offset"],
    ["offset", "0", "ERR_FAMFS_INVALID_TYPE", "handle.offset"],
    ["offset", 2 ** 53, "ERR_FAMFS_OUT_OF_RANGE", "handle.offset"],
    ["offset", 2 ** 53 - 8, "ERR_FAMFS_STALE_HANDLE", `${SIZE} bytes now`],
    ["offset", SIZE, "ERR_FAMFS_STALE_HANDLE", `${SIZE} bytes now`],
    ["length", 0, "ERR_FAMFS_OUT_OF_RANGE", "handle.length"],
    ["length", Number.NaN, "ERR_FAMFS_OUT_OF_RANGE", "handle.length"],
    ["length", SIZE + 1, "ERR_FAMFS_STALE_HANDLE", `${SIZE} bytes now`],
    ["length", 2 ** 53 - 1, "ERR_FAMFS_STALE_HANDLE", `${SIZE} bytes now`],
    ["length", undefined, "ERR_FAMFS_INVALID_TYPE", "handle.length"],
    ["alignment", 0, "ERR_FAMFS_OUT_OF_RANGE", "handle.alignment"],
    ["alignment", 2 ** 31, "ERR_FAMFS_OUT_OF_RANGE", "handle.alignment"],
    ["alignment", 1, "ERR_FAMFS_OUT_OF_RANGE", "handle.alignment"],
    ["alignment", 5000, "ERR_FAMFS_OUT_OF_RANGE", "handle.alignment"],
    ["alignment", undefined, "ERR_FAMFS_INVALID_TYPE", "handle.alignment"],
    ["access", "write", "ERR_FAMFS_OUT_OF_RANGE", "handle.access"],
    ["access", undefined, "ERR_FAMFS_INVALID_TYPE", "handle.access"],
  ])("%s: %j", async (key, value, code, message) => {
    const { instance, mapping } = await mapped();
    const handle = { ...mapping.handle(), [key]: value } as MappingHandle;
    await expectErrorWithoutTrace(instance.path, code, () => openHandle(handle), message);
  });

  test("each property is read once, so that it cannot change after its check", async () => {
    const { mapping } = await mapped();
    const handle = mapping.handle() as unknown as Record<string, unknown>;
    const reads: Record<string, number> = {};
    const counting = new Proxy(handle, {
      get: (target, key: string) => {
        reads[key] = (reads[key] ?? 0) + 1;
        return target[key];
      },
    });
    await openHandle(counting as unknown as MappingHandle);
    expect(reads).toEqual({
      path: 1,
      kind: 1,
      identity: 1,
      offset: 1,
      length: 1,
      alignment: 1,
      access: 1,
      coherence: 1,
      host: 1,
    });
  });

  test.each<[unknown, FamfsErrorCode, string]>([
    [{ access: "all" }, "ERR_FAMFS_OUT_OF_RANGE", "access must be"],
    [{ access: null }, "ERR_FAMFS_INVALID_TYPE", "access must be"],
    [{ mode: 1 }, "ERR_FAMFS_UNKNOWN_OPTION", "its options are access"],
    [1, "ERR_FAMFS_INVALID_TYPE", "the options of openHandle"],
  ])("options %j", async (options, code, message) => {
    const { instance, mapping } = await mapped();
    const open = () => openHandle(mapping.handle(), options as OpenHandleOptions);
    await expectErrorWithoutTrace(instance.path, code, open, message);
  });

  test.skipIf(notRoot)(named("what this user may not open", notRoot), async () => {
    const { instance, mapping } = await mapped();
    const { chmodSync } = await import("node:fs");
    chmodSync(instance.path, 0o755);
    const script = `
      import { openHandle } from "famfs";
      const handle = JSON.parse(process.argv[1]);
      const said = [];
      await openHandle(handle).catch(({ code }) => said.push(code));
      said.push((await openHandle(handle, { access: "read-only" })).bytes().length);
      console.log(JSON.stringify(said));`;
    const said = await result(script, { args: [JSON.stringify(mapping.handle())], uid: 65534 });
    expect(said).toEqual(["ERR_FAMFS_PERMISSION", SIZE]);
  });
});
