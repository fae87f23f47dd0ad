import { SharedBroadcast } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { MODES } from "../support/modes.js";
import { eventually, joined, sleep, stopped, testSegment } from "../support/segment.js";
import { runBroadcast } from "./broadcast-rounds.js";
import { drain, newTicks, numbers, PRELUDE, Tick, tick, writeMany } from "./ticks.js";

describe.each(MODES)("a broadcast on %s memory", (mode) => {
  test("a reader that was stopped learns what it lost", async () => {
    const set = await testSegment(mode);
    using ticks = await newTicks(await joined(set.segment));
    const slow = set.peer(
      `${PRELUDE}
       const reader = SharedBroadcast.open(segment, "ticks", { message: Tick }).reader({ from: "oldest" });
       await reader.read();
       process.once("message", () => undefined);
       await tell("read");
       process.kill(process.pid, "SIGSTOP");
       try { reader.tryRead(); await tell("nothing lost"); }
       catch ({ code, lost }) { await tell([code, lost, (await reader.read()).id]); }`,
      { host: 1, join: false },
    );
    ticks.write(tick(0));
    await slow.message();
    await stopped(slow);
    writeMany(ticks, 1, 1000);
    slow.process.kill("SIGCONT");
    expect(await slow.message()).toEqual(["ERR_FAMFS_LAPPED", 995, 996]);
    await slow.ended;
  });

  test("keeps every message that was committed when its writer is killed at any moment, and a successor goes on", async () => {
    const set = await testSegment(mode);
    using mine = await newTicks(await joined(set.segment), { capacity: 1024, run: 64 });
    mine.close();
    const reader = SharedBroadcast.open(await set.reopen(1), "ticks", { message: Tick }).reader({ from: "oldest" });
    let next = 0;
    for (let round = 0; round < 3; round++) {
      const victim = set.peer(
        `${PRELUDE}
         const ticks = SharedBroadcast.open(participant, "ticks", { message: Tick, role: "writer" });
         await tell(ticks.written);
         for (let value = ticks.written; ; ) {
           for (let end = value + 20; value < end; ) {
             const count = ticks.claimRun(1 + (value % 5));
             for (let i = 0; i < count; i++) ticks.draftAt(i).assign(tick(value + i));
             ticks.commitRun(count);
             value += count;
           }
           await sleep(1);
         }`,
      );
      expect(await victim.message()).toBe(next);
      await eventually("it has written", () => mine.written > next + 100);
      victim.process.kill("SIGKILL");
      await victim.ended;
      const found: number[] = [];
      while (reader.position < mine.written) {
        try {
          found.push(...drain(reader));
        } catch (error) {
          expect(error).toMatchObject({ code: "ERR_FAMFS_LAPPED" });
          next = reader.position;
          found.length = 0;
        }
      }
      expect(found).toEqual(numbers(next, mine.written));
      next = mine.written;
      await sleep(0);
    }
  });
});

describe("a broadcast whose bytes were damaged", () => {
  async function damaged(mode: "coherent" | "incoherent" | "simulated") {
    const { segment, reopen } = await testSegment(mode);
    const ticks = await newTicks(await joined(segment));
    writeMany(ticks, 0, 4);
    const { offset, length } = segment.entries()[0] ?? { offset: 0, length: 0 };
    const body = offset + 128 * Math.ceil(Tick.text.length / 128);
    const there = SharedBroadcast.open(await reopen(), "ticks", { message: Tick });
    return { mapping: segment.memory.mapping, body, end: offset + length, there };
  }

  test.each(["incoherent", "simulated"] as const)(
    "names the damaged message on %s memory, where long ones carry a checksum, and goes on behind it",
    async (mode) => {
      const { mapping, body, there } = await damaged(mode);
      const reader = there.reader({ from: "oldest" });
      // Slots are of 192 bytes: 128 of the message, 16 of the trailer.
      mapping.bytes(body + 256 + 192 + 50, 1)[0] = 0x55;
      mapping.writeBack(body + 256, 400);
      expect(reader.tryReadRun()).toBe(1);
      await expectError("ERR_FAMFS_CORRUPT", () => reader.tryReadRun(), "message 1", "checksum");
      expect(reader.tryReadRun()).toBe(2);
      expect(reader.at(0).toObject()).toEqual(tick(2));
    },
  );

  test("says that its tail went back", async () => {
    const { mapping, body, there } = await damaged("coherent");
    const reader = there.reader({ from: "now" });
    mapping.commitWord(body + 128, { bits: 64, site: "test" }).publish(3, 0, 0);
    for (let i = 0; i < 2; i++)
      await expectError("ERR_FAMFS_CORRUPT", () => reader.tryRead(), "a tail of 3 after one of 4");
    await expectError("ERR_FAMFS_CORRUPT", () => reader.read({ timeout: 1000 }));
  });

  test.each([2 ** 40, Number.MAX_SAFE_INTEGER])("never hangs anybody: tail %d", async (tail) => {
    const { segment } = await testSegment("coherent");
    const participant = await joined(segment);
    (await newTicks(participant)).close();
    const there = SharedBroadcast.open(participant, "ticks", { message: Tick });
    const reader = there.reader({ from: "oldest" });
    const { offset } = segment.entries()[0] ?? { offset: 0 };
    const body = offset + 128 * Math.ceil(Tick.text.length / 128);
    segment.memory.mapping.commitWord(body + 128, { bits: 64, site: "test" }).publish(tail, 0, 0);
    await expectError("ERR_FAMFS_LAPPED", () => reader.tryRead(), `lost ${tail - 4}`);
    expect(reader.tryReadRun()).toBeGreaterThan(0);
    const write = () => SharedBroadcast.open(participant, "ticks", { message: Tick, role: "writer" }).close();
    if (tail === 2 ** 40) write();
    else await expectError("ERR_FAMFS_CORRUPT", write, String(tail));
  });
});

describe("between simulated hosts that act in the middle of each other's calls", () => {
  test.each([1, 2, 3, 4, 5, 6])("every message is read whole, in order, or counted as lost, seed %i", async (seed) => {
    expect(await runBroadcast({ seed, messages: 1000, words: seed % 2 ? 40 : 16 })).toBeUndefined();
  });
});
