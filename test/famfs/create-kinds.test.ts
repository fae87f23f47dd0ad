import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DOUBLES, type FamfsOptions, famfsMount, on, type Said } from "../support/famfs.js";
import { commandOf } from "../support/famfs-master.js";
import { named } from "../support/requirements.js";

const MIB = 2 ** 20;

describe.each(DOUBLES)("creating on famfs, kind %s", (kind, reason) => {
  async function host(options: FamfsOptions = {}) {
    const mount = await famfsMount(kind, options);
    const master = await commandOf(mount);
    const env = (wrong = "") => ({ FAMFS_CLI: master.cli(wrong).join(" ") });
    return { mount, master, env };
  }

  test.skipIf(reason)(named("makes a file that is zero, and can be used", reason), async () => {
    const { mount, master, env } = await host();
    const script = `
      const instance = await openInstance(root);
      const seen = [];
      const file = await instance.create("a", { size: ${9 * MIB + 5}, onProgress: ({ done }) => seen.push(done) });
      const mapping = file.map();
      const zero = Buffer.alloc(mapping.byteLength).equals(mapping.bytes());
      mapping.bytes().fill(7);
      mapping.writeBack(0, mapping.byteLength);
      show({ zero, size: file.size, last: seen.at(-1), extents: file.extents(), entries: await list(instance) });
    `;
    const made = await on<Record<string, unknown>>(mount, script, { env: env() });
    expect(made).toMatchObject({
      zero: true,
      size: 9 * MIB + 5,
      last: 9 * MIB + 5,
      extents: { kind: "simple", extents: [{ length: 10 * MIB }] },
      entries: [{ name: "a", size: 9 * MIB + 5, mode: 0o644 }],
    });
    expect(Buffer.alloc(9 * MIB + 5, 7).equals(master.bytes("a"))).toBe(true);
    expect(master.commands).toHaveLength(1);
  });

  test.skipIf(reason)(named("makes folders, many files and copies", reason), async () => {
    const { mount, master, env } = await host();
    const script = `
      const instance = await openInstance(root);
      await instance.mkdir("models/deep", { recursive: true });
      const files = ["a", "b", "c"].map((name) => ({ name: "models/deep/" + name, size: 5000 }));
      const outcomes = await instance.createMany(files);
      await instance.copyIn(new Uint8Array(7000).fill(9), "models/copy", { mode: 0o600 });
      show({ results: outcomes.map(({ result }) => result), counts: await instance.replay() });
    `;
    expect(await on(mount, script, { env: env() })).toEqual({
      results: ["created", "created", "created"],
      counts: { entries: 6, newFiles: 0, newFolders: 0 },
    });
    expect(Buffer.alloc(7000, 9).equals(master.bytes("models/copy"))).toBe(true);
    expect(Buffer.alloc(5000).equals(master.bytes("models/deep/c"))).toBe(true);
    expect(statSync(join(mount.root, "models/copy")).mode & 0o777).toBe(0o600);
    expect(master.commands.map(([command]) => command)).toEqual(["mkdir", "creat", "creat", "logplay"]);
  });

  test.skipIf(reason)(
    named("stores nothing to a file that is there, or that somebody else makes", reason),
    async () => {
      const { mount, master, env } = await host({
        files: [{ name: "there", size: 3000, bytes: new Uint8Array(3000).fill(9) }],
      });
      const script = `
      const instance = await openInstance(root);
      show([
        await codeOf(() => instance.create("there", { size: 3000 })),
        await codeOf(() => instance.create("there", { size: 3001, ifExists: "open" })),
        await codeOf(() => instance.create("there", { size: 3000, ifExists: "open" })),
        await codeOf(() => instance.create("new", { size: 3000 })),
      ]);
    `;
      const codes = await on(mount, script, { env: env("intruder") });
      expect(codes).toEqual(["ERR_FAMFS_EXISTS", "ERR_FAMFS_EXISTS", "none", "ERR_FAMFS_EXISTS"]);
      expect(Buffer.alloc(3000, 9).equals(master.bytes("there"))).toBe(true);
      expect(Buffer.alloc(3000, 0xa5).equals(master.bytes("new"))).toBe(true);
    },
  );

  test.skipIf(reason)(named("says what a killed command left, and how it is cured", reason), async () => {
    const { mount, env } = await host();
    const make = `
      const instance = await openInstance(root);
      show(await said(() => instance.create("a", { size: 5000 })));
    `;
    expect((await on<Said>(mount, make, { env: env("half") })).code).toBe("ERR_FAMFS_CLI_FAILED");
    const again = await on<Said>(mount, make, { env: env() });
    expect(again.code).toBe("ERR_FAMFS_FILE_DEAD");
    expect(again.message).toContain(
      kind === "fuse" ? "; unmount and mount again" : "; remove it on this host (rm), or unmount",
    );
  });

  test.skipIf(reason)(named("a client cannot, but waits for what the master makes", reason), async () => {
    const { mount, env } = await host({ role: "client" });
    const script = `
      const instance = await openInstance(root);
      const created = await codeOf(() => instance.create("a", { size: 5000 }));
      const folder = await codeOf(() => instance.mkdir("folder"));
      process.send("ready");
      const file = await instance.waitForFile("b", { timeout: 20_000 });
      show({ created, folder, size: file.size, writable: await codeOf(() => instance.open("b", { access: "read-write" })) });
    `;
    const meanwhile = async (child: { message(): Promise<unknown> }) => {
      await child.message();
      mount.write({ name: "b", size: 3000 });
    };
    expect(await on(mount, script, { env: env("client"), meanwhile })).toEqual({
      created: "ERR_FAMFS_NOT_MASTER",
      folder: "ERR_FAMFS_NOT_MASTER",
      size: 3000,
      // Root may.
      writable: "none",
    });
  });
});
