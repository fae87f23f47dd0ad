import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { SharedCounter, SharedQueue, struct, u32 } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { joined, sleep, testSegment } from "../support/segment.js";
import { idsIn, MODES, range, Trade, testQueue, trade } from "./trades.js";

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

  test("moves runs of contiguous messages, up to the ring's end", async () => {
    const { producer, consumer } = await testQueue(mode, 6);
    const push = (ids: number[]) => {
      expect(producer.claimRun(ids.length)).toBe(ids.length);
      for (const [i, id] of ids.entries()) producer.at(i).assign(trade(id));
      producer.commitRun();
    };
    const take = (wanted: number) => range(0, consumer.takeRun(wanted)).map((i) => consumer.at(i).id);
    push([0, 1, 2, 3]);
    expect(take(3)).toEqual([0, 1, 2]);
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => consumer.at(3));
    consumer.releaseRun(2);
    // What was not released is taken again.
    expect(take(10)).toEqual([2, 3]);
    consumer.releaseRun();
    expect(producer.claimRun(6)).toBe(2);
    producer.at(0).assign(trade(4));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => producer.at(2));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => producer.commitRun(3));
    producer.commitRun(1);
    expect(producer.claimRun(6)).toBe(1);
    producer.at(0).assign(trade(5));
    producer.commitRun();
    expect(producer.claimRun(6)).toBe(4);
    producer.commitRun(0);
    push([6, 7]);
    expect(take(9)).toEqual([4, 5]);
    expect(take(9)).toEqual([6, 7]);
    expect(take(9)).toEqual([]);
    expect(producer.claimRun(6)).toBe(4);
    producer.abort();
  });

  test("drains up to a limit; where the function throws, its message stays", async () => {
    const { producer, consumer } = await testQueue(mode, 8);
    for (const id of range(0, 8)) producer.tryPush(trade(id));
    const seen: number[] = [];
    expect(consumer.drain(({ id }) => seen.push(id), 3)).toBe(3);
    const failing = () =>
      consumer.drain(({ id }) => {
        if (id === 5) throw new Error("not this one");
        seen.push(id);
      });
    expect(failing).toThrow("not this one");
    expect([seen, consumer.backlog]).toEqual([range(0, 5), 3]);
    expect(failing).toThrow("not this one");
    expect(consumer.tryTake()?.id).toBe(5);
    expect(consumer.drain(({ id }) => seen.push(id), 0)).toBe(0);
    expect(idsIn(consumer)).toEqual([6, 7]);
    producer.tryPush(trade(8));
    await expectError("ERR_FAMFS_INVALID_STATE", () => consumer.drain(() => consumer.tryTake()));
    await expectError("ERR_FAMFS_INVALID_STATE", () => consumer.drain(() => consumer.release()));
    expect(idsIn(consumer)).toEqual([8]);
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

  test("is iterated over: a message is consumed with the next step, and stays valid", async () => {
    const { producer, consumer } = await testQueue(mode, 4);
    const pushing = (async () => {
      for (const id of range(0, 300)) await producer.push(trade(id));
    })();
    const seen = [];
    for await (const message of consumer) {
      seen.push(message);
      expect(producer.backlog).toBeGreaterThan(0);
      if (seen.length === 300) break;
    }
    await pushing;
    expect(seen.map((message) => message.toObject())).toEqual(range(0, 300).map((id) => trade(id)));
    expect([producer.backlog, consumer.tryTake(), producer.backlog]).toEqual([1, undefined, 0]);
    const closing = (async () => {
      for await (const _ of consumer) expect.unreachable();
    })();
    await sleep(10);
    consumer.close();
    await closing;
  });

  test("is a stream's source and its end, with back-pressure", async () => {
    const { producer, consumer } = await testQueue(mode, 4);
    let made = 0;
    const source = Readable.from(
      (function* () {
        for (; made < 200; made++) yield trade(made);
      })(),
      { highWaterMark: 1 },
    );
    const into = pipeline(source, async (records: AsyncIterable<ReturnType<typeof trade>>) => {
      for await (const record of records) await producer.push(record);
    });
    await sleep(50);
    expect(made).toBeLessThan(10);
    const out = Readable.from(consumer, { highWaterMark: 2 });
    await sleep(50);
    expect(made).toBeLessThan(20);
    const seen: number[] = [];
    for await (const message of out) {
      expect(message.toObject()).toEqual(trade(message.id));
      if (seen.push(message.id) === 200) break;
    }
    await into;
    expect(seen).toEqual(range(0, 200));
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

  test("carries bytes of any length", async () => {
    const { segment } = await testSegment(mode);
    const participant = await joined(segment);
    const producer = await SharedQueue.create(participant, "bytes", { message: "bytes", capacity: 100 });
    expect(producer.capacity).toBe(104);
    using consumer = SharedQueue.open(participant, "bytes", { message: "bytes", role: "consumer" });
    const message = (length: number) => new Uint8Array(length).map((_, i) => i * 7 + length);
    // Each of all lengths at each place of the ring.
    for (let round = 0; round < 20; round++) {
      for (let length = 0; length <= 96; length += 1 + (round % 3)) {
        while (!producer.tryPush(message(length)))
          consumer.drain((found) => void expect(found.length).toBe(0), 0) || consumer.tryTake();
        expect(consumer.tryTake()).toEqual(message(length));
      }
    }
    consumer.release();
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => producer.tryPush(message(97)), "96", "97");
    await expectError("ERR_FAMFS_INVALID_TYPE", () => producer.tryPush("x" as unknown as Uint8Array));
    await expectError("ERR_FAMFS_UNSUPPORTED_OPERATION", () => producer.claimRun(3));
    await expectError("ERR_FAMFS_UNSUPPORTED_OPERATION", () => {
      producer.tryPush(message(1));
      consumer.takeRun(3);
    });
    consumer.drain(() => undefined);
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => producer.claim(97));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => producer.claim());
    let claimed = producer.claim(5);
    while (claimed === undefined) {
      consumer.tryTake();
      claimed = producer.claim(5);
    }
    claimed.set([1, 2, 3, 4, 5]);
    producer.commit();
    producer.tryPush(new Uint8Array(0));
    const seen: number[][] = [];
    consumer.drain((bytes) => void seen.push([...bytes]));
    expect(seen).toEqual([[1, 2, 3, 4, 5], []]);
    await producer.push(message(20));
    for await (const bytes of consumer) {
      expect(bytes).toEqual(message(20));
      break;
    }
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
