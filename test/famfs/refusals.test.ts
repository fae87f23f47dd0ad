import { chmodSync, chownSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MEBI } from "../doubles/media-bytes.js";
import { LogWriter, writeSuperblock } from "../doubles/media-writer.js";
import { DOUBLES, expectSaid, type FamfsDouble, famfsMount, on, type Said } from "../support/famfs.js";
import { cannotMount, named, noFuse } from "../support/requirements.js";
import type { StandaloneMount } from "../support/standalone.js";

const files = [
  { name: "a", size: 3 * MEBI, bytes: Buffer.from("hello"), mode: 0o666 },
  { name: "b", size: 100, mode: 0o444 },
];
const asNobody = { uid: 65534 };

describe.each(DOUBLES)("on a famfs (%s)", (double, reason) => {
  test.skipIf(reason)(named("a file that this host has not played from the log is named as such", reason), async () => {
    const mount = await famfsMount(double, { files, role: "client" });
    mount.write({ name: "folder/new", size: 4096 });
    const [known, unknown] = await on<[Said, Said]>(
      mount,
      `const instance = await openInstance(root);
       show([await said(() => instance.open("folder/new")), await said(() => instance.open("folder/other"))]);`,
    );
    expectSaid(known, "ERR_FAMFS_NOT_FOUND", "in the log", "instance.replay()", "famfs logplay");
    expectSaid(unknown, "ERR_FAMFS_NOT_FOUND", "does not exist");
  });

  test.skipIf(reason)(named("superblock and log are no files of it", reason), async () => {
    const mount = await famfsMount(double, { files });
    const found = await on<Said[]>(
      mount,
      `const instance = await openInstance(root);
       const said1 = await said(() => instance.open(".meta/.log", { access: "read-write" }));
       show([said1, await said(() => instance.create(".meta/x", { size: 4096 })), await said(() => instance.mkdir(".meta"))]);`,
    );
    for (const said of found) expectSaid(said, "ERR_FAMFS_INVALID_NAME", "belongs to famfs itself");
  });

  test.skipIf(reason)(named("that another host made anew, everything says so", reason), async () => {
    const mount = await famfsMount(double, { files });
    const found = await on<Record<string, string>>(
      mount,
      `const instance = await openInstance(root);
       const mapping = (await instance.open("a")).map();
       process.send("opened");
       await new Promise((resolve) => process.once("message", resolve));
       show({
         open: await codeOf(() => instance.open("a")),
         missing: await codeOf(() => instance.open("nothing")),
         files: await codeOf(() => list(instance)),
         refresh: await codeOf(() => instance.refresh()),
         info: await codeOf(() => instance.info()),
         devices: await codeOf(() => instance.devices()),
         mapped: Buffer.from(mapping.bytes(0, 5)).toString(),
       });
       process.disconnect();`,
      {
        async meanwhile(child) {
          await child.message();
          LogWriter.create(mount.data);
          writeSuperblock(mount.data, { uuid: "abababab-abab-4bab-8bab-abababababab" });
          child.send("go on");
        },
      },
    );
    const { mapped, ...codes } = found;
    expect(mapped).toBe("hello");
    for (const [call, code] of Object.entries(codes)) expect(code, call).toBe("ERR_FAMFS_INSTANCE_REPLACED");
  });

  test.skipIf(reason)(named("an empty file is dead: no file of a famfs is empty", reason), async () => {
    const mount = await famfsMount(double, { files });
    mount.show({ name: "empty", size: 0 });
    const found = await on<Said>(mount, `show(await said(async () => (await openInstance(root)).open("empty")));`);
    expectSaid(found, "ERR_FAMFS_FILE_DEAD", /unmount/i, "0 bytes");
  });

  test.skipIf(reason)(named("a file of another size than the log says is dead", reason), async () => {
    const mount = await famfsMount(double, { files, role: "client" });
    const file = mount.write({ name: "c", size: 8192 });
    mount.show({ ...file, size: 4096 });
    const found = await on<Said>(mount, `show(await said(async () => (await openInstance(root)).open("c")));`);
    expectSaid(found, "ERR_FAMFS_FILE_DEAD", "4096 bytes", "says 8192", /unmount/i);
  });
});

/** What a map of a read-write open says, and what a read-only one does. */
const MAPS = `
  const instance = await openInstance(root);
  const map = async (access) => {
    const mapping = (await instance.open("a", { access })).map();
    return Buffer.from(mapping.bytes(0, 5)).toString();
  };
  const [writing, reading] = [await said(() => map("read-write")), await said(() => map("read-only"))];
  const file = await instance.open("a");
  const handle = file.map().handle();
  const handed = await said(() => openHandle(handle, { access: "read-write" }));
  show({ writing, reading, handed: { code: handed.code, message: handed.message } });`;

interface Maps {
  readonly writing: Said;
  readonly reading: Said;
  readonly handed: Said;
}

describe.skipIf(cannotMount)(named("on a famfs of the standalone kinds", cannotMount), () => {
  const standalone = async (double: FamfsDouble, role: "master" | "client" = "master") =>
    (await famfsMount(double, { files, role })) as StandaloneMount;

  test("a truncated file is dead, also when its size is restored; the others go on", async () => {
    const mount = await standalone("old");
    const found = await on<Record<"map" | "open" | "mapAgain" | "handle" | "other", Said>>(
      mount,
      `const instance = await openInstance(root);
       const file = await instance.open("a");
       const handle = file.map().handle();
       fs.truncateSync(file.path, 4096);
       const map = await said(() => file.map());
       const open = await said(() => instance.open("a"));
       const stale = await codeOf(() => openHandle(handle));
       await said(() => fs.readFileSync(file.path));
       fs.truncateSync(file.path, file.size);
       show({ map, open, stale, mapAgain: await said(() => file.map()), handle: await said(() => openHandle(handle)),
              other: await said(async () => (await instance.open("b")).map().bytes().length) });`,
    );
    for (const said of [found.map, found.open, found.mapAgain, found.handle])
      expectSaid(
        said,
        "ERR_FAMFS_FILE_DEAD",
        "Remove it on this host",
        `famfs logplay ${mount.root}`,
        "memory is unharmed",
      );
    expect(found).toMatchObject({ stale: "ERR_FAMFS_STALE_HANDLE", other: { value: 100 } });
  });

  test("a truncated superblock is a dead file too, not a lost device, and comes back with the mount alone", async () => {
    const mount = await standalone("old");
    const found = await on<Record<"again" | "other", Said>>(
      mount,
      `const instance = await openInstance(root);
       const mapping = (await instance.open("b")).map();
       fs.truncateSync(join(root, ".meta", ".superblock"), 4096);
       show({ again: await said(() => openInstance(root)), other: await said(() => mapping.bytes().length) });`,
    );
    expectSaid(found.again, "ERR_FAMFS_FILE_DEAD", "Unmount and mount again");
    expect(found.other).toMatchObject({ value: 100 });
  });

  test("a file that some program made with O_CREAT is dead", async () => {
    const mount = await standalone("old");
    const found = await on<Said>(
      mount,
      `const path = join(root, "made");
       fs.closeSync(fs.openSync(path, "wx"));
       fs.truncateSync(path, 8192);
       const instance = await openInstance(root);
       show(await said(async () => (await instance.open("made")).map()));`,
    );
    expectSaid(found, "ERR_FAMFS_FILE_DEAD");
  });

  test("a client's file has lost its write bits to logplay", async () => {
    const mount = await standalone("old", "client");
    const found = await on<Maps>(mount, MAPS, asNobody);
    for (const said of [found.writing, found.handed])
      expectSaid(said, "ERR_FAMFS_READ_ONLY_CLIENT", "client", "until the next mount");
    expectSaid(found.writing, "ERR_FAMFS_READ_ONLY_CLIENT", `"chmod 0666 ${mount.root}/a"`);
    expect(found.reading.value).toBe("hello");
    expect((await on<Maps>(mount, MAPS)).writing.value).toBe("hello"); // root may
  });

  test("the cure of a client's file is the mode that it was made with, for those whom that let write", async () => {
    const names = ["group", "other", "owner"];
    const mount = (await famfsMount("old", {
      files: names.map((name) => ({ name, size: 100, mode: 0o660 })),
      role: "client",
    })) as StandaloneMount;
    chownSync(join(mount.root, "group"), 0, asNobody.uid);
    chownSync(join(mount.root, "owner"), asNobody.uid, 0);
    const script = `
      const instance = await openInstance(root);
      const found = {};
      for (const name of ${JSON.stringify(names)}) found[name] = await said(() => instance.open(name, { access: "read-write" }));
      show(found);`;
    const found = await on<Record<string, Said>>(mount, script, asNobody);
    for (const name of ["group", "owner"])
      expectSaid(found[name] as Said, "ERR_FAMFS_READ_ONLY_CLIENT", `"chmod 0660 ${join(mount.root, name)}"`);
    expectSaid(found["other"] as Said, "ERR_FAMFS_PERMISSION");
    for (const name of names) chmodSync(join(mount.root, name), 0o660);
    const cured = await on<Record<string, Said>>(mount, script, asNobody);
    expect([cured["group"]?.code, cured["owner"]?.code, cured["other"]?.code]).toEqual([
      undefined,
      undefined,
      "ERR_FAMFS_PERMISSION",
    ]);
  });

  test.each(["master", "client"] as const)("a file that was made read-only is one, on the %s", async (role) => {
    const mount = await standalone("new", role);
    const found = await on<Said>(
      mount,
      `show(await said(async () => (await openInstance(root)).open("b", { access: "read-write" })));`,
      asNobody,
    );
    expectSaid(found, "ERR_FAMFS_PERMISSION");
  });

  test("a file of the master's that somebody took the write bits from is no client's", async () => {
    const mount = await standalone("old");
    chmodSync(join(mount.root, "a"), 0o444);
    const found = await on<Maps>(mount, MAPS, asNobody);
    expectSaid(found.writing, "ERR_FAMFS_PERMISSION");
  });

  test("a mount whose administrator disabled writing says so to those who would write", async () => {
    const mount = await standalone("new");
    mount.disableWrites();
    const found = await on<Maps>(mount, MAPS);
    for (const said of [found.writing, found.handed])
      expectSaid(said, "ERR_FAMFS_WRITE_DISABLED", "administrator", "read-only");
    expect(found.reading.value).toBe("hello");
  });
});

test.skipIf(noFuse)(
  named("on a famfs of the FUSE kind a client that may not write a file has a matter of permissions", noFuse),
  async () => {
    const mount = await famfsMount("fuse", { files, role: "client" });
    chmodSync(join(mount.root, "a"), 0o444);
    const found = await on<Maps>(mount, MAPS, asNobody);
    for (const said of [found.writing, found.handed]) expectSaid(said, "ERR_FAMFS_PERMISSION");
  },
);
