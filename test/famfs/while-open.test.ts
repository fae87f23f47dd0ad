import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { MEBI } from "../doubles/media-bytes.js";
import { expectSaid, famfsMount, on, type Said } from "../support/famfs.js";
import type { FuseMount } from "../support/fuse-mount.js";
import { mountCommand } from "../support/mount-folder.js";
import { named, noFuse } from "../support/requirements.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const files = [
  { name: "a", size: 3 * MEBI, bytes: Buffer.from("hello"), mode: 0o666 },
  { name: "b", size: 100, mode: 0o444 },
];

describe.skipIf(noFuse)(named("a famfs that is open", noFuse), () => {
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

  test("an error about a file elsewhere stays what it is", async () => {
    const mount = await famfsMount("fuse", { files });
    const elsewhere = temporaryFolder();
    const found = await on<Said>(
      mount,
      `const instance = await openInstance(root);
       show(await said(() => instance.copyIn(args[0], "c")));`,
      { args: [join(elsewhere, "missing")] },
    );
    expectSaid(found, "ERR_FAMFS_NOT_FOUND", elsewhere);
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
