import { SharedCounter, SharedQueue, struct, u32 } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { MODES } from "../support/modes.js";
import { joined, sleep, testSegment } from "../support/segment.js";
import { idsIn, range, Trade, testQueue, trade } from "./trades.js";

describe.each(MODES)("a queue on %s memory", (mode) => {
  test("gives what was pushed, in order and once, to its consumer on another host", async () => {
    const set = await testSegment(mode);
    const there = await joined(await set.reopen(1), 1);
    const producer = await SharedQueue.create(await joined(set.segment), "trades", {
      message: Trade,
      capacity: 5,
      host: 1,
    });
    using consumer = SharedQueue.open(there, "trades", { message: Trade, role: "consumer" });
    expect([consumer.tryTake(), consumer.backlog]).toEqual([undefined, 0]);
    for (let round = 0; round < 7; round++) {
      const ids = range(round * 3, round * 3 + 3);
      for (const id of ids) expect(producer.tryPush(trade(id))).toBe(true);
      expect(producer.backlog).toBe(3);
      for (const id of ids) expect(consumer.tryTake()?.toObject()).toEqual(trade(id));
      expect([consumer.tryTake(), producer.backlog]).toEqual([undefined, 0]);
    }
  });

  test("is full at its capacity, and has room again for what was released", async () => {
    const { producer, consumer } = await testQueue(mode, 3);
    const push = (id: number) => producer.tryPush(trade(id));
    expect(range(0, 5).map(push)).toEqual([true, true, true, false, false]);
    expect(consumer.tryTake()?.id).toBe(0);
    expect(push(3)).toBe(false);
    consumer.release();
    consumer.release();
    expect([push(3), push(4)]).toEqual([true, false]);
    expect(consumer.tryTake()?.id).toBe(1);
    expect(consumer.tryTake()?.id).toBe(2);
    expect([push(4), push(5)]).toEqual([true, false]);
    expect(idsIn(consumer)).toEqual([3, 4]);
    expect(producer.backlog).toBe(0);
  });

  test("is filled in place: what was claimed is pushed by commit, and forgotten by abort", async () => {
    const { producer, consumer } = await testQueue(mode, 2);
    producer.claim()?.assign(trade(1));
    await expectError("ERR_FAMFS_INVALID_STATE", () => producer.tryPush(trade(9)));
    await expectError("ERR_FAMFS_INVALID_STATE", () => producer.claim());
    expect(consumer.tryTake()).toBe(undefined);
    producer.abort();
    producer.abort();
    await expectError("ERR_FAMFS_INVALID_STATE", () => producer.commit());
    producer.claim()?.assign(trade(2));
    producer.commit();
    producer.claim()?.assign(trade(3));
    producer.commit();
    expect(producer.claim()).toBe(undefined);
    expect(idsIn(consumer)).toEqual([2, 3]);
  });

  test("takes from the producers in use in turns", async () => {
    const set = await testQueue(mode, 10);
    const others = [await joined(set.segment), await joined(await set.reopen(1), 1)];
    const producers = [set.producer, ...others.map((one) => SharedQueue.open(one, "trades", { message: Trade }))];
    for (const [from, producer] of producers.entries())
      for (const id of range(0, 10)) expect(producer.tryPush(trade(id, from))).toBe(true);
    const seen: number[][] = [[], [], []];
    const order: number[] = [];
    set.consumer.drain(({ id, from }) => {
      seen[from]?.push(id);
      order.push(from);
    });
    expect(seen).toEqual([range(0, 10), range(0, 10), range(0, 10)]);
    expect(new Set(order.slice(0, 21)).size).toBe(3);
    // One that has always something does not keep the others out.
    const turns = range(0, 100).map(() => {
      while (set.producer.tryPush(trade(0, 0)));
      producers[1]?.tryPush(trade(1, 1));
      return set.consumer.tryTake()?.from;
    });
    expect(turns.filter((from) => from === 1).length).toBeGreaterThan(5);
  });

  test("waits: push for room, take for a message", async () => {
    const { producer, consumer } = await testQueue(mode, 2);
    const first = consumer.take();
    await sleep(20);
    await producer.push(trade(0));
    expect((await first).id).toBe(0);
    const pushes = [1, 2, 3, 4].map((id) => producer.push(trade(id)));
    expect(producer.tryPush(trade(9))).toBe(false);
    const got: number[] = [];
    for (let i = 0; i < 4; i++) got.push((await consumer.take({ timeout: 5000 })).id);
    await Promise.all(pushes);
    expect(got).toEqual([1, 2, 3, 4]);
    await expectError("ERR_FAMFS_TIMEOUT", () => consumer.take({ timeout: 10 }), "empty", "10 ms");
    await expectError("ERR_FAMFS_TIMEOUT", () => consumer.takeSync({ timeout: 10 }), "empty", "10 ms");
    producer.pushSync(trade(5), { timeout: 0 });
    producer.pushSync(trade(6), { timeout: 0 });
    await expectError("ERR_FAMFS_TIMEOUT", () => producer.pushSync(trade(7), { timeout: 10 }), "full", "10 ms");
    await expectError("ERR_FAMFS_TIMEOUT", () => producer.push(trade(7), { timeout: 10 }), "full", "10 ms");
    expect(consumer.takeSync({ timeout: 0 }).id).toBe(5);
    expect(idsIn(consumer)).toEqual([6]);
  });

  test("ends waits by their signal, and by closing", async () => {
    const { producer, consumer } = await testQueue(mode, 1);
    producer.tryPush(trade(0));
    const abort = new AbortController();
    const push = producer.push(trade(1), { signal: abort.signal });
    expect(consumer.tryTake()?.id).toBe(0);
    const reason = new Error("enough");
    abort.abort(reason);
    await expect(push).rejects.toBe(reason);
    await expect(producer.push(trade(1), { signal: abort.signal })).rejects.toBe(reason);
    const closed = [expectError("ERR_FAMFS_CLOSED", () => producer.push(trade(2)))];
    await sleep(10);
    producer.close();
    consumer.release();
    closed.push(expectError("ERR_FAMFS_CLOSED", () => consumer.take()));
    await expectError("ERR_FAMFS_INVALID_STATE", () => consumer.tryTake(), "await");
    await expectError("ERR_FAMFS_INVALID_STATE", () => consumer.take());
    await sleep(10);
    consumer.close();
    consumer.close();
    await Promise.all(closed);
    await expectError("ERR_FAMFS_CLOSED", () => consumer.tryTake());
    await expectError("ERR_FAMFS_CLOSED", () => producer.tryPush(trade(3)));
    await expectError("ERR_FAMFS_CLOSED", () => producer.backlog);
    expect(consumer.closed).toBe(true);
  });

  test("waits for many producers at once, also for those that come later", async () => {
    const set = await testQueue(mode);
    const participants = [...range(0, 3).map(() => set.segment), await set.reopen(1), await set.reopen(1)];
    let taken = set.consumer.take();
    for (const [i, segment] of participants.entries()) {
      const other = SharedQueue.open(await joined(segment, i < 3 ? 0 : 1), "trades", { message: Trade });
      await sleep(5);
      other.tryPush(trade(i, i));
      expect((await taken).toObject()).toEqual(trade(i, i));
      taken = set.consumer.take();
      await sleep(5);
      other.tryPush(trade(i + 100, i));
      expect((await taken).toObject()).toEqual(trade(i + 100, i));
      taken = set.consumer.take();
    }
    set.producer.tryPush(trade(7));
    expect((await taken).id).toBe(7);
    expect(set.consumer.backlog).toBe(1);
  });

  test("shares a participant's lane between all objects that it opens", async () => {
    const { participant, producer, consumer } = await testQueue(mode, 4);
    const second = SharedQueue.open(participant, "trades", { message: Trade });
    for (const id of range(0, 4)) expect((id % 2 === 0 ? producer : second).tryPush(trade(id))).toBe(true);
    expect([producer.tryPush(trade(4)), second.tryPush(trade(4))]).toEqual([false, false]);
    expect(idsIn(consumer)).toEqual(range(0, 4));
  });

  test("has one consumer at a time, of the host that it is bound to, and what it left is taken by the next", async () => {
    const set = await testQueue(mode);
    const elsewhere = await joined(await set.reopen(1), 1);
    const other = await joined(set.segment);
    const open = (participant: typeof other) =>
      SharedQueue.open(participant, "trades", { message: Trade, role: "consumer" });
    await expectError("ERR_FAMFS_ROLE_TAKEN", () => open(other), "test");
    await expectError("ERR_FAMFS_ROLE_ELSEWHERE", () => open(elsewhere), "host 0");
    for (const id of range(0, 4)) set.producer.tryPush(trade(id));
    expect(set.consumer.tryTake()?.id).toBe(0);
    expect(set.consumer.tryTake()?.id).toBe(1);
    set.consumer.close();
    using next = open(other);
    expect(idsIn(next)).toEqual([1, 2, 3]);
    expect(set.producer.tryPush(trade(4))).toBe(true);
    await other.leave();
    await expectError("ERR_FAMFS_CLOSED", () => next.tryTake());
    expect(idsIn(open(set.participant))).toEqual([4]);
  });

  test("has one lane where there is one producer, which is a role", async () => {
    const set = await testSegment(mode);
    const here = await joined(set.segment);
    const there = await joined(await set.reopen(1), 1);
    const shape = { message: Trade, capacity: 4, producers: "one", producerHost: 1, role: "consumer" } as const;
    using consumer = await SharedQueue.create(here, "one", shape);
    const open = () => SharedQueue.open(there, "one", { message: Trade, role: "producer" });
    await expectError("ERR_FAMFS_ROLE_ELSEWHERE", () =>
      SharedQueue.open(here, "one", { message: Trade, role: "producer" }),
    );
    await expectError("ERR_FAMFS_PERMISSION", () =>
      SharedQueue.open(there, "one", { message: Trade }).tryPush(trade(0)),
    );
    const first = open();
    for (const id of range(0, 3)) expect(first.tryPush(trade(id))).toBe(true);
    await expectError("ERR_FAMFS_ROLE_TAKEN", open);
    first.close();
    using second = open();
    expect([second.tryPush(trade(3)), second.tryPush(trade(4))]).toEqual([true, false]);
    expect(idsIn(consumer)).toEqual(range(0, 4));
    const any = { message: Trade, capacity: 4, role: "producer" } as const;
    await expectError("ERR_FAMFS_UNSUPPORTED_OPERATION", () => SharedQueue.create(here, "any", any));
  });

  test("refuses what does not fit, and then nothing is pushed", async () => {
    const set = await testQueue(mode);
    const { participant, producer, consumer } = set;
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => producer.tryPush({ ...trade(1), from: -1 }), "from");
    await expectError("ERR_FAMFS_INVALID_TYPE", () => producer.tryPush({ id: 1 } as never));
    await expectError("ERR_FAMFS_UNKNOWN_FIELD", () => producer.tryPush({ ...trade(1), more: 1 } as never));
    expect(consumer.tryTake()).toBe(undefined);
    await expectError("ERR_FAMFS_PERMISSION", () => producer.tryTake(), `role: "consumer"`);
    await expectError("ERR_FAMFS_PERMISSION", () => consumer.tryPush(trade(1)), "without a role");
    const reader = SharedQueue.open(set.segment, "trades", { message: Trade });
    producer.tryPush(trade(1));
    expect([reader.backlog, reader.role, producer.role, consumer.role]).toEqual([1, undefined, "producer", "consumer"]);
    await expectError("ERR_FAMFS_PERMISSION", () => reader.tryPush(trade(1)), "join()");
    const make = (options: object) => SharedQueue.create(participant, "new", options as never);
    await expectError("ERR_FAMFS_INVALID_TYPE", () => make({ capacity: 1 }), "message");
    await expectError("ERR_FAMFS_INVALID_TYPE", () => make({ message: Trade }), "capacity");
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => make({ message: Trade, capacity: 0 }), "capacity");
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => make({ message: Trade, capacity: 2 ** 30 }), "capacity");
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => make({ message: Trade, capacity: 1, host: 2 }), "host");
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => make({ message: Trade, capacity: 1, producerHost: 0 }));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => make({ message: Trade, capacity: 1, role: "writer" }));
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => make({ message: Trade, capacity: 1, size: 1 }));
    await expectError("ERR_FAMFS_NO_SPACE", () => make({ message: Trade, capacity: 2 ** 20 }));
    await expectError("ERR_FAMFS_EXISTS", () =>
      SharedQueue.create(participant, "trades", { message: Trade, capacity: 1 }),
    );
    const Other = struct({ id: u32 });
    await expectError("ERR_FAMFS_SCHEMA_MISMATCH", () => SharedQueue.open(participant, "trades", { message: Other }));
    await expectError("ERR_FAMFS_SCHEMA_MISMATCH", () => SharedQueue.open(participant, "trades", { message: "bytes" }));
    await SharedQueue.create(participant, "bytes", { message: "bytes", capacity: 64 });
    await expectError("ERR_FAMFS_SCHEMA_MISMATCH", () => SharedQueue.open(participant, "bytes", { message: Trade }));
    await SharedCounter.create(participant, "hits");
    await expectError("ERR_FAMFS_KIND_MISMATCH", () => SharedQueue.open(participant, "hits", { message: Trade }));
    await expectError("ERR_FAMFS_NOT_FOUND", () => SharedQueue.open(participant, "none", { message: Trade }));
    for (const wrong of [0, -1, 1.5]) {
      await expectError("ERR_FAMFS_OUT_OF_RANGE", () => producer.claimRun(wrong));
      await expectError("ERR_FAMFS_OUT_OF_RANGE", () => consumer.takeRun(wrong));
    }
    await expectError("ERR_FAMFS_INVALID_TYPE", () => consumer.drain("x" as never));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => consumer.drain(() => undefined, -1));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => consumer.takeSync({} as never));
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => producer.push(trade(1), { deadline: 1 } as never));
  });
});
