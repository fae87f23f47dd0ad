import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { MEBI } from "../doubles/media-bytes.js";
import { LogWriter, writeSuperblock } from "../doubles/media-writer.js";
import { DOUBLES, type FamfsDouble, famfsMount, on, type Said } from "../support/famfs.js";
import type { FuseMount } from "../support/fuse-mount.js";
import { mountCommand } from "../support/mount-folder.js";
import { cannotMount, named, noFuse } from "../support/requirements.js";
import type { StandaloneMount } from "../support/standalone.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const files = [
  { name: "a", size: 3 * MEBI, bytes: Buffer.from("hello"), mode: 0o666 },
  { name: "b", size: 100, mode: 0o444 },
];
const asNobody = { uid: 65534 };

/** Expects a code, and parts of the message. */
function expectSaid({ code, message }: Said, expected: string, ...parts: (string | RegExp)[]): void {
  expect(code, message).toBe(expected);
  for (const part of parts) expect(message).toMatch(part);
}

describe.each(DOUBLES)("on a famfs (%s)", (double, reason) => {
  test.skipIf(reason)(named("a file that this host has not played from the log is named as such", reason), async () => {
    const mount = await famfsMount(double, { files });
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
    const mount = await famfsMount(double, { files });
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
      expectSaid(said, "ERR_FAMFS_READ_ONLY_CLIENT", "chmod u+w", "client", "until the next mount");
    expect(found.reading.value).toBe("hello");
    expect((await on<Maps>(mount, MAPS)).writing.value).toBe("hello"); // root may
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

  test("a mount whose administrator disabled writing says so to those who would write", async () => {
    const mount = await standalone("new");
    mount.disableWrites();
    const found = await on<Maps>(mount, MAPS);
    for (const said of [found.writing, found.handed])
      expectSaid(said, "ERR_FAMFS_WRITE_DISABLED", "administrator", "read-only");
    expect(found.reading.value).toBe("hello");
  });
});

describe.skipIf(noFuse)(named("on a famfs of the FUSE kind", noFuse), () => {
  test("a client that may not write a file has a matter of permissions: logplay takes none there", async () => {
    const mount = await famfsMount("fuse", { files, role: "client" });
    chmodSync(join(mount.root, "a"), 0o444);
    const found = await on<Maps>(mount, MAPS, asNobody);
    for (const said of [found.writing, found.handed]) expectSaid(said, "ERR_FAMFS_PERMISSION");
  });

  test("whose daemon died, what is open goes on, and new maps of it; the rest says so", async ({ skip }) => {
    const mount = (await famfsMount("fuse", { files })) as FuseMount;
    skip(!mount.passthrough, "needs FUSE passthrough (Linux 6.9)");
    const found = await on<{ after: unknown; failures: unknown[] } & Record<string, Said>>(
      mount,
      `const instance = await openInstance(root);
       const file = await instance.open("a", { access: "read-write" });
       const [touched, untouched] = [file.map(), file.map()];
       const text = (mapping) => Buffer.from(mapping.bytes(0, 5)).toString();
       text(touched);
       const handle = touched.handle();
       process.send("opened");
       await new Promise((resolve) => process.once("message", resolve));
       touched.bytes()[0] = 72;
       const late = file.map({ offset: 0, length: 5 });
       const after = [touched, untouched, late].map(text);
       show({
         after, failures: [touched, untouched, late].map((mapping) => mapping.failure ?? "none"),
         open: await said(() => instance.open("b")), files: await said(() => list(instance)),
         refresh: await said(() => instance.refresh()), instance: await said(() => openInstance(root)),
         handle: await said(() => openHandle(handle)),
       });
       process.disconnect();`,
      {
        async meanwhile(child) {
          await child.message();
          await mount.killDaemon();
          child.send("go on");
        },
      },
    );
    const { after, failures, ...refused } = found;
    expect(after).toEqual(["Hello", "Hello", "Hello"]);
    expect(failures).toEqual(["none", "none", "none"]);
    for (const said of Object.values(refused)) expectSaid(said, "ERR_FAMFS_DAEMON_DEAD", /unmount and mount/i);
  });

  /** Opens an instance at a bind mount, lets the bind mount change, and looks. */
  async function after(change: (place: string) => void): Promise<Record<"open" | "files" | "number", Said>> {
    const mount = await famfsMount("fuse", { files });
    const place = temporaryFolder();
    mountCommand("mount", "--bind", mount.root, place);
    onTestFinished(() => mountCommand("umount", "--lazy", place));
    return on(
      { ...mount, root: place, env: mount.env, wrapper: [] },
      `const instance = await openInstance(root);
       const { dev } = fs.statSync(root);
       process.send("opened");
       await new Promise((resolve) => process.once("message", resolve));
       show({ open: await said(async () => (await instance.open("a")).map().bytes().length),
              files: await said(async () => (await list(instance)).length),
              number: { code: fs.statSync(root).dev === dev ? "the same" : "another" } });
       process.disconnect();`,
      {
        async meanwhile(child) {
          await child.message();
          mountCommand("umount", "--lazy", place);
          change(place);
          child.send("go on");
        },
      },
    );
  }

  test("that was unmounted, an open instance says so", async () => {
    const found = await after((place) => mountCommand("mount", "-t", "tmpfs", "tmpfs", place));
    for (const said of [found.open, found.files])
      expectSaid(said, "ERR_FAMFS_INSTANCE_REPLACED", "/dev/dax0.0 is not mounted", "any more");
  });

  test("that was unmounted and mounted again, an open instance goes on", async () => {
    const again = await famfsMount("fuse", { files });
    const found = await after((place) => mountCommand("mount", "--bind", again.root, place));
    expect(found).toEqual({ open: { value: 3 * MEBI }, files: { value: 2 }, number: { code: "another" } });
  });

  test("whose log is damaged at its end, files before the damage open; listing says so", async () => {
    const mount = await famfsMount("fuse", { files });
    mount.append({ name: "damaged", size: 4096 });
    mount.log.overwrite(48 + 2 * 544 + 30, Buffer.from("damage"));
    const found = await on<Record<string, Said>>(
      mount,
      `const instance = await openInstance(root);
       const size = async (name) => (await instance.open(name)).size;
       show({ before: await said(() => size("a")), itself: await said(() => size("damaged")),
              files: await said(() => list(instance)), info: await said(async () => (await instance.info()).log ?? "none") });`,
    );
    expect(found["before"]?.value).toBe(3 * MEBI);
    expect(found["itself"]?.value).toBe(4096); // as the shadow says
    expectSaid(found["files"] ?? {}, "ERR_FAMFS_CORRUPT", "entry 2");
    expect(found["info"]?.value).toBe("none");
  });

  test("whose files have names that famfs's command would take for options, those are left out", async () => {
    const mount = await famfsMount("fuse", { files });
    mount.write({ name: "-rf", size: 4096 });
    mount.write({ name: "folder/-rf", size: 4096 });
    const names = await on(mount, `show((await list(await openInstance(root))).map(({ name }) => name).sort());`);
    expect(names).toEqual(["a", "b"]);
  });

  test("a handle of simulated memory that nobody made is refused", async () => {
    const mount = await famfsMount("fuse", { files });
    const found = await on<Said>(
      mount,
      `const handle = (await (await openInstance(root)).open("a")).map().handle();
       show(await said(() => openHandle({ ...handle, coherence: "simulated", host: 0 })));`,
    );
    expectSaid(found, "ERR_FAMFS_SIMULATION");
  });
});
