import { createTmpfsInstance, openInstance } from "famfs";
import type { RuleReport, SimulatedHost, Simulation } from "famfs/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { expectError } from "../support/errors.js";
import { simulated } from "../support/simulated.js";

async function twoHosts(seed = 1): Promise<[Simulation, SimulatedHost, SimulatedHost]> {
  const simulation = await simulated(2, { seed });
  const [a, b = a] = simulation.hosts;
  return [simulation, a, b];
}

function store(host: SimulatedHost, index: number, value: number): void {
  host.mapping.view(Int32Array)[index] = value;
}

describe("R1: one writing host a line", () => {
  test("two hosts with stores to one line at the same time", async () => {
    const [simulation, a, b] = await twoHosts();
    store(a, 64, 1);
    store(b, 65, 1);
    a.mapping.writeBack(256, 4, "lane a");
    b.mapping.writeBack(260, 4, "lane b");
    a.fullFence();
    b.fullFence();
    expect(simulation.reports).toHaveLength(1);
    const [report] = simulation.reports as [RuleReport];
    expect(report.rule).toBe("R1");
    expect([report.host, report.otherHost].sort()).toEqual([0, 1]);
    expect([report.site, report.otherSite].sort()).toEqual(["lane a", "lane b"]);
    expect([256, 260]).toContain(report.offset);
  });

  test("a host that stores without having looked, over what another one wrote", async () => {
    const [simulation, a, b] = await twoHosts();
    b.pass(100);
    store(a, 0, 1);
    a.mapping.writeBack(0, 4);
    a.fullFence();
    store(b, 1, 1);
    b.mapping.writeBack(4, 4);
    b.fullFence();
    const found = simulation.reports.map(({ rule, host, otherHost, offset }) => ({ rule, host, otherHost, offset }));
    // A prefetch in between would be luck, and make it right.
    expect(found).toEqual([{ rule: "R1", host: 1, otherHost: 0, offset: 4 }]);
  });

  test("a hand-over is none: the new one invalidates before it stores", async () => {
    const [simulation, a, b] = await twoHosts();
    for (let turn = 1; turn <= 200; turn++) {
      const host = turn % 2 === 0 ? a : b;
      host.mapping.invalidate(0, 64);
      store(host, turn % 16, turn);
      host.mapping.writeBack(0, 64);
      host.fullFence();
    }
    expect(simulation.reports).toEqual([]);
    simulation.check();
  });

  test("a line is reported once", async () => {
    const [simulation, a, b] = await twoHosts();
    for (let i = 1; i < 50; i++) {
      store(a, 0, i);
      store(b, 1, i);
      for (const host of [a, b]) {
        host.mapping.writeBack(0, 8);
        host.fullFence();
      }
    }
    expect(simulation.reports).toHaveLength(1);
  });
});

describe("F7: a host stores to a line that it reads", () => {
  test("after observe, even if nothing was lost", async () => {
    const [simulation, a, b] = await twoHosts();
    const word = a.mapping.commitWord(128, { bits: 32, site: "record" });
    const seen = b.mapping.commitWord(128, { bits: 32, site: "reader" });
    word.publish(1, 0, 0);
    expect(seen.observe()).toBe(1);
    store(b, 34, 1);
    b.mapping.writeBack(136, 4);
    b.fullFence();
    expect(simulation.reports).toEqual([
      { rule: "F7", host: 1, otherHost: 0, offset: 136, site: "reader", otherSite: "record" },
    ]);
    await expectError("ERR_FAMFS_RULE_BROKEN", () => simulation.check(), /F7: host 1 .*offset 136.*host 0 \(record\)/);
  });

  test("after fetch, found by an eviction", async () => {
    const [simulation, a, b] = await twoHosts();
    store(a, 0, 1);
    a.mapping.writeBack(0, 4, "payload");
    a.fullFence();
    b.mapping.fetch(0, 64);
    store(b, 15, 1);
    b.pass(1000);
    expect(simulation.reports.map(({ rule, offset }) => `${rule} ${offset}`)).toEqual(["F7 60"]);
  });

  test("a host may store to its own line after it read it", async () => {
    const [simulation, a] = await twoHosts();
    const word = a.mapping.commitWord(0, { bits: 32, site: "own" });
    for (let value = 1; value < 50; value++) {
      word.publish(value, 0, 0);
      expect(word.observe()).toBe(value);
    }
    expect(simulation.reports).toEqual([]);
  });
});

describe("who learns of it", () => {
  test("a process that closes a mapping with reports that nobody looked at is warned", async () => {
    const directory = await createTmpfsInstance();
    onTestFinished(() => directory.close());
    const warnings: (Error & { code?: string })[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on("warning", listen);
    onTestFinished(() => void process.off("warning", listen));
    const [a, b] = [
      await openInstance(directory.path, { coherence: "simulated", host: 0 }),
      await openInstance(directory.path, { coherence: "simulated", host: 1 }),
    ];
    const mine = (await a.create("table", { size: 4096 })).map();
    const other = (await b.open("table", { access: "read-write" })).map();
    // Every line: one that is evicted and fetched in between was handed over by chance, and is no report.
    for (let line = 0; line < 64; line++) {
      mine.view(Int32Array)[line * 16] = 1;
      other.view(Int32Array)[line * 16 + 1] = 1;
    }
    mine.writeBack(0, 4096);
    other.writeBack(0, 4096);
    mine.close();
    other.close();
    await a.close();
    await b.close();
    await new Promise((resolve) => setImmediate(resolve));
    const ours = warnings.filter(({ code }) => code === "ERR_FAMFS_RULE_BROKEN");
    expect(ours.length).toBeGreaterThan(0);
    const lines = ours.map(({ message }) => {
      const found = /R1: host . and host . both stored to the line of offset (\d+) of .*table/.exec(message);
      return Math.floor(Number(found?.[1]) / 64);
    });
    // A line is reported once, however often the two collide on it.
    expect(new Set(lines).size).toBe(lines.length);
    expect(lines.every((line) => line >= 0 && line < 64)).toBe(true);
  });
});
