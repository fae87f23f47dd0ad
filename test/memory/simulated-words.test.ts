import { createTmpfsInstance } from "famfs";
import { describe, expect, onTestFinished, test } from "vitest";
import { Child, result } from "../support/child.js";

describe("a CPU without 64-byte stores", () => {
  const WORDS = `
    import { createRequire } from "node:module";
    const addon = createRequire(process.cwd() + "/")("./build/Release/famfs.node");
    addon.moveLinesInWords(true);`;

  test("has one process a simulated host", async () => {
    const directory = await createTmpfsInstance();
    onTestFinished(() => directory.close());
    const open = (host: number, then: string) =>
      new Child(
        `${WORDS}
         import { openInstance } from "famfs";
         const instance = await openInstance(process.argv[1], { coherence: "simulated", host: ${host} });
         const file = await instance.create("table", { size: 4096, ifExists: "open" });
         try { file.map(); process.send("mapped"); } catch (error) { process.send(error.code + ": " + error.message); }
         ${then}`,
        { args: [directory.path] },
      );
    const first = open(0, "setInterval(() => {}, 1000);");
    expect(await first.message()).toBe("mapped");
    expect(await open(0, "process.exit();").message()).toMatch(/^ERR_FAMFS_SIMULATION: another process.*AVX-512/);
    expect(await open(1, "process.exit();").message()).toBe("mapped");
    first.process.kill("SIGKILL");
    await first.ended;
    expect(await open(0, "process.exit();").message()).toBe("mapped");
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
