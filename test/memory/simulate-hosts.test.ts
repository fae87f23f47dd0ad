import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createTmpfsInstance, fullFence, openInstance, storeFence } from "famfs";
import { joinSimulation, leaveOut, simulateHosts, stepsSeen } from "famfs/testing";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { expectError } from "../support/errors.js";
import { device, outcomes, simulated, words } from "../support/simulated.js";

afterEach(() => leaveOut(undefined));

describe("the instance", () => {
  test("has the copies, does not list them, and takes them along", async () => {
    const directory = await createTmpfsInstance();
    const instance = await openInstance(directory.path, { coherence: "simulated", host: 1 });
    const file = await instance.create("table", { size: 4096 });
    file.map();
    expect(instance.coherence).toBe("simulated");
    const copies = readdirSync(join(directory.path, ".famfs-simulated"));
    expect(copies.some((name) => name.endsWith(".host-1"))).toBe(true);
    const names: string[] = [];
    for await (const { name } of instance.files()) names.push(name);
    expect(names).toEqual(["table"]);
    await instance.close();
    await directory.close();
    expect(existsSync(directory.path)).toBe(false);
  });

  test("fences that name no mapping order what the thread did on all hosts", async () => {
    const directory = await createTmpfsInstance();
    onTestFinished(() => directory.close());
    const [a, b] = await Promise.all(
      [0, 1].map((host) => openInstance(directory.path, { coherence: "simulated", host })),
    );
    const made = await a?.create("table", { size: 4096 });
    const opened = await b?.open("table");
    const mine = made?.map();
    const other = opened?.map();
    for (let value = 1; value <= 200; value++) {
      mine?.view(Int32Array).fill(value, 0, 1);
      mine?.writeBack(0, 4);
      if (value % 2 === 0) storeFence();
      else fullFence();
      other?.invalidate(0, 4);
      expect(other?.view(Int32Array)[0]).toBe(value);
    }
    await Promise.all([a?.close(), b?.close()]);
  });

  test("refuses host numbers that it has no room for", async () => {
    const directory = await createTmpfsInstance();
    onTestFinished(() => directory.close());
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () =>
      openInstance(directory.path, { coherence: "simulated", host: 256 }),
    );
    await expectError("ERR_FAMFS_HOST_REQUIRED", () => openInstance(directory.path, { coherence: "simulated" }));
  });
});

describe("waiting", () => {
  test("sees what another host publishes, on the loop and synchronously", async () => {
    const simulation = await simulated(2, { seed: 1, background: true });
    const [a, b = a] = simulation.hosts;
    const word = a.mapping.commitWord(0, { bits: 32, site: "word" });
    const waiting = b.mapping.waitUntil(0, { bits: 32, atLeast: 2 }, { timeout: 10_000 });
    word.publish(1, 64, 4);
    await new Promise((resolve) => setTimeout(resolve, 10));
    word.publish(2, 64, 4);
    expect(await waiting).toBe(2);
    word.publish(3, 64, 4);
    expect(b.mapping.waitUntilSync(0, { bits: 32, not: 2 }, { timeout: 10_000 })).toBe(3);
  });
});

describe("famfs/testing", () => {
  test("refuses wrong arguments", async () => {
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => simulateHosts(0, { size: 64 }));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => simulateHosts(257, { size: 64 }));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => simulateHosts(2, { size: 0 }));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => simulateHosts(2, { size: 64, seed: -1 }));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => simulateHosts(2, { size: 64, background: 1 as never }));
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => simulateHosts(2, { size: 64, lines: 1 } as never));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => leaveOut("publish"));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => leaveOut("a/unknown"));
  });

  test("joinSimulation refuses the handle of memory that is not simulated", async () => {
    const instance = await createTmpfsInstance();
    onTestFinished(() => instance.close());
    const mapping = (await instance.create("plain", { size: 4096 })).map();
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => joinSimulation(mapping.handle()));
  });

  test("a closed host says so", async () => {
    const simulation = await simulateHosts(1, { size: 64, seed: 1 });
    const [host] = simulation.hosts;
    await simulation.close();
    await simulation.close();
    for (const action of [() => host.fullFence(), () => host.storeFence(), () => host.pass(), () => host.reports])
      await expectError("ERR_FAMFS_CLOSED", action);
  });

  test("names the steps that ran, and leaves one out", async () => {
    const simulation = await simulated(2, { seed: 1 });
    const word = simulation.hosts[0].mapping.commitWord(0, { bits: 32, site: "test.word" });
    stepsSeen();
    word.publish(1, 64, 4);
    expect(stepsSeen()).toEqual([
      "test.word/publish.payload",
      "test.word/publish.payload-fence",
      "test.word/publish.word",
      "test.word/publish.word-fence",
    ]);
    expect(device(simulation)[0]).toBe(1);
    leaveOut("test.word/publish.word");
    const seen = await outcomes((fresh) => {
      fresh.hosts[0].mapping.commitWord(0, { bits: 32, site: "test.word" }).publish(2, 64, 4);
      fresh.hosts[0].mapping.commitWord(128, { bits: 32, site: "other" }).publish(2, 64, 4);
      return `${device(fresh)[0]} ${device(fresh)[32]}`;
    });
    expect(seen).toContain("0 2");
    expect(seen).not.toContain("0 0");
  });

  test("interleave acts in the middle of calls, is not interrupted itself, and its errors end the call", async () => {
    const simulation = await simulated(2, { seed: 1 });
    const [a, b = a] = simulation.hosts;
    const word = a.mapping.commitWord(0, { bits: 32, site: "word" });
    let times = 0;
    simulation.interleave(() => {
      times++;
      b.mapping.invalidate(0, 4);
    });
    word.publish(1, 64, 4);
    expect(times).toBeGreaterThan(3);
    simulation.interleave(() => {
      throw new Error("from within");
    });
    expect(() => word.publish(2, 64, 4)).toThrow("from within");
    simulation.interleave(undefined);
    word.publish(3, 64, 4);
    b.mapping.invalidate(0, 4);
    expect(words(simulation, 1)[0]).toBe(3);
  });
});
