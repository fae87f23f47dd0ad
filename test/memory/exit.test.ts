import { existsSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { Child, run } from "../support/child.js";

/** What a process or worker may be in the middle of when it ends; each leaves it so and goes on. */
const STATES: Record<string, string> = {
  "a file open": `keep.push(file);`,
  "a mapping open, untouched": `keep.push(file.map());`,
  "a mapping open with views": `const m = file.map(); m.bytes()[0] = 1; keep.push(m, m.window(8, 8).bytes());`,
  "a mapping closed, not yet released": `const m = file.map(); m.bytes().fill(1); m.close(); keep.push(m.released);`,
  "a mapping forgotten": `file.map().bytes()[0] = 1; globalThis.gc?.();`,
  "prefault running": `const m = file.map(); keep.push(m, m.prefault("write").catch(() => {}));`,
  "prefault running, mapping closed": `const m = file.map(); keep.push(m.prefault("write").catch(() => {})); m.close();`,
  "create reserving": `keep.push(instance.create("b", { size: 4 << 20, onProgress: () => {} }).catch(() => {}));`,
  "open in flight": `keep.push(instance.open("a").catch(() => {}));`,
  "zlib in flight": `const m = file.map(); zlib.deflate(m.bytes(), { chunkSize: 16 << 20 }, () => {}); keep.push(m);`,
  "zlib in flight, mapping closed": `const m = file.map(); zlib.deflate(m.bytes(), { chunkSize: 16 << 20 }, () => {}); m.close();`,
  "fs.read in flight": `const m = file.map(); fs.read(zero, m.bytes(), 0, SIZE, null, () => {}); keep.push(m);`,
  "the instance closing": `keep.push(instance.close());`,
};

const SETUP = `
  const SIZE = 1 << 20;
  const keep = (globalThis.keep = []);
  const instance = await famfs.createTmpfsInstance({ directory: process.env.TEST_DIRECTORY });
  const file = await instance.create("a", { size: SIZE });
  const zero = fs.openSync("/dev/zero", "r");
`;

const MODULES = `import * as fs from "node:fs"; import * as zlib from "node:zlib"; import * as famfs from "famfs";`;

interface End {
  readonly code: string;
  readonly exit: number | null;
  readonly signal?: NodeJS.Signals;
}

const ENDS: Record<string, End> = {
  "its end": { code: "", exit: 0 },
  "process.exit()": { code: "process.exit(5);", exit: 5 },
  "process.exit() a little later": { code: "setTimeout(() => process.exit(5), 1);", exit: 5 },
  "an uncaught exception": { code: 'throw new Error("on purpose");', exit: 1 },
  SIGTERM: {
    code: 'process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 10);',
    exit: null,
    signal: "SIGTERM",
  },
};

async function withDirectory(test: (directory: string) => Promise<void>) {
  const { mkdtempSync, rmSync } = await import("node:fs");
  const directory = mkdtempSync("/dev/shm/famfs-test-");
  try {
    await test(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Ends a process in a state; undefined where all is as it should be. */
async function endProcess(state: string, [name, end]: [string, End]) {
  await withDirectory(async (directory) => {
    const script = `${MODULES}${SETUP}{ ${state} }\n${end.code}`;
    const ended = await run(script, { env: { TEST_DIRECTORY: directory }, nodeOptions: ["--expose-gc"] });
    const expected = { code: end.exit, signal: end.signal ?? null };
    expect({ code: ended.code, signal: ended.signal }, `${name}: ${ended.stderr}`).toEqual(expected);
    if (end.exit === 0) expect(ended.stderr).toBe("");
    // What was not closed is removed at exit; a signal leaves it to the next creator.
    if (end.signal === undefined) expect(readdirSync(directory), name).toEqual([]);
  });
}

test.each(Object.entries(STATES))("with %s a process ends in every way as it should", async (_, state) => {
  await Promise.all(Object.entries(ENDS).map((end) => endProcess(state, end)));
});

const WORKER_ENDS: Record<string, string> = {
  "its end": "",
  "process.exit()": "process.exit();",
  "an uncaught exception": 'setImmediate(() => { throw new Error("on purpose"); });',
  "terminate()": "setInterval(() => {}, 1000);",
};

/** The code of a worker that gets into a state and then ends. */
function workerCode(state: string, ending: string): string {
  return `
    const { parentPort } = require("node:worker_threads");
    const fs = require("node:fs");
    const zlib = require("node:zlib");
    (async () => {
      const famfs = await import(process.env.FAMFS_MODULE);
      ${SETUP}
      { ${state} }
      parentPort.postMessage("ready");
      ${ending}
    })();`;
}

/** One process that lets workers end in one state in every way and then looks at what is left. */
function workers(state: string): string {
  const codes = Object.entries(WORKER_ENDS).map(([name, ending]) => ({ name, code: workerCode(state, ending) }));
  return `
    import { Worker } from "node:worker_threads";
    import { readFileSync, readdirSync, readlinkSync } from "node:fs";
    import { createTmpfsInstance } from "famfs";
    process.env.FAMFS_MODULE = import.meta.resolve("famfs");
    const directory = process.env.TEST_DIRECTORY;
    const outer = await createTmpfsInstance({ directory });
    const own = (await outer.create("own", { size: 4096 })).map().bytes();
    const target = (fd) => { try { return readlinkSync("/proc/self/fd/" + fd); } catch { return ""; } };
    const left = () => [
      ...readFileSync("/proc/self/maps", "utf8").split("\\n").filter((line) => line.includes(directory)),
      ...readdirSync("/proc/self/fd").map(target).filter((path) => path.startsWith(directory)),
    ].filter((line) => !line.includes(outer.path));
    for (const { name, code } of ${JSON.stringify(codes)}) {
      {
        const worker = new Worker(code, { eval: true, execArgv: [] });
        worker.on("error", (error) => { if (error.message !== "on purpose") throw error; });
        const ended = new Promise((resolve) => worker.once("exit", resolve));
        await new Promise((resolve) => worker.once("message", resolve));
        if (name === "terminate()") await worker.terminate();
        await ended;
        own[0]++;
        for (let turn = 0; turn < 400 && left().length > 0; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
        if (left().length > 0) throw new Error(name + " leaves behind: " + left().join("\\n"));
      }
    }
    if (own[0] !== 4) throw new Error("the main thread's mapping is gone");
    console.log("ok");`;
}

test.each(Object.entries(STATES))(
  "with %s a worker ends in every way and leaves its process whole",
  async (_, state) => {
    await withDirectory(async (directory) => {
      const ended = await run(workers(state), { env: { TEST_DIRECTORY: directory } });
      expect(ended).toMatchObject({ code: 0, signal: null, stdout: "ok\n", stderr: "" });
    });
  },
);

test("a process waits at its end for a memory that is being let go, and for nothing else", async () => {
  const open = `${MODULES}
    const instance = await famfs.openInstance(undefined, { fallback: "tmpfs" });
    const mapping = (await instance.create("a", { size: 1 << 20 })).map();
    mapping.bytes()[0] = 1;
    process.on("exit", () => console.log("exit"));`;
  const idle = await run(open);
  expect(idle).toMatchObject({ code: 0, stdout: "exit\n", stderr: "" });
  const closing = await run(`${open} mapping.released.then(() => console.log("released")); mapping.close();`);
  expect(closing).toMatchObject({ code: 0, stdout: "released\nexit\n", stderr: "" });
});

test("many workers map, use and end at the same time", async () => {
  await withDirectory(async (directory) => {
    const body = `
      const { parentPort } = require("node:worker_threads");
      (async () => {
        const famfs = await import(process.env.FAMFS_MODULE);
        const instance = await famfs.openInstance(process.env.TEST_DIRECTORY);
        for (let i = 0; i < 30; i++) {
          const file = await instance.open("shared", { access: "read-write" });
          const mapping = file.map();
          Atomics.add(mapping.view(Int32Array), 0, 1);
          if (i % 3 === 0) mapping.prefault("read").catch(() => {});
          if (i % 2 === 0) mapping.close();
          file.close();
        }
        parentPort.postMessage("done");
      })();`;
    const child = new Child(
      `import { Worker } from "node:worker_threads";
      import { openInstance } from "famfs";
      process.env.FAMFS_MODULE = import.meta.resolve("famfs");
      const instance = await openInstance(process.env.TEST_DIRECTORY);
      const words = (await instance.create("shared", { size: 1 << 20 })).map().view(Int32Array);
      for (let round = 0; round < 3; round++) {
        await Promise.all(Array.from({ length: 6 }, () => new Promise((resolve, reject) => {
          const worker = new Worker(${JSON.stringify(body)}, { eval: true, execArgv: [] });
          worker.once("error", reject);
          worker.once("exit", resolve);
        })));
      }
      process.send(words[0]);
      process.disconnect();`,
      { env: { TEST_DIRECTORY: directory } },
    );
    expect(await child.message()).toBe(3 * 6 * 30);
    expect(await child.ended).toMatchObject({ code: 0, signal: null, stderr: "" });
  });
});

test("a killed process leaves what it stored, and nothing mapped or half made", async () => {
  await withDirectory(async (directory) => {
    const child = new Child(
      `${MODULES}
      const instance = await famfs.openInstance(process.env.TEST_DIRECTORY);
      const bytes = (await instance.create("a", { size: 4096 })).map().bytes();
      bytes[9] = 99;
      const more = () => instance.create("b", { size: 20 << 20, onProgress: () => process.send("reserving") }).then(() => {}, () => {});
      more();`,
      { env: { TEST_DIRECTORY: directory } },
    );
    await child.message();
    child.process.kill("SIGKILL");
    await child.ended;
    const { openInstance } = await import("famfs");
    await using instance = await openInstance(directory);
    const names = readdirSync(directory);
    expect(names).toContain("a");
    if (names.includes("b")) expect((await instance.open("b")).size).toBe(20 << 20);
    expect((await instance.open("a")).map().bytes()[9]).toBe(99);
    expect(existsSync(`${directory}/a`)).toBe(true);
  });
});
