import { SharedCounter } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { REAL_MODES } from "../support/modes.js";
import { joined, testSegment } from "../support/segment.js";

const PRELUDE = `const { SharedCounter } = await import("famfs");`;

describe.each([...REAL_MODES, "simulated"] as const)("a counter on %s memory", (mode) => {
  test("is the sum of what everybody added", async () => {
    const set = await testSegment(mode);
    const one = await SharedCounter.create(await joined(set.segment), "hits");
    const two = SharedCounter.open(await joined(await set.reopen(1), 1), "hits");
    const reader = SharedCounter.open(set.segment, "hits");
    expect(reader.value).toBe(0);
    one.add();
    two.add(10);
    two.add(-4);
    one.add(0);
    expect([one.value, two.value, reader.value]).toEqual([7, 7, 7]);
    one.add(-10);
    expect(reader.value).toBe(-3);
  });

  test("counts once what one participant adds through two objects", async () => {
    const { segment } = await testSegment(mode);
    const participant = await joined(segment);
    const first = await SharedCounter.create(participant, "hits");
    const second = SharedCounter.open(participant, "hits");
    for (let i = 0; i < 10; i++) {
      first.add(1);
      second.add(2);
    }
    expect(first.value).toBe(30);
  });

  test("is exact after processes of two hosts have added, and through their deaths", async () => {
    const set = await testSegment(mode, { participantsPerHost: 8 });
    await SharedCounter.create(await joined(set.segment), "hits");
    const adders = [0, 0, 1, 1].map((host) =>
      set.peer(
        `${PRELUDE}
         const counter = SharedCounter.open(participant, "hits");
         for (let i = 0; i < 5000; i++) { counter.add(3); counter.add(-1); }
         await tell("done");
         process.kill(process.pid, "SIGKILL");`,
        { host },
      ),
    );
    for (const adder of adders) await adder.message();
    await Promise.all(adders.map((adder) => adder.ended));
    const reader = SharedCounter.open(set.segment, "hits");
    expect(reader.value).toBe(4 * 5000 * 2);
    // Their slots are taken again, and the lanes go on.
    const heirs = await Promise.all([1, 2, 3, 4].map(() => joined(set.segment)));
    for (const heir of heirs) SharedCounter.open(heir, "hits").add(1);
    expect(reader.value).toBe(4 * 5000 * 2 + 4);
  });

  test("loses nothing that was added before a kill, and adds the rest whole or not at all", async () => {
    const set = await testSegment(mode);
    await SharedCounter.create(await joined(set.segment), "hits");
    const victim = set.peer(
      `${PRELUDE}
       const counter = SharedCounter.open(participant, "hits");
       let adds = 0;
       atFailPoint("counter.add", () => { if (adds++ === 100) process.kill(process.pid, "SIGKILL"); });
       for (;;) counter.add(7);`,
    );
    expect((await victim.ended).signal).toBe("SIGKILL");
    expect(SharedCounter.open(set.segment, "hits").value).toBe(700);
  });

  test("refuses what cannot be added, and leaves the value as it is", async () => {
    const { segment } = await testSegment(mode);
    const participant = await joined(segment);
    const counter = await SharedCounter.create(participant, "hits");
    const largest = Number.MAX_SAFE_INTEGER;
    counter.add(largest);
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => counter.add(1), "lane");
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => counter.add(1.5));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => counter.add(2 ** 53));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => counter.add("1" as unknown as number));
    await expectError("ERR_FAMFS_PERMISSION", () => SharedCounter.open(segment, "hits").add(1), "join()");
    expect(counter.value).toBe(largest);
    const other = SharedCounter.open(await joined(segment), "hits");
    other.add(5);
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => counter.value, "9007199254740996");
    other.add(-6);
    expect(counter.value).toBe(largest - 1);
    await participant.leave();
    await expectError("ERR_FAMFS_CLOSED", () => counter.add(1));
  });
});
