import { chmodSync } from "node:fs";
import { join } from "node:path";
import type { FileEntry, InstanceInfo } from "famfs";
import { describe, expect, test } from "vitest";
import { DEFAULT_DEVICE_UUID, DEFAULT_MASTER_UUID, DEFAULT_UUID, MEBI } from "../doubles/media-bytes.js";
import { DOUBLES, famfsMount, kindOf, on, type Said } from "../support/famfs.js";
import type { FuseMount } from "../support/fuse-mount.js";
import { named, noDax, noFuse } from "../support/requirements.js";

const STRIPS = [
  { device: 0, offset: 64 * MEBI, length: 4 * MEBI },
  { device: 1, offset: 128 * MEBI, length: 4 * MEBI },
];
const files = [
  { name: "a", size: 5 * MEBI, mode: 0o640, uid: 7, gid: 8, bytes: Buffer.from("hello") },
  { name: "models/b", size: 100 },
];

describe.each(DOUBLES)("a famfs (%s)", (double, reason) => {
  const kind = kindOf(double);

  test.skipIf(reason)(named("tells what it is", reason), async () => {
    const mount = await famfsMount(double, { files });
    const found = await on<InstanceInfo & { alignment: number }>(
      mount,
      `const instance = await openInstance(root + "/models");
       show({ ...(await instance.info()), alignment: instance.mapAlignment });`,
    );
    expect(found).toEqual({
      kind,
      path: mount.root,
      coherence: "incoherent",
      device: "/dev/dax0.0",
      ...("shadow" in mount ? { shadow: mount.shadow } : {}),
      uuid: DEFAULT_UUID,
      masterUuid: DEFAULT_MASTER_UUID,
      role: "master",
      log: { used: 2, capacity: 15_420 },
      alignment: 4096,
    });
  });

  test.skipIf(reason)(named("has a client where this host's UUID is not the master's", reason), async () => {
    const mount = await famfsMount(double, { role: "client" });
    expect(await on(mount, `show((await (await openInstance(root)).info()).role);`)).toBe("client");
  });

  test.skipIf(reason)(named("lists its files from the log, with their extents", reason), async () => {
    const mount = await famfsMount(double, { files });
    mount.log.folder({ name: "folder" });
    mount.write({ name: "striped", size: 6 * MEBI, map: { chunkSize: 2 * MEBI, strips: STRIPS } });
    const found = await on<FileEntry[]>(mount, `show(await list(await openInstance(root)));`);
    expect(found.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      {
        name: "a",
        size: 5 * MEBI,
        mode: 0o640,
        uid: 7,
        gid: 8,
        extents: { kind: "simple", extents: [{ device: 0, offset: 10 * MEBI, length: 6 * MEBI }] },
      },
      {
        name: "models/b",
        size: 100,
        mode: 0o644,
        uid: 0,
        gid: 0,
        extents: { kind: "simple", extents: [{ device: 0, offset: 16 * MEBI, length: 2 * MEBI }] },
      },
      {
        name: "striped",
        size: 6 * MEBI,
        mode: 0o644,
        uid: 0,
        gid: 0,
        extents: { kind: "interleaved", chunkSize: 2 * MEBI, strips: STRIPS },
      },
    ]);
  });

  test.skipIf(reason)(named("finds each byte of an open file on its devices", reason), async () => {
    const mount = await famfsMount(double, { files });
    mount.append({ name: "striped", size: 6 * MEBI, map: { chunkSize: 2 * MEBI, strips: STRIPS } });
    const found = await on(
      mount,
      `const instance = await openInstance(root);
       const [simple, striped] = [await instance.open("a"), await instance.open("striped")];
       show({
         simple: [simple.extents(), simple.locate(0), simple.locate(5 * 2 ** 20 - 1)],
         striped: [striped.extents().kind, striped.locate(0), striped.locate(2 ** 21 + 5), striped.locate(2 ** 22)],
         behind: await codeOf(() => simple.locate(5 * 2 ** 20)),
       });`,
    );
    expect(found).toEqual({
      simple: [
        { kind: "simple", extents: [{ device: 0, offset: 10 * MEBI, length: 6 * MEBI }] },
        { device: 0, offset: 10 * MEBI, length: 5 * MEBI },
        { device: 0, offset: 15 * MEBI - 1, length: 1 },
      ],
      striped: [
        "interleaved",
        { device: 0, offset: 64 * MEBI, length: 2 * MEBI },
        { device: 1, offset: 128 * MEBI + 5, length: 2 * MEBI - 5 },
        { device: 0, offset: 66 * MEBI, length: 2 * MEBI },
      ],
      behind: "ERR_FAMFS_PAST_END",
    });
  });

  test.skipIf(reason)(named("maps, reads and writes them", reason), async () => {
    const mount = await famfsMount(double, { files });
    const found = await on(
      mount,
      `const instance = await openInstance(root);
       const text = (mapping) => Buffer.from(mapping.bytes(0, 5)).toString();
       const reading = (await instance.open("a")).map();
       const file = await instance.open("a", { access: "read-write" });
       const mapping = file.map({ offset: 0, length: 100 });
       mapping.bytes().set(Buffer.from("HE"));
       mapping.writeBack(0, 2);
       const handle = mapping.handle();
       const other = await openHandle(JSON.parse(JSON.stringify(handle)));
       const before = [reading, mapping, other].map(text);
       await instance.close();
       show({ before, kind: handle.kind, coherence: other.coherence, after: text(other) });`,
    );
    expect(found).toEqual({ before: Array(3).fill("HEllo"), kind, coherence: "incoherent", after: "HEllo" });
  });

  test.skipIf(reason)(named("is coherent where that is declared", reason), async () => {
    const mount = await famfsMount(double);
    const script = `show([(await openInstance(root)).coherence,
      (await openInstance(root, { coherence: "coherent" })).coherence]);`;
    expect(await on(mount, script)).toEqual(["incoherent", "coherent"]);
    const env = { FAMFS_COHERENCE: "coherent" };
    expect(await on(mount, script, { env })).toEqual(["coherent", "coherent"]);
    const said = await on<Said>(
      mount,
      `show(await said(() => openInstance(root, { coherence: "simulated", host: 0 })));`,
    );
    expect(said).toMatchObject({ code: "ERR_FAMFS_SIMULATION", path: mount.root });
    expect(said.message).toContain("use a directory on tmpfs");
  });

  test.skipIf(reason)(named("shows what is new in the log without being opened again", reason), async () => {
    const mount = await famfsMount(double, { files });
    mount.log.device({ index: 3, size: 2 ** 33, uuid: "aaaaaaaa-0000-4000-8000-000000000001" });
    const found = await on(
      mount,
      `const instance = await openInstance(root);
       const before = [(await list(instance)).length, (await instance.devices()).length];
       process.send("read");
       await new Promise((resolve) => process.once("message", resolve));
       await instance.refresh();
       const { log } = await instance.info();
       show([before, (await list(instance)).map(({ name }) => name).sort(), log.used, await instance.devices()]);
       process.disconnect();`,
      {
        async meanwhile(child) {
          await child.message();
          mount.append({ name: "new", size: 4096 });
          mount.log.device({ index: 4, size: 2 ** 34, uuid: "aaaaaaaa-0000-4000-8000-000000000002" });
          child.send("go on");
        },
      },
    );
    const other = (index: number, size: number, end: number) => {
      return { index, uuid: `aaaaaaaa-0000-4000-8000-00000000000${end}`, size };
    };
    expect(found).toEqual([
      [2, 2],
      ["a", "models/b", "new"],
      5,
      [
        { index: 0, uuid: DEFAULT_DEVICE_UUID, size: 2 ** 32, path: "/dev/dax0.0" },
        other(3, 2 ** 33, 1),
        other(4, 2 ** 34, 2),
      ],
    ]);
  });
});

describe.skipIf(noFuse ?? noDax)(named("what the kernel tells of a famfs", noFuse ?? noDax), () => {
  test.each([
    ["famfs/parameters/kabi_version", "44\n", 44],
    ["famfs/parameters/famfs_kabi_version", "42\n", 42],
    ["famfsv1/parameters/famfs_kabi_version", "43\n", 43],
    ["famfs/parameters/kabi_version", "none\n", "none"],
    ["fuse/parameters/kabi_version", "44\n", "none"],
  ])("the interface of its module: %s", async (file, text, version) => {
    const mount = await famfsMount("fuse", { files });
    const found = await on(
      mount,
      `import { execFileSync } from "node:child_process";
       execFileSync("mount", ["-t", "tmpfs", "tmpfs", "/sys/module"]);
       const [file, text] = args;
       fs.mkdirSync(join("/sys/module", file, ".."), { recursive: true });
       fs.writeFileSync(join("/sys/module", file), text);
       show((await (await openInstance(root)).info()).kernelAbi ?? "none");`,
      { args: [file, text] },
    );
    expect(found).toBe(version);
  });

  test.each([
    ["device_dax", "devdax"],
    ["fsdev_dax", "fsdev"],
    ["kmem", "system-ram"],
    ["other", "none"],
  ])("the mode of its device, by the driver %s, also where the device has no node", async (driver, mode) => {
    const mount = await famfsMount("fuse", { files });
    const found = await on(
      mount,
      `import { execFileSync } from "node:child_process";
       const devices = "/sys/bus/dax/devices";
       execFileSync("mount", ["-t", "tmpfs", "tmpfs", devices]);
       for (const [name, driver] of [["dax0.0", args[0]], ["dax1.0", "device_dax"]]) {
         fs.mkdirSync(join(devices, name));
         fs.writeFileSync(join(devices, name, "dev"), "252:" + name[3]);
         fs.writeFileSync(join(devices, name, "size"), "4294967296");
         fs.symlinkSync("../../drivers/" + driver, join(devices, name, "driver"));
       }
       const [device] = await (await openInstance(root)).devices();
       show([device.path, device.mode ?? "none"]);`,
      { args: [driver] },
    );
    expect(found).toEqual(["/dev/dax0.0", mode]);
  });
});

describe.skipIf(noFuse)(named("where this user may not read the log", noFuse), () => {
  const asNobody = { uid: 65534 };

  async function unreadable() {
    const mount = (await famfsMount("fuse", { files })) as FuseMount;
    mount.append({ name: "striped", size: 6 * MEBI, map: { chunkSize: 2 * MEBI, strips: STRIPS } });
    chmodSync(join(mount.root, ".meta/.log"), 0o600);
    return mount;
  }

  test("files and extents come from the shadow", async () => {
    const mount = await unreadable();
    const found = await on<{ names: string[] }>(
      mount,
      `const instance = await openInstance(root);
       const file = await instance.open("striped");
       const info = await instance.info();
       show({ names: (await list(instance)).map(({ name }) => name).sort(), extents: file.extents(),
              log: info.log ?? "none", uuid: info.uuid });`,
      asNobody,
    );
    expect(found).toEqual({
      names: ["a", "models/b", "striped"],
      extents: { kind: "interleaved", chunkSize: 2 * MEBI, strips: STRIPS },
      log: "none",
      uuid: DEFAULT_UUID,
    });
  });

  test("and not the shadow either, files open all the same; extents say why they are not known", async () => {
    const mount = await unreadable();
    chmodSync(mount.shadow, 0o700);
    const found = await on<{ size: number; extents: Said; files: Said }>(
      mount,
      `const instance = await openInstance(root);
       const file = await instance.open("models/b");
       show({ size: file.size, extents: await said(() => file.extents()), files: await said(() => list(instance)) });`,
      asNobody,
    );
    expect(found.size).toBe(100);
    expect(found.extents.code).toBe("ERR_FAMFS_PERMISSION");
    expect(found.extents.path).toBe(join(mount.root, ".meta/.log"));
    expect(found.files.code).toBe("ERR_FAMFS_PERMISSION");
  });
});
