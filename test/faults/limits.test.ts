import { describe, expect, test } from "vitest";
import { cannotMount, named } from "../support/requirements.js";
import { shown } from "./script.js";
import { testAddon } from "./test-addon.js";

const ADDON = testAddon();

describe("a tmpfs that is full", () => {
  test.skipIf(cannotMount)(
    named("gives private pages, page by page, and the file keeps what it has", cannotMount),
    async () => {
      const script = `
        import { execFileSync } from "node:child_process";
        execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", "/mnt"]);
        fs.writeFileSync("/mnt/sparse", Buffer.alloc(PAGE, 7));
        fs.truncateSync("/mnt/sparse", 1024 * PAGE);
        instance = await openInstance("/mnt");
        const mapping = (await instance.open("sparse", { access: "read-write" })).map();
        const v = mapping.bytes();
        const events = eventsOf(mapping);
        const refused = await mapping.prefault("write").then(() => "none", (error) => error.code);
        const before = mapping.failure ?? null;
        for (let i = 1; i < 1024; i++) v[i * PAGE] = 9;
        let sum = 0;
        for (let i = 0; i < 1024; i++) sum += v[i * PAGE];
        await turns();
        const { kind, length } = mapping.failure;
        const blocks = fs.statSync("/mnt/sparse").blocks * 512;
        await instance.close();
        fs.unlinkSync("/mnt/sparse");
        show({ refused, before, kind, length, sum, events: events.length, blocks });`;
      const found = await shown(script, { wrapper: ["unshare", "-m"] });
      expect(found).toEqual({
        refused: "ERR_FAMFS_MEMORY_FAILURE",
        before: null,
        kind: "no-space",
        length: 4096,
        sum: 7 + 1023 * 9,
        events: 1,
        blocks: 256 * 1024,
      });
    },
  );
});

describe("a process at vm.max_map_count", () => {
  /** Maps pages in turns of access, which the kernel cannot merge, until it refuses. */
  const FILL = `
    const filler = await sevens(1, "filler");
    const reader = await instance.open("filler");
    const fill = () => {
      const mappings = [];
      for (;;) {
        try { mappings.push((mappings.length % 2 ? reader : filler).map()); }
        catch (error) { return [mappings, error.code]; }
      }
    };`;

  test("survives a fault in the middle of a mapping", async () => {
    const found = await shown(`${FILL}
      const file = await sevens(4);
      const mapping = file.map();
      const v = mapping.bytes();
      fs.truncateSync(file.path, PAGE);
      const [mappings, code] = fill();
      const value = v[PAGE];
      for (const mapping of mappings) mapping.close();
      show({ code, value, kind: mapping.failure.kind });
      await instance.close();`);
    expect(found).toEqual({ code: "ERR_FAMFS_MAP_LIMIT", value: 0, kind: "truncated" });
  });

  test("survives stray stores and truncations of many mappings, and says what was replaced", async () => {
    const found = await shown<{ read: number; kinds: string[]; lengths: number[]; stored: string }>(`${FILL}
      const stores = [];
      for (let i = 0; i < 8; i++) stores.push((await readOnly(4)).mapping);
      const truncated = [];
      for (let i = 0; i < 8; i++) {
        const file = await sevens(4);
        truncated.push(file.map());
        truncated.at(-1).bytes();
        fs.truncateSync(file.path, PAGE);
      }
      const views = [...stores, ...truncated].map((mapping) => mapping.bytes());
      const [mappings] = fill();
      for (const view of views) view[2 * PAGE] = 9;
      let read = 0;
      for (const view of views) read += view[2 * PAGE];
      for (const mapping of mappings) mapping.close();
      const all = [...stores, ...truncated].map((mapping) => mapping.failure);
      const honest = all.every(({ offset, length }, i) => views[i][offset] !== undefined &&
        (views[i][0] === 7 || offset === 0) && offset + length <= 4 * PAGE);
      show({ read, kinds: all.map(({ kind }) => kind), honest });
      await instance.close();`);
    expect(found).toEqual({
      read: 16 * 9,
      kinds: [...Array(8).fill("read-only-store"), ...Array(8).fill("truncated")],
      honest: true,
    });
  });
});

describe("a close while faults go on", () => {
  test("does not let one that was raised before end the process", async () => {
    const found = await shown<{ rounds: number }>(
      `${ADDON}
      const { path, mapping: first } = await readOnly(1024);
      const name = path.slice(instance.path.length + 1);
      const file = await instance.open(name);
      let rounds = 0;
      // Held until the stores have ended: once nobody has the buffer, its addresses go.
      globalThis.held = undefined;
      for (const end = Date.now() + 4000; Date.now() < end; rounds++) {
        const mapping = file.map();
        held = mapping.bytes();
        addon.startStores(held);
        while (mapping.failure === undefined);
        mapping.close();
        await mapping.released;
        addon.endStores();
      }
      show({ rounds, intact: fs.readFileSync(path).every((byte) => byte === 7) });
      await instance.close();`,
    );
    expect(found.rounds).toBeGreaterThan(20);
    expect(found).toMatchObject({ intact: true });
  });
});
