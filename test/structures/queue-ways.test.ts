import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { SharedQueue } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { MODES } from "../support/modes.js";
import { joined, sleep, testSegment } from "../support/segment.js";
import { idsIn, range, testQueue, trade } from "./trades.js";

describe.each(MODES)("ways to use a queue on %s memory", (mode) => {
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
});
