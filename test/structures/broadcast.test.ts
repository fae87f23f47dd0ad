import { openInstance, type Participant, Segment, SharedBroadcast, struct, u32 } from "famfs";
import { describe, expect, onTestFinished, test } from "vitest";
import { expectError } from "../support/errors.js";
import { MODES } from "../support/modes.js";
import { joined, testSegment } from "../support/segment.js";
import { drain, newTicks, numbers, Tick, tick, writeMany } from "./ticks.js";

const Small = struct({ id: u32 });

describe.each(MODES)("a broadcast on %s memory", (mode) => {
  test("gives every message to each reader, from its own position on", async () => {
    const { segment, reopen } = await testSegment(mode);
    using ticks = await newTicks(await joined(segment));
    const there = SharedBroadcast.open(await reopen(1), "ticks", { message: Tick });
    const early = there.reader({ from: "oldest" });
    expect([there.written, early.position, early.tryRead(), early.tryReadRun()]).toEqual([0, 0, undefined, 0]);
    writeMany(ticks, 0, 4);
    const [oldest, now] = [there.reader({ from: "oldest" }), there.reader({ from: "now" })];
    writeMany(ticks, 4, 6);
    expect([drain(early), drain(oldest), drain(now)]).toEqual([numbers(0, 6), numbers(0, 6), [4, 5]]);
    expect([there.written, early.position, now.position]).toEqual([6, 6, 6]);
    writeMany(ticks, 6, 12);
    expect(there.reader({ from: "oldest" }).position).toBe(4);
    expect([drain(early), drain(there.reader({ from: "oldest" }))]).toEqual([numbers(6, 12), numbers(4, 12)]);
  });

  test("tells a lapped reader how many messages it lost, and goes on in the middle of the rest", async () => {
    const { segment, reopen } = await testSegment(mode);
    using ticks = await newTicks(await joined(segment));
    const reader = SharedBroadcast.open(await reopen(1), "ticks", { message: Tick }).reader({ from: "now" });
    writeMany(ticks, 0, 8);
    expect(reader.tryRead()?.id).toBe(0);
    writeMany(ticks, 8, 10);
    await expectError("ERR_FAMFS_LAPPED", () => reader.tryRead(), "lost 5", "number 6");
    expect(drain(reader)).toEqual(numbers(6, 10));
    writeMany(ticks, 10, 1010);
    const error = await Promise.resolve()
      .then(() => reader.tryReadRun())
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "ERR_FAMFS_LAPPED", lost: 996 });
    expect(drain(reader)).toEqual(numbers(1006, 1010));
  });

  test("commits and reads runs, which end at the last slot", async () => {
    const { segment, reopen } = await testSegment(mode);
    using ticks = await newTicks(await joined(segment));
    const reader = SharedBroadcast.open(await reopen(1), "ticks", { message: Tick }).reader({ from: "oldest" });
    const found: number[] = [];
    const lengths = new Set<number>();
    for (let value = 0; value < 40; ) {
      const count = ticks.claimRun(5);
      lengths.add(count);
      for (let i = 0; i < count; i++) ticks.draftAt(i).assign(tick(value++));
      await expectError("ERR_FAMFS_OUT_OF_RANGE", () => ticks.draftAt(count));
      await expectError("ERR_FAMFS_OUT_OF_RANGE", () => ticks.commitRun(count + 1));
      ticks.commitRun(0);
      expect(reader.tryReadRun()).toBe(0);
      ticks.commitRun(count);
      while (reader.position < value) {
        const read = reader.tryReadRun(2);
        for (let i = 0; i < read; i++) found.push(reader.at(i).id);
        await expectError("ERR_FAMFS_OUT_OF_RANGE", () => reader.at(read));
      }
    }
    // 11 slots.
    expect([...lengths].sort()).toEqual([2, 3]);
    expect(found).toEqual(numbers(0, found.length));
  });

  test("commits the draft, which moves on with each write", async () => {
    const { segment } = await testSegment(mode);
    using ticks = await newTicks(await joined(segment));
    const reader = ticks.reader({ from: "oldest" });
    const { draft } = ticks;
    for (let value = 0; value < 30; value++) {
      draft.assign(tick(value));
      expect(reader.tryRead()).toBeUndefined();
      ticks.write();
      expect(reader.tryRead()?.toObject()).toEqual(tick(value));
    }
    await expectError("ERR_FAMFS_INVALID_TYPE", () => ticks.write({ id: 1 } as never));
    expect(ticks.written).toBe(30);
  });

  test("has one writer at a time, of the host that it is bound to", async () => {
    const set = await testSegment(mode);
    const [one, two] = [await joined(set.segment), await joined(set.segment)];
    const elsewhere = await joined(await set.reopen(1), 1);
    const ticks = await newTicks(one);
    const open = (source: Participant | Segment) =>
      SharedBroadcast.open(source, "ticks", { message: Tick, role: "writer" });
    await expectError("ERR_FAMFS_ROLE_TAKEN", () => open(two), "test");
    await expectError("ERR_FAMFS_ROLE_ELSEWHERE", () => open(elsewhere), "host 0", "host 1");
    await expectError("ERR_FAMFS_PERMISSION", () => open(set.segment), "join()");
    const other = SharedBroadcast.open(two, "ticks", { message: Tick });
    await expectError("ERR_FAMFS_PERMISSION", () => other.write(tick(1)), '{ role: "writer" }');
    for (const call of [() => other.draft, () => other.claimRun(1), () => other.draftAt(0), () => other.commitRun(1)])
      await expectError("ERR_FAMFS_PERMISSION", call);
    writeMany(ticks, 0, 5);
    ticks.close();
    ticks.close();
    await expectError("ERR_FAMFS_PERMISSION", () => ticks.write(tick(1)));
    writeMany(open(two), 5, 9);
    await two.leave();
    writeMany(open(one), 9, 12);
    expect(drain(ticks.reader({ from: "oldest" }))).toEqual(numbers(4, 12));
  });

  test("waits for messages, until a timeout or a signal", async () => {
    const { segment, reopen } = await testSegment(mode);
    using ticks = await newTicks(await joined(segment));
    const other = await reopen(1);
    const reader = SharedBroadcast.open(other, "ticks", { message: Tick }).reader({ from: "now" });
    await expectError("ERR_FAMFS_TIMEOUT", () => reader.read({ timeout: 20 }), "number 0", "20 ms");
    await expectError("ERR_FAMFS_TIMEOUT", () => reader.readSync({ timeout: 20 }), "number 0");
    await expectError("ERR_FAMFS_INVALID_TYPE", () => reader.readSync({} as { timeout: number }));
    const stop = new AbortController();
    const aborted = reader.read({ signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    const waiting = reader.read();
    ticks.write(tick(0));
    expect((await waiting).id).toBe(0);
    ticks.write(tick(1));
    expect(reader.readSync({ timeout: 1000 }).id).toBe(1);
    const closed = reader.read();
    void other.close();
    await expectError("ERR_FAMFS_CLOSED", () => closed);
  });

  test("is read with for await, also past what was lost", async () => {
    const { segment, reopen } = await testSegment(mode);
    using ticks = await newTicks(await joined(segment));
    const there = SharedBroadcast.open(await reopen(1), "ticks", { message: Tick });
    const stop = new AbortController();
    const found: number[] = [];
    const onLapped = (lost: number) => found.push(-lost);
    writeMany(ticks, 0, 2);
    for await (const message of there.reader({ from: "oldest" }).messages({ signal: stop.signal, onLapped })) {
      found.push(message.id);
      if (message.id === 1) setTimeout(() => writeMany(ticks, 2, 5), 5);
      if (message.id === 4) writeMany(ticks, 5, 25);
      if (message.id === 24) setTimeout(() => stop.abort(), 5);
    }
    expect(found).toEqual([0, 1, 2, 3, 4, -16, 21, 22, 23, 24]);
    const reader = there.reader({ from: "oldest" });
    writeMany(ticks, 25, 40);
    const strict = reader.messages();
    await expectError("ERR_FAMFS_LAPPED", () => strict.next());
    await expectError("ERR_FAMFS_INVALID_TYPE", () => reader.messages({ onLapped: 1 as never }).next());
    await expectError("ERR_FAMFS_INVALID_TYPE", () => reader.messages({ signal: {} as never }).next());
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => reader.messages({ from: 1 } as never).next());
  });

  test("lets the event loop go on while there are always messages", async () => {
    const { segment } = await testSegment(mode);
    using ticks = await newTicks(await joined(segment));
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 10);
    let value = 0;
    ticks.write(tick(value));
    for await (const message of ticks.reader({ from: "oldest" }).messages({ signal: stop.signal })) {
      expect(message.id).toBe(value);
      ticks.write(tick(++value));
    }
    expect(value).toBeGreaterThan(0);
  });

  test("is read through a read-only segment that nobody has joined", async () => {
    const { instance, segment } = await testSegment(mode);
    using ticks = await newTicks(await joined(segment));
    writeMany(ticks, 0, 3);
    const other = await openInstance(instance.path, { coherence: mode, host: 1 });
    onTestFinished(() => other.close());
    const readOnly = await Segment.open(other, "segment", { access: "read-only" });
    const reader = SharedBroadcast.open(readOnly, "ticks", { message: Tick }).reader({ from: "oldest" });
    expect(drain(reader)).toEqual([0, 1, 2]);
    const waiting = reader.read();
    ticks.write(tick(3));
    expect((await waiting).id).toBe(3);
  });

  test("refuses what it cannot be", async () => {
    const { segment } = await testSegment(mode);
    const participant = await joined(segment);
    const create = (opts: object) => newTicks(participant, opts);
    await expectError("ERR_FAMFS_INVALID_TYPE", () => create({ message: {} }));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => create({ capacity: undefined }));
    for (const wrong of [{ capacity: 0 }, { capacity: 2.5 }, { run: 0 }, { run: 9 }, { host: 2 }, { role: "reader" }])
      await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create(wrong));
    await expectError("ERR_FAMFS_NO_SPACE", () => create({ capacity: 1e6 }));
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => create({ size: 1 }), "capacity, run");
    const ticks = await create({ run: undefined });
    expect([ticks.capacity, ticks.run]).toEqual([8, 8]);
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => ticks.reader({ from: "end" as "now" }));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => ticks.reader(undefined as never));
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => ticks.reader({ from: "now", at: 1 } as never));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => ticks.claimRun(0));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => ticks.reader({ from: "now" }).tryReadRun(0));
    await participant.leave();
    for (const call of [() => ticks.write(tick(1)), () => ticks.claimRun(1), () => ticks.commitRun(1)])
      await expectError("ERR_FAMFS_CLOSED", call);
  });

  test("of one slot beside the one that is written", async () => {
    const { segment, reopen } = await testSegment(mode);
    const participant = await joined(segment);
    using ones = await SharedBroadcast.create(participant, "ones", { message: Small, capacity: 1, role: "writer" });
    const reader = SharedBroadcast.open(await reopen(1), "ones", { message: Small }).reader({ from: "oldest" });
    for (let id = 0; id < 5; id++) {
      ones.write({ id });
      expect(reader.tryRead()?.id).toBe(id);
    }
    ones.write({ id: 5 });
    ones.write({ id: 6 });
    await expectError("ERR_FAMFS_LAPPED", () => reader.tryRead(), "lost 1");
    expect(reader.tryRead()?.id).toBe(6);
  });
});
