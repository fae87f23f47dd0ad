import { describe, expect, test } from "vitest";
import { ended, shown } from "./script.js";

const MAP = `
  const file = await sevens(4);
  const mapping = file.map();
  const v = mapping.bytes();`;
const FAULT = "fs.truncateSync(file.path, PAGE); v[PAGE];";
const CHANNEL = `
  const published = [];
  require("node:diagnostics_channel").subscribe("famfs:fault", (failure) => published.push(failure));`;

describe("the fault event", () => {
  test("comes once a mapping, in a later turn, also on the diagnostics channel", async () => {
    const found = await shown<{ events: unknown[]; published: unknown[]; failure: object; atOnce: number }>(`
      ${CHANNEL} ${MAP}
      const events = eventsOf(mapping);
      ${FAULT}
      for (let i = PAGE; i < 4 * PAGE; i++) v[i];
      const atOnce = events.length;
      await turns();
      show({ events, published, failure: mapping.failure, atOnce });
      await instance.close();`);
    expect(found.atOnce).toBe(0);
    expect(found.events).toEqual([found.failure]);
    expect(found.published).toEqual([found.failure]);
  });

  test("of a mapping reaches all listeners that were not taken away, and no other mapping's", async () => {
    const found = await shown(`
      ${MAP}
      const other = eventsOf(file.map());
      const heard = [];
      const gone = () => heard.push("gone");
      mapping.on("fault", gone).on("fault", () => heard.push("first")).on("fault", () => heard.push("second"));
      mapping.off("fault", gone);
      ${FAULT}
      await turns();
      show({ heard, other });
      await instance.close();`);
    expect(found).toEqual({ heard: ["first", "second"], other: [] });
  });

  test("is told when the mapping was closed before it", async () => {
    const found = await shown(`
      ${CHANNEL} ${MAP}
      const events = eventsOf(mapping);
      ${FAULT}
      mapping.close();
      await turns();
      show({ kinds: events.map(({ kind }) => kind), published: published.length, kept: mapping.failure.kind });
      await instance.close();`);
    expect(found).toEqual({ kinds: ["truncated"], published: 1, kept: "truncated" });
  });

  test("of a mapping that was collected, of which a view is left, is told on the channel", async () => {
    const found = await shown(
      `
      ${CHANNEL}
      const file = await sevens(4);
      const v = (() => file.map().bytes())();
      for (let i = 0; i < 10; i++) { gc(); await turns(5); }
      ${FAULT}
      await turns();
      show({ kinds: published.map(({ kind }) => kind), value: v[PAGE], first: v[0] });
      await instance.close();`,
      { nodeOptions: ["--expose-gc"] },
    );
    expect(found).toEqual({ kinds: ["truncated"], value: 0, first: 7 });
  });

  test("keeps a mapping with listeners from being collected", async () => {
    const found = await shown(
      `
      const file = await sevens(4);
      const events = [];
      const listen = () => {
        const mapping = file.map();
        mapping.on("fault", (failure) => events.push(failure.kind));
        return [mapping.bytes(), new WeakRef(mapping)];
      };
      const [v, reference] = listen();
      for (let i = 0; i < 10; i++) { gc(); await turns(5); }
      const kept = reference.deref() !== undefined;
      ${FAULT}
      await turns();
      for (let i = 0; i < 10; i++) { gc(); await turns(5); }
      show({ events, kept, after: reference.deref() !== undefined });
      await instance.close();`,
      { nodeOptions: ["--expose-gc"] },
    );
    expect(found).toEqual({ events: ["truncated"], kept: true, after: false });
  });

  test("reaches the second mapping though the first one's listener throws", async () => {
    const found = await shown(`
      const thrown = [];
      process.on("uncaughtException", (error) => thrown.push(error.message));
      const file = await sevens(4);
      const heard = [];
      for (const name of ["one", "two", "three"]) {
        const mapping = file.map();
        mapping.bytes();
        mapping.on("fault", () => { heard.push(name); throw new Error(name); });
        globalThis[name] = mapping.bytes();
      }
      fs.truncateSync(file.path, PAGE);
      one[PAGE]; two[PAGE]; three[PAGE];
      await turns();
      show({ heard: heard.sort(), thrown: thrown.sort() });
      await instance.close();`);
    expect(found).toEqual({ heard: ["one", "three", "two"], thrown: ["one", "three", "two"] });
  });

  test("is an ordinary event: what its listener throws is an uncaught exception", async () => {
    const { code, stderr } = await ended(`${MAP}
      mapping.on("fault", () => { throw new Error("from the listener"); });
      ${FAULT}
      await turns(5000);`);
    expect(code).toBe(1);
    expect(stderr).toContain("from the listener");
  });
});

describe("a failure", () => {
  test("of a window is that of its mapping, in the mapping's bytes", async () => {
    const found = await shown<{ failures: { offset: number }[]; codes: string[] }>(`
      const file = await sevens(4);
      const mapping = file.map();
      const window = mapping.window(2 * PAGE + 8, 100);
      const healthy = file.map().window(0, 8);
      const w = window.bytes();
      fs.truncateSync(file.path, 2 * PAGE);
      w[0];
      const uses = [() => window.bytes(), () => window.window(0, 8), () => mapping.buffer, () => mapping.handle(), () => healthy.bytes()];
      show({ failures: [window.failure, mapping.failure], codes: uses.map(codeOf), kept: healthy.failure ?? null });
      await instance.close();`);
    expect(found).toMatchObject({
      failures: [
        { kind: "truncated", offset: 8192, length: 8192 },
        { kind: "truncated", offset: 8192, length: 8192 },
      ],
      codes: [...Array(4).fill("ERR_FAMFS_MEMORY_FAILURE"), "none"],
      kept: null,
    });
  });

  test("of a mapping made from a window's handle counts from that mapping's start", async () => {
    const found = await shown(`
      const file = await sevens(4);
      const mapping = await openHandle(file.map().window(PAGE + 64, 2 * PAGE).handle());
      const v = mapping.bytes();
      fs.truncateSync(file.path, 2 * PAGE);
      const values = [v[0], v[PAGE]];
      const { offset, length } = mapping.failure;
      const whole = await openHandle((await readOnly(2)).mapping.window(64, 64).handle());
      whole.bytes()[0] = 1;
      show({ values, offset, length, clipped: [whole.failure.offset, whole.failure.length] });
      await instance.close();`);
    expect(found).toEqual({ values: [7, 0], offset: 4096 - 64, length: 4096 + 64, clipped: [0, 64] });
  });

  test("says kind, range, addresses and path, in the error too", async () => {
    const found = await shown<{
      failure: Record<string, string>;
      error: Record<string, unknown>;
      message: string;
      maps: string;
    }>(`
      ${MAP} ${FAULT}
      let error;
      try { mapping.bytes(); } catch (caught) { error = caught; }
      const maps = fs.readFileSync("/proc/self/maps", "utf8");
      show({ failure: mapping.failure, error: { code: error.code, failure: error.failure, path: error.path }, message: error.message, maps });
      await instance.close();`);
    const { failure, error, message, maps } = found;
    expect(failure).toMatchObject({ kind: "truncated", offset: 4096, length: 3 * 4096 });
    const [begin = "", end = ""] = failure["addresses"]?.split("-") ?? [];
    expect(Number.parseInt(end, 16) - Number.parseInt(begin, 16)).toBe(3 * 4096);
    // What stays of the file ends where the replaced part begins.
    expect(maps).toContain(`-${begin} rw-s `);
    expect(error).toEqual({ code: "ERR_FAMFS_MEMORY_FAILURE", failure, path: failure["path"] });
    for (const part of ["truncated", "4096 to 16384", failure["addresses"], failure["path"]])
      expect(message).toContain(part);
  });

  test("and a close are found without a native call", async () => {
    const found = await shown(`
      ${MAP}
      const other = file.map();
      other.bytes();
      const addon = require("./build/Release/famfs.node");
      const calls = [];
      for (const name of Object.keys(addon)) {
        const before = addon[name];
        addon[name] = (...args) => { calls.push(name); return before(...args); };
      }
      for (let i = 0; i < 100; i++) { mapping.view(Float64Array, 8); mapping.bytes(); mapping.closed; mapping.failure; }
      const open = calls.splice(0);
      ${FAULT}
      for (let i = 0; i < 100; i++) codeOf(() => mapping.bytes());
      const failed = calls.splice(0);
      other.close();
      calls.length = 0;
      const codes = [codeOf(() => mapping.bytes()), codeOf(() => other.bytes())];
      show({ open, failed, closed: calls, codes });
      process.exit();`);
    // The one call asks for the details.
    const codes = ["ERR_FAMFS_MEMORY_FAILURE", "ERR_FAMFS_CLOSED"];
    expect(found).toEqual({ open: [], failed: ["failure"], closed: [], codes });
  });
});
