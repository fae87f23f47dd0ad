import { readFileSync } from "node:fs";
import { createTmpfsInstance, openInstance } from "famfs";
import { joinSimulation } from "famfs/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { Child, result } from "../support/child.js";
import { seededRandom } from "../support/seed.js";
import { stopped } from "../support/segment.js";
import { device, simulated, words } from "../support/simulated.js";
import { nextMessage, startWorker } from "../support/worker.js";

const TESTING = new URL("../../dist/testing/index.js", import.meta.url).href;
const JOIN = `
  import { joinSimulation } from "famfs/testing";
  const host = await joinSimulation(JSON.parse(process.argv[1]));
  const words = host.mapping.view(Int32Array);`;

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 2000; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`did not happen: ${what}`);
}

describe("processes of simulated hosts", () => {
  test("share the copy of their host, and not another host's", async () => {
    const simulation = await simulated(2, { seed: 1, background: true });
    const [a, b = a] = simulation.hosts;
    const child = new Child(`${JOIN} words[0] = 5; process.send("stored"); setInterval(() => {}, 1000);`, {
      args: [JSON.stringify(b.handle())],
    });
    await child.message();
    expect(words(simulation, 1)[0]).toBe(5);
    a.mapping.invalidate(64, 4);
  });

  test("share the copy in workers too", async () => {
    const simulation = await simulated(2, { seed: 1 });
    const worker = startWorker(
      `const { joinSimulation } = await import(data.testing);
       const host = await joinSimulation(data.handle);
       host.mapping.view(Int32Array)[1] = 6;
       port.postMessage(host.index);`,
      { testing: TESTING, handle: simulation.hosts[1]?.handle() },
    );
    expect(await nextMessage(worker)).toBe(1);
    expect(words(simulation, 1)[1]).toBe(6);
    expect(words(simulation, 0)[1]).toBe(0);
  });

  test("pass messages by commit words, while threads move lines", async () => {
    const simulation = await simulated(2, { seed: 2, background: true });
    const [a, b = a] = simulation.hosts;
    const rounds = 3000;
    const child = new Child(
      `${JOIN}
       const ping = host.mapping.commitWord(0, { bits: 32, site: "ping" });
       const pong = host.mapping.commitWord(256, { bits: 32, site: "pong" });
       for (let i = 1; i <= ${rounds}; i++) {
         while (ping.observe() !== i);
         host.mapping.fetch(128, 64);
         const bad = words.subarray(32, 48).findIndex((value) => value !== i);
         pong.publish(bad < 0 ? i : 0xffffffff, 384, 4);
         if (bad >= 0) break;
       }`,
      { args: [JSON.stringify(b.handle())] },
    );
    const ping = a.mapping.commitWord(0, { bits: 32, site: "ping" });
    const pong = a.mapping.commitWord(256, { bits: 32, site: "pong" });
    for (let i = 1; i <= rounds; i++) {
      words(simulation, 0).fill(i, 32, 48);
      ping.publish(i, 128, 64);
      expect(await pongs(() => pong.observe(), i)).toBe(i);
    }
    expect(await child.ended).toMatchObject({ code: 0 });
    expect(simulation.reports).toEqual([]);
  });
});

/** Polls, giving the child time to die. */
async function pongs(observe: () => number, wanted: number): Promise<number> {
  for (let i = 0; i < 10_000_000; i++) {
    const value = observe();
    if (value === wanted || value === 0xffffffff) return value;
    if (i % 10_000 === 9999) await new Promise((resolve) => setImmediate(resolve));
  }
  return -1;
}

describe("killed openers", () => {
  test("what they stored and did not write back is evicted all the same", async () => {
    const simulation = await simulated(2, { seed: 1, background: true });
    const child = new Child(
      `${JOIN} for (let i = 0; i < 1024; i++) words[i] = i + 1; process.kill(process.pid, "SIGKILL");`,
      {
        args: [JSON.stringify(simulation.hosts[1]?.handle())],
      },
    );
    expect((await child.ended).signal).toBe("SIGKILL");
    await until(() => device(simulation).every((value, index) => value === index + 1), "all lines were evicted");
  });

  test("also when no process of their host is left, and the others appear later", async () => {
    const directory = await createTmpfsInstance();
    onTestFinished(() => directory.close());
    const child = new Child(
      `import { openInstance } from "famfs";
       const instance = await openInstance(process.argv[1], { coherence: "simulated", host: 3 });
       const file = await instance.create("table", { size: 4096 });
       file.map().view(Int32Array).fill(7);
       process.kill(process.pid, "SIGKILL");`,
      { args: [directory.path] },
    );
    expect((await child.ended).signal).toBe("SIGKILL");
    const instance = await openInstance(directory.path, { coherence: "simulated", host: 0 });
    onTestFinished(() => instance.close());
    (await instance.open("table")).map();
    const bytes = () => new Int32Array(new Uint8Array(readFileSync(`${directory.path}/table`)).buffer);
    await until(() => bytes().every((value) => value === 7), "the dead host's lines were evicted");
  });

  test("leave nothing behind that stops or confuses the others, at whatever moment they die", async () => {
    const simulation = await simulated(2, { seed: 1, background: true });
    const [a, b = a] = simulation.hosts;
    const sibling = await joinSimulation(b.handle());
    onTestFinished(() => sibling.close());
    const random = seededRandom("kills");
    const record = a.mapping.commitWord(0, { bits: 32, site: "record" });
    const target = new Uint8Array(192);
    let last = 0;
    for (let kill = 0; kill < 12; kill++) {
      // Of host 1 like the sibling: one writes, one reads, all of the time.
      const child = new Child(
        `${JOIN}
         const record = host.mapping.commitWord(0, { bits: 32, site: "record" });
         const source = new Int32Array(48);
         const first = record.observe();
         process.send("running");
         for (let i = first - first % 2 + 2; ; i += 2) {
           source.fill(i);
           record.overwrite(i, 128, new Uint8Array(source.buffer));
           host.mapping.invalidate(0, 1024);
         }`,
        { args: [JSON.stringify(b.handle())] },
      );
      await child.message();
      const end = performance.now() + 20 + random() * 60;
      const values = new Int32Array(target.buffer);
      while (performance.now() < end) {
        sibling.mapping.invalidate(0, 1024);
        const seen = record.read(128, target);
        if (seen === undefined) continue;
        expect(values.every((value) => value === seen || seen === 0)).toBe(true);
        expect(seen).toBeGreaterThanOrEqual(last);
        last = seen;
      }
      child.process.kill("SIGKILL");
      await child.ended;
      // Every line of the host can still be moved.
      sibling.mapping.invalidate(0, 4096);
      sibling.mapping.writeBack(0, 4096);
      sibling.fullFence();
      expect([...device(simulation)]).toEqual([...sibling.mapping.view(Int32Array)]);
    }
    expect(last).toBeGreaterThan(0);
    expect(simulation.reports).toEqual([]);
  });
});

test("a process that stops itself by stopProcess holds up nobody, whatever its threads are at", async () => {
  const simulation = await simulated(2, { seed: 1, background: true });
  const [, b = simulation.hosts[0]] = simulation.hosts;
  const child = new Child(
    `${JOIN}
     import { Worker } from "node:worker_threads";
     import { stopProcess } from "famfs/testing";
     const mover = new Worker(
       \`const { workerData, parentPort } = require("node:worker_threads");
        import(workerData.testing).then(async ({ joinSimulation }) => {
          const { mapping } = await joinSimulation(workerData.handle);
          parentPort.postMessage("moving");
          for (;;) mapping.invalidate(0, 4096);
        });\`,
       { eval: true, execArgv: [], workerData: { testing: process.argv[2], handle: JSON.parse(process.argv[1]) } },
     );
     process.on("message", stopProcess);
     mover.once("message", () => process.send("ready"));`,
    { args: [JSON.stringify(b.handle()), TESTING] },
  );
  await child.message();
  for (let stop = 0; stop < 30; stop++) {
    child.process.send("stop");
    await stopped(child);
    // Blocks this thread if a line is being moved.
    b.mapping.invalidate(0, 4096);
    child.process.kill("SIGCONT");
  }
});

describe("a process that dies half-way through moving a line", () => {
  const DIE = `
    import { createRequire } from "node:module";
    const addon = createRequire(process.cwd() + "/")("./build/Release/famfs.node");`;

  /** Everything that a host's next process has to know about the line is right again. */
  async function dieAndGoOn(times: number): Promise<void> {
    const simulation = await simulated(2, { seed: times + 1, background: false });
    const [a, b = a] = simulation.hosts;
    const child = new Child(
      `${JOIN}${DIE}
       addon.dieMovingLine(Number(process.argv[2]));
       for (let i = 1; ; i++) {
         words.fill(i, 512, 528);
         host.mapping.writeBack(2048, 64);
         host.fullFence();
         host.mapping.invalidate(0, 1024);
       }`,
      { args: [JSON.stringify(b.handle()), String(times)] },
    );
    const writing = setInterval(() => {
      words(simulation, 0)[0] = (words(simulation, 0)[0] ?? 0) + 1;
      a.mapping.writeBack(0, 4);
      a.fullFence();
    }, 1);
    expect((await child.ended).signal).toBe("SIGKILL");
    clearInterval(writing);
    // The next one of the host fetches what the first host wrote, and loses nothing of what its own did.
    b.mapping.invalidate(0, 1024);
    expect(words(simulation, 1)[0]).toBe(words(simulation, 0)[0]);
    const own = words(simulation, 1)[512];
    b.mapping.writeBack(2048, 64);
    b.fullFence();
    expect(device(simulation)[512]).toBe(own);
    words(simulation, 0)[0] = 1_000_000;
    a.mapping.writeBack(0, 4);
    a.fullFence();
    b.pass(500);
    expect(device(simulation)[0]).toBe(1_000_000);
    expect(simulation.reports).toEqual([]);
  }

  test.for([0, 1, 2, 3, 4, 5, 17, 40])("after %i others", (times) => dieAndGoOn(times));
});

describe("FAMFS_SIMULATION_SEED", () => {
  const PRINT = `
    import { createTmpfsInstance, openInstance } from "famfs";
    const directory = await createTmpfsInstance();
    const instance = await openInstance(directory.path, { coherence: "simulated", host: 0 });
    const mapping = (await instance.create("table", { size: 4096 })).map();
    const again = (await instance.open("table")).map();
    await instance.close();
    await directory.close();`;

  test("settles the seed, which is printed once", async () => {
    const child = new Child(PRINT, { env: { FAMFS_SIMULATION_SEED: "4711" } });
    expect(await child.ended).toMatchObject({
      code: 0,
      stderr: "famfs: simulated memory, seed 4711; FAMFS_SIMULATION_SEED=4711 repeats it\n",
    });
  });

  test("without it the seed is one by chance, and printed", async () => {
    const seeds = await Promise.all([new Child(PRINT).ended, new Child(PRINT).ended]);
    const [first, second] = seeds.map(({ stderr }) => /seed (\d+);/.exec(stderr)?.[1]);
    expect(first).toBeDefined();
    expect(second).not.toBe(first);
  });

  test("must be a number", async () => {
    const { code, stderr } = await new Child(PRINT, { env: { FAMFS_SIMULATION_SEED: "x" } }).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/ERR_FAMFS_OUT_OF_RANGE/);
    expect(stderr).toMatch(/FAMFS_SIMULATION_SEED/);
  });

  test("counts for simulateHosts too", async () => {
    const seed = await result<number>(
      `import { simulateHosts } from "famfs/testing";
       const simulation = await simulateHosts(2, { size: 64 });
       console.log(simulation.seed);
       await simulation.close();`,
      { env: { FAMFS_SIMULATION_SEED: "99" } },
    );
    expect(seed).toBe(99);
  });
});
