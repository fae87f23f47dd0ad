import { type Participant, SharedArray, SharedBarrier, u32 } from "famfs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { MODES } from "../support/modes.js";
import { seedOf } from "../support/seed.js";
import { joined, LEASE, sleep, stopped, testSegment } from "../support/segment.js";
import { runBarrier } from "./barrier-rounds.js";

const PRELUDE = `
  const { SharedBarrier } = await import("famfs");
  const barrier = SharedBarrier.open(participant, "step", { role: "party" });
`;

const sitDown = (participant: Participant) => SharedBarrier.open(participant, "step", { role: "party" });

describe.each(MODES)("a barrier on %s memory", (mode) => {
  /** Two parties of host 0 and one of host 1, all in this process. */
  async function three() {
    const set = await testSegment(mode);
    const [one, two] = [await joined(set.segment), await joined(set.segment)];
    const three = await joined(await set.reopen(1), 1);
    const first = await SharedBarrier.create(one, "step", { parties: [2, 1], role: "party" });
    return { ...set, one, two, three, parties: [first, sitDown(two), sitDown(three)] as const };
  }

  test("completes a phase when all parties have arrived", async () => {
    const { segment, parties } = await three();
    const watcher = SharedBarrier.open(segment, "step");
    const [a, b, c] = parties;
    expect([watcher.parties, watcher.phase, a.arrived, a.tryWait()]).toEqual([3, 0, 0, true]);
    for (let phase = 1; phase <= 3; phase++) {
      expect([a.arrive(), c.arrive()]).toEqual([phase, phase]);
      expect([a.arrived, b.arrived, watcher.phase, a.tryWait(), b.tryWait()]).toEqual([
        phase,
        phase - 1,
        phase - 1,
        false,
        true,
      ]);
      const waiting = [a.wait(), c.wait()];
      await sleep(2);
      expect(b.arrive()).toBe(phase);
      expect(await Promise.all(waiting)).toEqual([phase, phase]);
      expect([b.waitSync({ timeout: 0 }), await b.wait({ timeout: 0 }), watcher.phase]).toEqual([phase, phase, phase]);
    }
  });

  test("names who is missing when the time is over, and can be waited for again", async () => {
    const { parties, three: third } = await three();
    const [a, b, c] = parties;
    a.arrive();
    c.close();
    const parts = [
      "phase 1",
      "30 ms",
      "seat 1 of host 0, held by participant 1 (host 0, slot 1, process",
      "seat 2 of host 1, which nobody has",
    ];
    await expectError("ERR_FAMFS_TIMEOUT", () => a.wait({ timeout: 30 }), ...parts);
    await expectError("ERR_FAMFS_TIMEOUT", () => a.waitSync({ timeout: 30 }), ...parts);
    await expectError("ERR_FAMFS_TIMEOUT", () => a.wait({ timeout: 0 }));
    b.arrive();
    const again = a.wait();
    expect(sitDown(third).arrive()).toBe(1);
    expect(await again).toBe(1);
  });

  test("a wait ends with its signal, with its seat, with its participant and with its segment", async () => {
    const { parties, two, three: third, segment } = await three();
    const [a, b, c] = parties;
    for (const party of parties) party.arrive();
    for (const party of parties) party.arrive();
    a.arrive();
    c.arrive();
    const stop = new AbortController();
    const waiting = a.wait({ signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await expect(a.wait({ signal: stop.signal })).rejects.toThrow("enough");
    const closing = c.wait();
    await sleep(1);
    c.close();
    c.close();
    await expectError("ERR_FAMFS_CLOSED", () => closing, "given back");
    await expectError("ERR_FAMFS_PERMISSION", () => c.arrive(), '{ role: "party" }');
    const heir = sitDown(third);
    expect(heir.arrived).toBe(3);
    const leaving = heir.wait();
    await third.leave();
    await expectError("ERR_FAMFS_CLOSED", () => leaving);
    await two.leave();
    await expectError("ERR_FAMFS_CLOSED", () => b.arrive());
    await expectError("ERR_FAMFS_PARTY_DEAD", () => a.wait(), "seat 1", "has left");
    const last = a.wait();
    void segment.close();
    await expectError("ERR_FAMFS_CLOSED", () => last);
    a.close();
  });

  test("has as many parties of each host as it was made with", async () => {
    const { one, two, three: third, parties, segment, reopen } = await three();
    await expectError("ERR_FAMFS_ROLE_TAKEN", () => sitDown(third), "all seats of host 1", "seat 2", "test");
    await expectError("ERR_FAMFS_ROLE_TAKEN", () => sitDown(one), "seat 0", "seat 1");
    await expectError("ERR_FAMFS_PERMISSION", () => SharedBarrier.open(segment, "step", { role: "party" }), "join()");
    const watcher = SharedBarrier.open(two, "step");
    for (const call of [() => watcher.arrive(), () => watcher.tryWait(), () => watcher.wait(), () => watcher.arrived])
      await expectError("ERR_FAMFS_PERMISSION", call);
    parties[1].close();
    expect(sitDown(two).arrive()).toBe(1);
    await SharedBarrier.create(one, "here", { parties: 1 });
    const elsewhere = await joined(await reopen(1), 1);
    await expectError(
      "ERR_FAMFS_ROLE_ELSEWHERE",
      () => SharedBarrier.open(elsewhere, "here", { role: "party" }),
      "host 1",
    );
  });

  test("refuses what it cannot be", async () => {
    const { segment } = await testSegment(mode);
    const participant = await joined(segment);
    const create = (opts: object) => SharedBarrier.create(participant, "step", opts as { parties: number });
    for (const wrong of [0, 5, 1.5, [], [0, 0], [1, 1, 1], [5], [-1, 2]])
      await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create({ parties: wrong }));
    for (const wrong of [undefined, "2", ["1"]])
      await expectError("ERR_FAMFS_INVALID_TYPE", () => create({ parties: wrong }));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create({ parties: 1, role: "writer" }));
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => create({ parties: 1, host: 0 }));
    const barrier = await create({ parties: 1, role: "party" });
    await expectError("ERR_FAMFS_INVALID_TYPE", () => barrier.waitSync({} as { timeout: number }));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => barrier.wait({ timeout: -1 }));
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => barrier.wait({ phase: 1 } as object));
  });

  test("reports a party that was killed, and a successor of its host lets the others go on", async () => {
    const set = await testSegment(mode);
    const mine = await joined(set.segment);
    // Where its lock cannot be seen, a death is learned from somebody of its host.
    const heir = await joined(await set.reopen(1), 1);
    const barrier = await SharedBarrier.create(mine, "step", { parties: [1, 1], role: "party" });
    for (const [point, last] of [
      ["barrier.arrive", 3],
      ["barrier.arrived", 6],
    ] as const) {
      const victim = set.peer(
        `${PRELUDE}
         for (let phase = 0; phase < 2; phase++) { barrier.arrive(); await barrier.wait(); }
         atFailPoint("${point}", () => process.kill(process.pid, "SIGKILL"));
         barrier.arrive();`,
        { host: 1 },
      );
      for (let phase = 0; phase < 2; phase++) {
        barrier.arrive();
        await barrier.wait();
      }
      expect(barrier.arrive()).toBe(last);
      const counts = point === "barrier.arrived";
      if (counts) expect(await barrier.wait()).toBe(last);
      else
        await expectError("ERR_FAMFS_PARTY_DEAD", () => barrier.wait(), `phase ${last}`, "seat 1 of host 1", '"peer"');
      expect((await victim.ended).signal).toBe("SIGKILL");
      if (!counts)
        await expectError("ERR_FAMFS_PARTY_DEAD", () => barrier.waitSync({ timeout: 0 }), "seat 1 of host 1");
      const waiting = barrier.wait();
      using successor = sitDown(heir);
      expect(successor.arrived).toBe(counts ? last : last - 1);
      if (!counts) successor.arrive();
      expect(await waiting).toBe(last);
    }
  });

  test("names a party that is silent, which goes on when it wakes", async () => {
    const set = await testSegment(mode);
    const barrier = await SharedBarrier.create(await joined(set.segment), "step", { parties: [1, 1], role: "party" });
    const slow = set.peer(
      `${PRELUDE}
       process.once("message", () => undefined);
       await tell("here");
       process.kill(process.pid, "SIGSTOP");
       barrier.arrive();
       await tell(await barrier.wait());`,
      { host: 1 },
    );
    await slow.message();
    await stopped(slow);
    barrier.arrive();
    // On one machine the kernel sees its lock, so it is silent and not dead.
    await expectError("ERR_FAMFS_TIMEOUT", () => barrier.wait({ timeout: 3 * LEASE }), "peer", "which is silent");
    const waiting = barrier.wait();
    slow.process.kill("SIGCONT");
    expect([await waiting, await slow.message()]).toEqual([1, 1]);
    await slow.ended;
  });

  test("lets processes of two hosts hand over data from phase to phase", async () => {
    const set = await testSegment(mode, { participantsPerHost: 4 });
    const creator = await joined(set.segment);
    // In two buffers, because a slower party may still read the one before.
    await SharedArray.create(creator, "data", { element: u32, length: 2 * 3 * 32 });
    await SharedBarrier.create(creator, "step", { parties: [1, 2] });
    const parties = [0, 1, 1].map((host, who) =>
      set.peer(
        `${PRELUDE}
         const { values } = SharedArray.open(participant, "data", { element: u32 });
         const { offset } = segment.entries().find(({ name }) => name === "data");
         const { mapping } = segment.memory;
         const body = offset + 128;
         let wrong = 0;
         for (let phase = 1; phase <= 200; phase++) {
           const buffer = 96 * (phase % 2);
           values[buffer + 32 * ${who}] = phase;
           mapping.writeBack(body + 4 * (buffer + 32 * ${who}), 4);
           barrier.arrive();
           if (phase % 2) await barrier.wait(); else barrier.waitSync({ timeout: 10000 });
           mapping.invalidate(body + 4 * buffer, 4 * 96);
           for (const of of [0, 1, 2]) if (values[buffer + 32 * of] !== phase) wrong++;
         }
         await tell({ wrong });
         await command();`,
        { host },
      ),
    );
    for (const party of parties) expect(await party.message()).toEqual({ wrong: 0 });
    for (const party of parties) party.send("end");
    for (const party of parties) await party.ended;
    expect(SharedBarrier.open(creator, "step").phase).toBe(200);
  });

  test("does what a list of numbers does, whoever arrives, leaves and comes back", async () => {
    const { instance: _, ...set } = await testSegment(mode, { size: 4 << 20 });
    const participants = [await joined(set.segment), await joined(await set.reopen(1), 1)];
    let count = 0;
    const property = fc.asyncProperty(
      fc.array(fc.record({ who: fc.nat(1), call: fc.constantFrom("arrive", "arrive", "reopen", "wait") }), {
        maxLength: 30,
      }),
      async (calls) => {
        const name = `step-${count++}`;
        await SharedBarrier.create(participants[0] as Participant, name, { parties: [1, 1] });
        const open = (who: number) => SharedBarrier.open(participants[who] as Participant, name, { role: "party" });
        const barriers = [open(0), open(1)] as [SharedBarrier, SharedBarrier];
        const arrivals: [number, number] = [0, 0];
        for (const { who, call } of calls as { who: 0 | 1; call: string }[]) {
          if (call === "arrive") expect(barriers[who].arrive()).toBe(++arrivals[who]);
          if (call === "reopen") {
            barriers[who].close();
            barriers[who] = open(who);
          }
          const complete = Math.min(...arrivals) >= arrivals[who];
          expect(barriers[who].tryWait()).toBe(complete);
          if (call === "wait" && complete) expect(await barriers[who].wait()).toBe(arrivals[who]);
          expect([barriers[who].arrived, barriers[1 - who]?.phase]).toEqual([arrivals[who], Math.min(...arrivals)]);
        }
        for (const barrier of barriers) barrier.close();
      },
    );
    await fc.assert(property, { seed: seedOf(`barrier, ${mode}`) | 0, numRuns: mode === "simulated" ? 10 : 40 });
  });
});

describe("a barrier whose bytes were damaged", () => {
  test.each(["holder", "arrivals"])("says so: %s", async (word) => {
    const { segment, reopen } = await testSegment("coherent");
    const barrier = await SharedBarrier.create(await joined(segment), "step", { parties: [1, 1], role: "party" });
    const other = sitDown(await joined(await reopen(1), 1));
    const { offset } = segment.entries()[0] ?? { offset: 0 };
    segment.memory.mapping.bytes(offset + 128 + (word === "holder" ? 0 : 8), 8).fill(0xff);
    barrier.arrive();
    const codes = expect.stringMatching(/^ERR_FAMFS_/) as string;
    await expect(barrier.wait({ timeout: 50 })).rejects.toMatchObject({ code: codes });
    other.close();
    expect(() => barrier.close()).not.toThrow();
  });
});

describe("between simulated hosts that act in the middle of each other's calls", () => {
  test.each([1, 2, 3, 4])("nobody goes on too early, or stays behind, seed %i", async (seed) => {
    expect(await runBarrier({ seed, phases: 200 })).toBeUndefined();
  });
});
