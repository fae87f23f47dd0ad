import { describe, expect, test } from "vitest";
import { MEBI } from "../doubles/media-bytes.js";
import { testAddon } from "../faults/test-addon.js";
import { DOUBLES, famfsMount, on, type Said } from "../support/famfs.js";
import type { FuseMount } from "../support/fuse-mount.js";
import { cannotMount, named } from "../support/requirements.js";

const ADDON = `
  import { createRequire } from "node:module";
  const require = createRequire(process.cwd() + "/");
  ${testAddon()}`;

const files = [
  { name: "a", size: 3 * MEBI, bytes: Buffer.from("hello") },
  { name: "b", size: 100_000, bytes: Buffer.from("other") },
];

interface Failure {
  readonly kind: string;
  readonly offset: number;
  readonly length: number;
}

/** Two files of a famfs and one on tmpfs, mapped; what became of them after something happened to the first. */
const AFTER = `
  const instance = await openInstance(root);
  const tmpfs = await famfs.createTmpfsInstance();
  const file = await instance.open("a", { access: "read-write" });
  const first = file.map();
  const second = (await instance.open("b")).map({ offset: 4096 });
  const elsewhere = (await tmpfs.create("c", { size: 4096 })).map();
  const events = [];
  for (const [name, mapping] of Object.entries({ first, second, elsewhere }))
    mapping.on("fault", ({ kind }) => events.push(name + " " + kind));
  first.bytes()[0];
  const after = async (happen) => {
    await happen();
    const use = await said(() => second.bytes());
    await new Promise((resolve) => setTimeout(resolve, 50));
    const failures = { first: first.failure, second: second.failure, elsewhere: elsewhere.failure };
    elsewhere.bytes()[0] = 1;
    await tmpfs.close();
    return { failures, use, events: events.sort() };
  };`;

interface After {
  readonly failures: { readonly first: Failure; readonly second: Failure; readonly elsewhere?: Failure };
  readonly use: Said;
  readonly events: readonly string[];
}

function expectSuspect({ failures, use, events }: After, first: string): void {
  expect(failures.first.kind).toBe(first);
  expect(failures.second).toMatchObject({ kind: "suspect", offset: 0, length: 100_000 - 4096 });
  expect(failures.elsewhere).toBeUndefined();
  expect(use.code).toBe("ERR_FAMFS_MEMORY_FAILURE");
  expect(use.message).toContain("the device of its famfs failed");
  expect(use.message).not.toContain("zeros");
  expect(events).toEqual([`first ${first}`, "second suspect"]);
}

describe.each(DOUBLES)("a memory error on a famfs (%s)", (double, reason) => {
  test.skipIf(reason)(named("makes mappings of its other files suspect, and no others", reason), async () => {
    const mount = await famfsMount(double, { files });
    const found = await on<After>(
      mount,
      `${ADDON} ${AFTER} show(await after(() => addon.queuePoison(first.bytes(), 4096, 12)));`,
    );
    expectSuspect(found, "poisoned");
  });

  test.skipIf(reason)(named("is told to every thread that has a file of it mapped", reason), async () => {
    const mount = await famfsMount(double, { files });
    const found = await on(
      mount,
      `${ADDON}
       import { Worker } from "node:worker_threads";
       const instance = await openInstance(root);
       const first = (await instance.open("a")).map();
       const handle = (await instance.open("b")).map().handle();
       const script = \`
         import { parentPort, workerData } from "node:worker_threads";
         import { openHandle } from "famfs";
         const mapping = await openHandle(workerData);
         mapping.on("fault", ({ kind }) => parentPort.postMessage(kind));
         setInterval(() => {}, 1000);
         parentPort.postMessage("mapped");\`;
       const worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(script.replace('"famfs"', JSON.stringify(import.meta.resolve("famfs"))))), { workerData: handle });
       const heard = () => new Promise((resolve) => worker.once("message", resolve));
       const mapped = await heard();
       const news = heard();
       addon.queuePoison(first.bytes(), 0, 12);
       show([mapped, await news]);
       await worker.terminate();`,
    );
    expect(found).toEqual(["mapped", "suspect"]);
  });

  test.skipIf(reason)(named("leaves mappings of another famfs alone", reason), async () => {
    const [mount, other] = [await famfsMount(double, { files }), await famfsMount("fuse", { files })];
    const found = await on(
      mount,
      `${ADDON}
       const first = (await (await openInstance(root)).open("a")).map();
       const other = (await (await openInstance(args[0])).open("a")).map();
       addon.queuePoison(first.bytes(), 0, 12);
       show([first.failure.kind, other.failure ?? "none", Buffer.from(other.bytes(0, 5)).toString()]);`,
      { args: [other.root] },
    );
    expect(found).toEqual(["poisoned", "none", "hello"]);
  });

  const errnos = ["EIO", "ENODEV", "EHWPOISON"] as const;
  test.skipIf(reason).each(errnos)(named("after which all says %s has a name in each call", reason), async (errno) => {
    const mount = await famfsMount(double, { files });
    const found = await on<Record<string, Said>>(
      mount,
      `const instance = await openInstance(root);
       const file = await instance.open("a", { access: "read-write" });
       const [first, second] = [file.map(), (await instance.open("b")).map()];
       const handle = first.handle();
       process.send("mapped");
       await new Promise((resolve) => process.once("message", resolve));
       const open = await said(() => instance.open("b"));
       show({
         open, use: await said(() => second.bytes()), files: await said(() => list(instance)),
         refresh: await said(() => instance.refresh()), info: await said(() => instance.info()),
         instance: await said(() => openInstance(root)), handle: await said(() => openHandle(handle)),
       });
       process.disconnect();`,
      {
        async meanwhile(child) {
          await child.message();
          mount.failDevice(errno);
          child.send("go on");
        },
      },
    );
    const { use, ...calls } = found;
    for (const [call, { code, message }] of Object.entries(calls))
      expect(code, `${call}: ${message}`).toBe("ERR_FAMFS_DEVICE_FAILED");
    expect(calls["open"]?.message).toMatch(/\/dev\/dax0\.0.*mkfs\.famfs/);
    expect(use?.code).toBe("ERR_FAMFS_MEMORY_FAILURE");
    expect(use?.message).toContain("suspect");
  });
});

describe.skipIf(cannotMount)(named("an access to a device that failed", cannotMount), () => {
  test.each(["ENODEV", "EHWPOISON"] as const)("of which the kernel says %s makes the others suspect", async (errno) => {
    for (const double of ["fuse", "new"] as const) {
      const mount = await famfsMount(double, { files });
      if (double === "fuse" && !(mount as FuseMount).passthrough) continue;
      const found = await on<After>(
        mount,
        `${AFTER}
         process.send("mapped");
         await new Promise((resolve) => process.once("message", resolve));
         show(await after(() => first.bytes()[2 ** 21]));
         process.disconnect();`,
        {
          async meanwhile(child) {
            await child.message();
            mount.failDevice(errno);
            child.send("go on");
          },
        },
      );
      expectSuspect(found, double === "fuse" ? "device" : found.failures.first.kind);
    }
  });
});
