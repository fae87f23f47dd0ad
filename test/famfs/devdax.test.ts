import { closeSync, openSync, writeSync } from "node:fs";
import { openInstance } from "famfs";
import { describe, expect, test } from "vitest";
import { superblockBytes } from "../doubles/media-bytes.js";
import { makeDevdax } from "../support/devdax.js";
import { expectError } from "../support/errors.js";
import type { Said } from "../support/famfs.js";
import { named, noDax } from "../support/requirements.js";

const MEBI = 2 ** 20;

function store(path: string, bytes: Buffer, at = 0): void {
  const fd = openSync(path, "r+");
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

describe.skipIf(noDax)(named("a dax device without famfs", noDax), () => {
  test("is an instance with one file: itself", async () => {
    const { path, on } = makeDevdax();
    const found = await on(
      `const instance = await openInstance(root);
       const file = await instance.open("dax9.0");
       const { kind, coherence, mapAlignment } = instance;
       show({ path: instance.path, kind, coherence, mapAlignment, files: await list(instance), size: file.size,
              filePath: file.path, info: await instance.info(), devices: await instance.devices(),
              place: file.locate(2 ** 20), again: (await openInstance(instance.path)).path });`,
    );
    const extents = { kind: "simple", extents: [{ device: 0, offset: 0, length: 8 * MEBI }] };
    expect(found).toEqual({
      path,
      kind: "devdax",
      coherence: "incoherent",
      mapAlignment: 2 * MEBI,
      files: [{ name: "dax9.0", size: 8 * MEBI, mode: 0o600, uid: 0, gid: 0, extents }],
      size: 8 * MEBI,
      filePath: path,
      info: { kind: "devdax", path, coherence: "incoherent", device: path },
      devices: [{ index: 0, size: 8 * MEBI, path, mode: "devdax" }],
      place: { device: 0, offset: MEBI, length: 7 * MEBI },
      again: path,
    });
  });

  test("is mapped by the rules of its driver, also a few bytes of it", async () => {
    const { bytes, on } = makeDevdax();
    store(bytes, Buffer.from("hello"), 2 * MEBI);
    const found = await on(
      `const instance = await openInstance(root);
       const file = await instance.open("dax9.0", { access: "read-write" });
       const text = (mapping) => Buffer.from(mapping.bytes(0, 5)).toString();
       const [whole, part] = [file.map(), file.map({ offset: 2 ** 21, length: 5 })];
       const before = text(part);
       part.bytes()[0] = 72;
       part.writeBack(0, 5);
       const handle = part.handle();
       const other = await openHandle(handle);
       const window = await openHandle(whole.window(2 ** 21, 8).handle(), { access: "read-only" });
       show({ before, length: part.byteLength, whole: text(whole.window(2 ** 21, 8)), other: text(other), window: text(window),
              alignment: handle.alignment, identity: handle.identity, unaligned: await said(() => file.map({ offset: 4096 })),
              readOnly: await codeOf(async () => {
                const reading = (await instance.open("dax9.0")).map();
                reading.bytes()[0] = 1;
                reading.bytes();
              }) });
       for (const mapping of [whole, part, other, window]) mapping.close();`,
    );
    expect(found).toMatchObject({
      before: "hello",
      length: 5,
      whole: "Hello",
      other: "Hello",
      window: "Hello",
      alignment: 2 * MEBI,
      identity: "device:261",
      unaligned: { code: "ERR_FAMFS_MISALIGNED" },
      readOnly: "ERR_FAMFS_MEMORY_FAILURE",
    });
  });

  test("has the alignment that sysfs says, else 2 MiB", async () => {
    const alignment = `show((await openInstance(root)).mapAlignment);`;
    expect(await makeDevdax({ alignment: undefined }).on(alignment)).toBe(2 * MEBI);
    expect(await makeDevdax({ alignment: 4096 }).on(alignment)).toBe(4096);
  });

  test("makes no files and no folders, and plays no log", async () => {
    const { on } = makeDevdax();
    const found = await on<Record<string, Said>>(
      `const instance = await openInstance(root);
       show({ create: await said(() => instance.create("a", { size: 4096 })),
              createMany: await said(() => instance.createMany([{ name: "a", size: 4096 }])),
              mkdir: await said(() => instance.mkdir("a")), copyIn: await said(() => instance.copyIn(Buffer.alloc(5), "a")),
              replay: await said(() => instance.replay()), refresh: await said(() => instance.refresh()),
              other: await said(() => instance.open("dax0.0")) });`,
    );
    for (const call of ["create", "createMany", "mkdir", "copyIn"]) {
      expect(found[call]?.code, call).toBe("ERR_FAMFS_UNSUPPORTED_OPERATION");
      expect(found[call]?.message, call).toContain('open it by its name, "dax9.0"');
    }
    expect(found["replay"]?.value).toEqual({ entries: 0, newFiles: 0, newFolders: 0 });
    expect(found["refresh"]?.code).toBeUndefined();
    expect(found["other"]?.code).toBe("ERR_FAMFS_NOT_FOUND");
    expect(found["other"]?.message).toContain('"dax9.0"');
  });

  test.each([
    ["fsdev_dax", "fsdev", "daxctl reconfigure-device --mode=devdax dax9.0"],
    ["kmem", "system-ram", "daxctl reconfigure-device --mode=devdax --force dax9.0"],
    ["", "no mode", "daxctl reconfigure-device --mode=devdax dax9.0"],
    ["other", "no mode", "daxctl reconfigure-device --mode=devdax dax9.0"],
  ])("that driver %j has is refused, with the line that changes it", async (driver, found, line) => {
    const said = await makeDevdax({ driver }).on<Said>(`show(await said(() => openInstance(root, { force: true })));`);
    expect(said.code).toBe("ERR_FAMFS_DEVICE_MODE");
    expect(said.message).toContain(found);
    expect(said.message).toContain(line);
  });

  test("that carries a famfs is refused, unless forced", async () => {
    const { bytes, path, on } = makeDevdax();
    store(bytes, superblockBytes({}));
    const found = await on<Record<string, Said>>(
      `const kind = async (options) => (await openInstance(root, options)).kind;
       show({ plain: await said(() => kind()), declared: await said(() => kind({ coherence: "coherent" })),
              forced: await said(() => kind({ force: true })), forcedNot: await said(() => kind({ force: false })),
              listed: (await famfs.listInstances()).length });`,
    );
    for (const call of ["plain", "declared", "forcedNot"]) {
      expect(found[call]?.code, call).toBe("ERR_FAMFS_DEVICE_IN_USE");
      expect(found[call]?.message).toMatch(/carries a famfs.*force: true.*mkfs\.famfs --kill/);
      expect(found[call]?.path).toBe(path);
    }
    expect(found["forced"]?.value).toBe("devdax");
  });

  test("with anything else at its start is not famfs", async () => {
    const { bytes, on } = makeDevdax();
    store(bytes, Buffer.alloc(4096, 0xff));
    expect(await on(`show((await openInstance(root)).kind);`)).toBe("devdax");
  });

  test("that is mounted is refused, unless forced", async () => {
    const { folder, path, on } = makeDevdax();
    const found = await on<[Said, string]>(
      `import { execFileSync } from "node:child_process";
       fs.mkdirSync(args[0]);
       execFileSync("mount", ["-t", "tmpfs", root, args[0]]);
       const said1 = await said(() => openInstance(root));
       show([said1, (await openInstance(root, { force: true })).kind]);`,
      { args: [`${folder}/mnt`] },
    );
    expect(found[0].code).toBe("ERR_FAMFS_DEVICE_IN_USE");
    expect(found[0].message).toContain(`${path} is mounted at ${folder}/mnt`);
    expect(found[1]).toBe("devdax");
  });

  test("that this user may not open says so", async () => {
    const said = await makeDevdax().on<Said>(`show(await said(() => openInstance(root)));`, { uid: 65534 });
    expect(said.code).toBe("ERR_FAMFS_PERMISSION");
  });

  test("is a dax device by its number, not by its name", async () => {
    const said = await makeDevdax({ number: "252:7" }).on<Said>(`show(await said(() => openInstance(root)));`);
    expect(said.code).toBe("ERR_FAMFS_NOT_A_DIRECTORY");
    expect(said.message).toContain("no dax device");
  });

  test("cannot be simulated", async () => {
    const said = await makeDevdax().on<Said>(
      `show(await said(() => openInstance(root, { coherence: "simulated", host: 1 })));`,
    );
    expect(said.code).toBe("ERR_FAMFS_SIMULATION");
  });

  test("is told apart by handles: a file of another kind in its place makes them stale", async () => {
    const { on } = makeDevdax();
    const found = await on(
      `const handle = (await (await openInstance(root)).open("dax9.0")).map().handle();
       fs.renameSync(root, root + "-away");
       fs.writeFileSync(root, Buffer.alloc(4096));
       const replaced = await codeOf(() => openHandle(handle));
       const other = await codeOf(() => openHandle({ ...handle, path: "/dev/null" }));
       show([handle.kind, replaced, other]);`,
    );
    expect(found).toEqual(["devdax", "ERR_FAMFS_STALE_HANDLE", "ERR_FAMFS_STALE_HANDLE"]);
  });
});

test("another device is no instance, also where a fallback is wanted for what is none", async () => {
  await expectError("ERR_FAMFS_NOT_A_DIRECTORY", () => openInstance("/dev/null"), "no dax device");
  const fallen = await openInstance("/dev/null", { fallback: "tmpfs" });
  expect(fallen.kind).toBe("tmpfs");
  await fallen.close();
});
