import { describe, expect, test } from "vitest";
import { tmpfsInstance } from "../support/instance.js";
import { ended, shown } from "./script.js";

/** The source of a worker: maps the handle that it gets, and answers each message with what it read. */
const WORKER = `
  const { Worker } = require("node:worker_threads");
  const source = \`
    const { parentPort, workerData } = require("node:worker_threads");
    import("famfs").then(async ({ openHandle }) => {
      const mapping = await openHandle(workerData);
      const v = mapping.bytes();
      mapping.on("fault", ({ kind }) => parentPort.postMessage({ event: kind }));
      parentPort.on("message", (message) => {
        if (message === "end") return process.exit();
        const until = new Int32Array(message);
        while (Atomics.load(until, 0) === 0);
        let sum = 0;
        for (let i = 0; i < v.length; i++) sum += v[i];
        parentPort.postMessage({ sum, failure: mapping.failure?.kind });
      });
      parentPort.postMessage("ready");
    });\`;
  const start = (handle) => new Promise((resolve) => {
    const worker = new Worker(source, { eval: true, execArgv: [], workerData: handle });
    worker.heard = [];
    worker.once("message", () => { worker.on("message", (message) => worker.heard.push(message)); resolve(worker); });
  });
  const ended = (worker) => new Promise((resolve) => { worker.on("exit", resolve); worker.postMessage("end"); });
  const until = async (condition) => { for (let i = 0; i < 1000 && !condition(); i++) await turns(5); };`;

describe("workers", () => {
  test("fault together, and each hears of its own mapping", async () => {
    const found = await shown(`${WORKER}
      const file = await sevens(64);
      const mapping = file.map();
      const mine = eventsOf(mapping);
      const workers = await Promise.all([start(mapping.handle()), start(mapping.handle())]);
      fs.truncateSync(file.path, PAGE);
      const go = new Int32Array(new SharedArrayBuffer(4));
      for (const worker of workers) worker.postMessage(go.buffer);
      await turns(50);
      Atomics.store(go, 0, 1);
      await until(() => workers.every(({ heard }) => heard.length === 2));
      show({ heard: workers.map(({ heard }) => heard), mine, failure: mapping.failure ?? null });
      await Promise.all(workers.map(ended));
      await instance.close();`);
    const one = [{ sum: 7 * 4096, failure: "truncated" }, { event: "truncated" }];
    expect(found).toEqual({ heard: [one, one], mine: [], failure: null });
  });

  test("that alone loaded the addon end, and faults elsewhere are contained still", async () => {
    const { path, name } = await tmpfsInstance();
    const script = `${WORKER}
      const path = process.argv[1];
      const fill = () => fs.writeFileSync(path, Buffer.alloc(4 * PAGE, 7));
      fill();
      const { dev, ino } = fs.statSync(path, { bigint: true });
      const handle = { path, kind: "tmpfs", identity: dev + ":" + ino, offset: 0, length: 4 * PAGE, alignment: PAGE, access: "read-only", coherence: "coherent" };
      const go = new Int32Array(new SharedArrayBuffer(4)).fill(1).buffer;
      const round = async () => {
        const worker = await start(handle);
        fs.truncateSync(path, PAGE);
        worker.postMessage(go);
        await until(() => worker.heard.length === 2);
        await ended(worker);
        fill();
        return worker.heard[0].sum;
      };
      const first = await round();
      const mapping = await openHandle(handle);
      const v = mapping.bytes();
      fs.truncateSync(path, PAGE);
      const main = v[PAGE];
      fill();
      show({ first, main, kind: mapping.failure.kind, second: await round() });`;
    const found = await shown(script, { args: [path(name())] });
    expect(found).toEqual({ first: 7 * 4096, main: 0, kind: "truncated", second: 7 * 4096 });
  });

  test("are terminated in the middle of faults", async () => {
    const found = await shown(`
      const { Worker } = require("node:worker_threads");
      const { path, mapping } = await readOnly(4096);
      const source = \`import("famfs").then(async ({ openHandle }) => {
        const v = (await openHandle(require("node:worker_threads").workerData)).bytes();
        require("node:worker_threads").parentPort.postMessage("storing");
        for (;;) for (let page = 4095; page >= 0; page -= 2) v[page * 4096] = 1;
      });\`;
      let rounds = 0;
      for (; rounds < 10; rounds++) {
        const worker = new Worker(source, { eval: true, execArgv: [], workerData: mapping.handle() });
        await new Promise((resolve) => worker.once("message", resolve));
        await turns(rounds);
        await worker.terminate();
      }
      show({ rounds, intact: fs.readFileSync(path).every((byte) => byte === 7), failure: mapping.failure ?? null });
      await instance.close();`);
    expect(found).toEqual({ rounds: 10, intact: true, failure: null });
  });
});

describe("child processes", () => {
  test("of a process with the guard and a failed mapping: fork, spawn and exec", async () => {
    const found = await shown(`
      import { exec, fork, spawn } from "node:child_process";
      const file = await sevens(4);
      const v = file.map().bytes();
      fs.truncateSync(file.path, PAGE);
      v[PAGE];
      const program = instance.path + "/program.mjs";
      // A forked child maps, faults and lives by itself.
      fs.writeFileSync(program, \`
        import * as fs from "node:fs";
        const { openHandle } = await import(\${JSON.stringify(new URL("dist/index.js", "file://" + process.cwd() + "/").href)});
        process.once("message", async (handle) => {
          const mapping = await openHandle(handle);
          const v = mapping.bytes();
          fs.truncateSync(handle.path, 4096);
          process.send([v[0], v[4096], mapping.failure.kind], () => process.exit());
        });\`);
      const other = (await sevens(4)).map();
      const child = fork(program, { execArgv: [] });
      child.send(other.handle());
      const forked = await new Promise((resolve) => child.once("message", resolve));
      // A shell cannot run with a sanitizer's library.
      const env = { ...process.env, LD_PRELOAD: "" };
      const end = (process) => new Promise((resolve) => process.on("exit", (code, signal) => resolve(signal ?? code)));
      const spawned = await end(spawn("sh", ["-c", "kill -BUS $$"], { env }));
      const executed = await end(exec("exit 3", { env }));
      show({ forked, spawned, executed, still: v[2 * PAGE], others: other.failure ?? null });
      await instance.close();`);
    expect(found).toEqual({ forked: [7, 0, "truncated"], spawned: "SIGBUS", executed: 3, still: 0, others: null });
  });

  test("of cluster: each worker contains its own", async () => {
    const found = await shown(`
      const cluster = require("node:cluster");
      const file = await sevens(4);
      const mapping = file.map();
      const handle = mapping.handle();
      const program = instance.path + "/program.mjs";
      fs.writeFileSync(program, \`
        const { openHandle } = await import(\${JSON.stringify(new URL("dist/index.js", "file://" + process.cwd() + "/").href)});
          const mapping = await openHandle(JSON.parse(process.env.HANDLE));
          mapping.bytes()[0] = 9;
          process.send([mapping.access, mapping.failure?.kind ?? "none"], () => process.disconnect());\`);
      cluster.setupPrimary({ exec: program, execArgv: [] });
      const name = file.path.slice(instance.path.length + 1);
      const handles = [handle, (await instance.open(name)).map().handle()];
      const answers = await Promise.all(handles.map((handle) => new Promise((resolve) => {
        cluster.fork({ HANDLE: JSON.stringify(handle) }).once("message", resolve);
      })));
      show({ answers, mine: mapping.failure ?? null, written: mapping.bytes()[0] });
      await instance.close();`);
    expect(found).toEqual({
      answers: [
        ["read-write", "none"],
        ["read-only", "read-only-store"],
      ],
      mine: null,
      written: 9,
    });
  });
});

describe("a process that ends", () => {
  /** A prefault of a file without memory yet, which takes a while. */
  const PREFAULT = `
    instance = await createTmpfsInstance();
    fs.writeFileSync(instance.path + "/sparse", "");
    fs.truncateSync(instance.path + "/sparse", 256 * 2 ** 20);
    const mapping = (await instance.open("sparse", { access: "read-write" })).map();
    const steps = new Promise((resolve) => mapping.prefault("write", { onProgress: resolve }).catch(() => {}));`;

  test("by process.exit in the middle of a prefault", async () => {
    const { code, signal } = await ended(`${PREFAULT} await steps; process.exit(5);`);
    expect({ code, signal }).toEqual({ code: 5, signal: null });
  });

  test("by process.exit before the prefault's first step", async () => {
    const { code, signal } = await ended(`${PREFAULT} process.exit(5);`);
    expect({ code, signal }).toEqual({ code: 5, signal: null });
  });

  test("by an uncaught exception in the middle of a prefault and after a fault", async () => {
    const { code, signal, stderr } = await ended(`${PREFAULT}
      await steps;
      const file = await sevens(2);
      const v = file.map().bytes();
      fs.truncateSync(file.path, PAGE);
      v[PAGE];
      throw new Error("of the program");`);
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(stderr).toContain("of the program");
  });

  test("by --abort-on-uncaught-exception still aborts", async () => {
    const { signal } = await ended(
      `${PREFAULT} setImmediate(() => { throw new Error("of the program"); }); await steps;`,
      {
        nodeOptions: ["--abort-on-uncaught-exception"],
      },
    );
    expect(["SIGABRT", "SIGTRAP", "SIGILL"]).toContain(signal);
  });

  test("while another thread faults", async () => {
    const { code, signal } = await ended(`
      const { path, mapping } = await readOnly(4096);
      const { Worker } = require("node:worker_threads");
      new Worker(\`import("famfs").then(async ({ openHandle }) => {
        const v = (await openHandle(require("node:worker_threads").workerData)).bytes();
        require("node:worker_threads").parentPort.postMessage("storing");
        for (;;) for (let page = 4095; page >= 0; page -= 2) v[page * 4096] = 1;
      });\`, { eval: true, execArgv: [], workerData: mapping.handle() }).once("message", () => process.exit(5));
      await turns(5000);`);
    expect({ code, signal }).toEqual({ code: 5, signal: null });
  });
});

describe("a heap snapshot", () => {
  test("with mappings open, failed and closed", async () => {
    const found = await shown<{ bytes: number }>(`
      const { writeHeapSnapshot } = require("node:v8");
      const file = await sevens(4);
      const open = file.map().bytes();
      const gone = await sevens(4);
      const failed = gone.map();
      const view = failed.bytes();
      fs.truncateSync(gone.path, PAGE);
      view[PAGE];
      const closed = file.map();
      closed.bytes();
      closed.close();
      const path = writeHeapSnapshot(instance.path + "/snapshot.heapsnapshot");
      JSON.parse(fs.readFileSync(path, "utf8"));
      show({ bytes: fs.statSync(path).size, open: open[0], failed: failed.failure.kind });
      await instance.close();`);
    expect(found).toMatchObject({ open: 7, failed: "truncated" });
    expect(found.bytes).toBeGreaterThan(100_000);
  });
});
