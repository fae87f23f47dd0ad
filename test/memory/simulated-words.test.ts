import { createTmpfsInstance } from "famfs";
import { describe, expect, onTestFinished, test } from "vitest";
import { Child, result } from "../support/child.js";

describe("a CPU without 64-byte stores", () => {
  const WORDS = `
    import { createRequire } from "node:module";
    const addon = createRequire(process.cwd() + "/")("./build/Release/famfs.node");
    addon.moveLinesInWords(true);`;

  test("shows no process of a host a line that another one of it has half moved", async () => {
    const directory = await createTmpfsInstance();
    onTestFinished(() => directory.close());
    const start = (host: number, script: string) =>
      new Child(
        `${WORDS}
         import { openInstance } from "famfs";
         const instance = await openInstance(process.argv[1], { coherence: "simulated", host: ${host} });
         const file = await instance.create("table", { size: 4096, ifExists: "open" });
         const mapping = file.map();
         const word = mapping.commitWord(0, { bits: 32, site: "record" });
         const copy = new Int32Array(15), bytes = new Uint8Array(copy.buffer);
         process.once("message", () => process.exit());
         const turns = async (action) => {
           for (let turn = 1; process.connected; turn++) {
             for (let i = 0; i < 50; i++) action();
             await new Promise((resolve) => setImmediate(resolve));
           }
         };
         ${script}`,
        { args: [directory.path] },
      );
    // Word and payload in one line: no second invalidate orders the two looks of a reader.
    const writer = start(
      0,
      `let i = word.observe();
       await turns(() => { i += 2; copy.fill(i); word.overwrite(i, 4, bytes); });`,
    );
    const sibling = start(1, `await turns(() => mapping.invalidate(0, 64));`);
    const outcome = await start(
      1,
      `let torn = 0, backwards = 0, last = 0;
       const seen = new Set();
       for (let i = 0; seen.size < 300 && i < 200_000; i++) {
         const value = word.read(4, bytes);
         if (value === undefined) continue;
         if (!copy.every((one) => one === value)) torn++;
         if (value < last) backwards++;
         last = value;
         seen.add(value);
       }
       process.send({ torn, backwards, many: seen.size >= 300 });`,
    ).message();
    for (const child of [writer, sibling]) child.process.kill("SIGKILL");
    expect(outcome).toEqual({ torn: 0, backwards: 0, many: true });
  });

  test("passes messages between processes all the same", async () => {
    const outcome = await result<{ bad: number; whole: number }>(
      `${WORDS}
       import { simulateHosts } from "famfs/testing";
       const { hosts: [a, b], close } = await simulateHosts(2, { size: 4096, seed: 3 });
       const writer = a.mapping.commitWord(0, { bits: 32, site: "record" });
       const reader = b.mapping.commitWord(0, { bits: 32, site: "record" });
       const source = new Int32Array(48), copy = new Int32Array(48);
       let bad = 0, whole = 0;
       for (let i = 2; i < 4000; i += 2) {
         source.fill(i);
         writer.overwrite(i, 128, new Uint8Array(source.buffer));
         const seen = reader.read(128, new Uint8Array(copy.buffer));
         if (seen === i && copy.every((value) => value === i)) whole++; else bad++;
       }
       console.log(JSON.stringify({ bad, whole }));
       process.exit();`,
    );
    expect(outcome).toEqual({ bad: 0, whole: 1999 });
  });
});
