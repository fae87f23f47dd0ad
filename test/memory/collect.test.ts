import { expect, test } from "vitest";
import { run } from "../support/child.js";

/** A script that may drop references and then ask what is still mapped; `once` runs in a frame of its own. */
const SETUP = `
  import { openInstance } from "famfs";
  import { readFileSync, readdirSync, readlinkSync } from "node:fs";
  const instance = await openInstance(undefined, { fallback: "tmpfs" });
  await (await instance.create("a", { size: 1 << 20 })).close();
  const mapped = () => readFileSync("/proc/self/maps", "utf8").split("\\n").filter((line) => line.includes(instance.path)).length;
  const opened = () => readdirSync("/proc/self/fd").filter((fd) => {
    try { return readlinkSync("/proc/self/fd/" + fd).startsWith(instance.path); } catch { return false; }
  }).length;
  const collect = async (until, turns = 200) => {
    for (let turn = 0; turn < turns && !until(); turn++) { gc(); await new Promise((resolve) => setTimeout(resolve, 2)); }
    return until();
  };
  const settle = () => collect(() => false, 20);
  const expect = (value, message) => { if (!value) throw new Error(message + ": " + mapped() + " mapped, " + opened() + " open"); };
`;

async function works(script: string) {
  // One arena: malloc reserves 64 MiB for each thread otherwise, which is no range of ours.
  const env = { MALLOC_ARENA_MAX: "1" };
  const ended = await run(`${SETUP}${script}\nconsole.log("ok");`, { nodeOptions: ["--expose-gc"], env });
  expect(ended).toMatchObject({ code: 0, signal: null, stdout: "ok\n", stderr: "" });
}

test("mappings and files that were forgotten are unmapped and closed", async () => {
  await works(`
    const once = async () => {
      const file = await instance.open("a", { access: "read-write" });
      file.map();
      file.map().bytes()[0] = 1;
      file.map().window(8, 8).bytes()[0] = 1;
    };
    for (let i = 0; i < 10; i++) await once();
    expect(mapped() > 0, "nothing was mapped");
    expect(await collect(() => mapped() === 0 && opened() === 0), "left after gc");`);
});

test("a view alone keeps its memory mapped and shared", async () => {
  await works(`
    const once = async () => (await instance.open("a", { access: "read-write" })).map().bytes(4096, 100);
    const other = (await instance.open("a")).map().bytes();
    let bytes = await once();
    await settle();
    expect(mapped() === 2, "the view's memory is gone");
    bytes[3] = 33;
    expect(other[4099] === 33, "no longer shared");
    bytes = undefined;
    expect(await collect(() => mapped() === 1), "left after gc");`);
});

test("a window alone keeps its mapping open, and a view of a window too", async () => {
  await works(`
    const window = async () => (await instance.open("a")).map().window(8, 8);
    const view = async () => (await window()).bytes();
    let kept = await window();
    let bytes = await view();
    await settle();
    expect(mapped() === 2, "gone");
    expect(!kept.closed && kept.bytes()[0] === 0 && bytes[0] === 0, "unusable");
    kept = undefined;
    expect(await collect(() => mapped() === 1), "the window's is left");
    bytes = undefined;
    expect(await collect(() => mapped() === 0), "the view's is left");`);
});

test("a prefault keeps its mapping open to its end", async () => {
  await works(`
    const prefault = async () => (await instance.open("a", { access: "read-write" })).map().prefault("write");
    for (let i = 0; i < 20; i++) {
      const working = prefault();
      gc();
      await new Promise(setImmediate);
      gc();
      await working;
    }
    expect(await collect(() => mapped() === 0), "left after gc");`);
});

test("a mapping outlives its file and its instance when those are forgotten", async () => {
  await works(`
    const { openInstance: open } = await import("famfs");
    const once = async () => (await (await open(instance.path)).open("a")).map();
    const mapping = await once();
    await settle();
    expect(mapped() === 1 && mapping.bytes()[0] === 0, "gone");
    mapping.close();
    await mapping.released;
    expect(mapped() === 0 && await collect(() => opened() === 0), "left");`);
});

test("closed mappings whose views live on let the file go, and the rest when the views go", async () => {
  await works(`
    const { truncateSync } = await import("node:fs");
    truncateSync(instance.path + "/a", 64 << 20);
    const file = await instance.open("a");
    let views = [];
    const once = () => { const mapping = file.map(); views.push(mapping.bytes()); mapping.close(); return mapping.released; };
    await once();
    const size = () => Number(/VmSize:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
    const before = size();
    for (let i = 0; i < 100; i++) await once();
    expect(mapped() === 0, "the file is still mapped");
    expect(size() > before + 5 * 2 ** 30, "views do not hold their ranges");
    views = undefined;
    expect(await collect(() => size() < before + 2 ** 30), "ranges are left: " + (size() - before));`);
});
