import { FamfsError, PcqQueue } from "famfs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expectError, thrownBy } from "../support/errors.js";
import { REAL_MODES } from "../support/modes.js";
import { bothEnds } from "./ends.js";
import { AT, message, type RawQueue, textOf } from "./raw.js";

const SEED = Number(process.env["FAMFS_TEST_SEED"] ?? Date.now() % 2 ** 31);
console.log(`corruption: FAMFS_TEST_SEED=${SEED}`);

/** What waits for a bucket does, without the process standing still: the error that comes in the end. */
async function errorOfNext(consumer: PcqQueue): Promise<unknown> {
  return thrownBy(() => consumer.consume({ timeout: 5000 }));
}

describe.each(REAL_MODES)("on %s memory, a bucket", (coherence) => {
  test("of the lap before, under an index that covers it, is waited for and not taken", async () => {
    const { producer, consumer, raw } = await bothEnds({ coherence });
    for (let i = 0; i < 6; i++) {
      producer.tryProduce(message(`lap ${i}`));
      consumer.tryConsume();
    }
    const stale = raw.bucket(2);
    producer.tryProduce(message("late"));
    const fresh = raw.bucket(2);
    raw.setBucket(2, stale);
    expect(consumer.tryConsume()).toBeUndefined();
    const waiting = consumer.consume({ timeout: 5000 });
    setTimeout(() => raw.setBucket(2, fresh), 20);
    expect(textOf(await waiting)).toBe("late");
    producer.tryProduce(message("next"));
    expect(textOf(consumer.consumeSync({ timeout: 0 }))).toBe("next");
  });

  test("of the lap before that stays so is an error which tells both numbers", async () => {
    const { producer, consumer, raw } = await bothEnds({ coherence });
    for (let i = 0; i < 6; i++) {
      producer.tryProduce(message(`lap ${i}`));
      consumer.tryConsume();
    }
    const stale = raw.bucket(2);
    producer.tryProduce(message("late"));
    raw.setBucket(2, stale);
    await expectError("ERR_FAMFS_CORRUPT", () => consumer.consume(), "bucket 2 must hold message 6, found message 2");
    await expectError("ERR_FAMFS_CORRUPT", () => consumer.consumeSync({ timeout: 5000 }), "found message 2");
    await expectError("ERR_FAMFS_CORRUPT", () => consumer.tryConsume(), "drain()");
  });

  test("that came half is waited for, then an error which tells both checksums; drain goes past it", async () => {
    const { producer, consumer, raw } = await bothEnds({ coherence });
    producer.tryProduce(message("half"));
    producer.tryProduce(message("whole"));
    const half = raw.bucket(0);
    half[5] = (half[5] as number) ^ 1;
    raw.setBucket(0, half);
    await expectError("ERR_FAMFS_TIMEOUT", () => consumer.consume({ timeout: 10 }), "bucket 0", "not hold message 0");
    await expectError("ERR_FAMFS_CORRUPT", () => consumer.consume(), "checksum 0x", "is right");
    expect(consumer.drain()).toBe(2);
    producer.tryProduce(message("after"));
    expect(textOf(consumer.tryConsume() as Uint8Array)).toBe("after");
  });

  test("behind good ones keeps none of them back", async () => {
    const { producer, consumer, raw } = await bothEnds({ coherence, buckets: 8 });
    for (const text of ["a", "b", "c", "d"]) producer.tryProduce(message(text));
    raw.setBucket(2, raw.sealed("other", 77));
    const target = new Uint8Array(4 * 48);
    expect(consumer.tryConsumeMany(target)).toBe(2);
    expect([textOf(target.subarray(0, 48)), textOf(target.subarray(48, 96))]).toEqual(["a", "b"]);
    expect(await errorOfNext(consumer)).toMatchObject({ code: "ERR_FAMFS_CORRUPT" });
    expect(consumer.drain()).toBe(2);
  });
});

describe("after a producer that began to count anew", () => {
  test("drain takes the number from the newest bucket, and the queue goes on", async () => {
    const { instance, producer, consumer, raw } = await bothEnds();
    for (let i = 0; i < 5; i++) {
      producer.tryProduce(message("old"));
      consumer.tryConsume();
    }
    producer.close();
    raw.setBucket(1, raw.sealed("message 0 again", 0));
    raw.set("producer", AT.producerIndex, 2);
    expect(await errorOfNext(consumer)).toMatchObject({ code: "ERR_FAMFS_CORRUPT" });
    expect(consumer.drain()).toBe(1);
    raw.set("producer", AT.produced, 1);
    using again = await PcqQueue.open(instance, "q", { role: "producer" });
    again.tryProduce(message("message 1"));
    expect(textOf(consumer.tryConsume() as Uint8Array)).toBe("message 1");
  });

  test("drain counts on where the newest bucket is not whole", async () => {
    const { producer, consumer, raw } = await bothEnds();
    producer.tryProduce(message("a"));
    producer.tryProduce(message("b"));
    raw.setBucket(1, Buffer.alloc(64, 3));
    expect(consumer.drain()).toBe(2);
    producer.tryProduce(message("c"));
    expect(textOf(consumer.tryConsume() as Uint8Array)).toBe("c");
  });
});

describe("an index", () => {
  test("that is no bucket's is an error, at open and in use, on both sides", async () => {
    const { instance, producer, consumer, raw } = await bothEnds();
    for (let i = 0; i < 3; i++) producer.tryProduce(message("x"));
    for (const wrong of [4, 99, 2 ** 32, 2n ** 63n, 2n ** 64n - 1n]) {
      raw.set("consumer", AT.consumerIndex, wrong);
      await expectError("ERR_FAMFS_CORRUPT", () => producer.tryProduce(message("y")));
      await expectError("ERR_FAMFS_CORRUPT", () => producer.produce(message("y")));
      await expectError("ERR_FAMFS_CORRUPT", () => producer.info());
      for (const role of ["producer", "consumer", undefined] as const) {
        if (role === undefined) continue;
        await expectError("ERR_FAMFS_CORRUPT", () => PcqQueue.open(instance, "q", { role }));
      }
    }
    raw.set("consumer", AT.consumerIndex, 0);
    for (const wrong of [4, 2 ** 32, 2n ** 64n - 1n]) {
      raw.set("producer", AT.producerIndex, wrong);
      await expectError("ERR_FAMFS_CORRUPT", () => consumer.tryConsume());
      await expectError("ERR_FAMFS_CORRUPT", () => consumer.drain());
      await expectError("ERR_FAMFS_CORRUPT", () => consumer.consumeSync({ timeout: 1000 }));
    }
  });

  test("that goes backwards, or past this side, is an error", async () => {
    const { producer, consumer, raw } = await bothEnds({ buckets: 8 });
    for (let i = 0; i < 5; i++) producer.tryProduce(message("x"));
    for (let i = 0; i < 3; i++) consumer.tryConsume();
    for (const wrong of [3, 4]) {
      raw.set("producer", AT.producerIndex, wrong);
      const take = () => consumer.tryConsumeMany(new Uint8Array(8 * 48));
      await expectError("ERR_FAMFS_CORRUPT", take, `from 5 to ${wrong} while the consumer's is 3`);
    }
    raw.set("producer", AT.producerIndex, 5);
    expect(producer.tryProduceMany(new Uint8Array(3 * 48))).toBe(3);
    for (const wrong of [1, 2]) {
      raw.set("consumer", AT.consumerIndex, wrong);
      const put = () => producer.tryProduceMany(new Uint8Array(3 * 48));
      await expectError("ERR_FAMFS_CORRUPT", put, `from 3 to ${wrong} while the producer's is 0`);
    }
  });

  test("that somebody else moved is an error which names the second one", async () => {
    const { instance, producer, consumer } = await bothEnds({ buckets: 8 });
    const [other, third] = [
      await PcqQueue.open(instance, "q", { role: "producer" }),
      await PcqQueue.open(instance, "q", { role: "consumer" }),
    ];
    other.tryProduce(message("x"));
    await expectError("ERR_FAMFS_CORRUPT", () => producer.tryProduceMany(new Uint8Array(8 * 48)), "another one");
    third.tryConsume();
    await expectError("ERR_FAMFS_CORRUPT", () => consumer.tryConsume(), "another one is at work");
  });
});

/** Takes and puts until the end of what there is; the only errors allowed are those of this library. */
async function useAll(raw: RawQueue, open: (role: "producer" | "consumer") => Promise<PcqQueue>): Promise<void> {
  for (const role of ["producer", "consumer"] as const) {
    const queue = await open(role).catch((error: unknown) => {
      expect(error).toBeInstanceOf(FamfsError);
      expect(["ERR_FAMFS_CORRUPT", "ERR_FAMFS_PAST_END"]).toContain((error as FamfsError).code);
      return undefined;
    });
    if (queue === undefined) continue;
    try {
      queue.info();
      const bytes = new Uint8Array(Math.min(queue.messageSize * 3, 2 ** 20));
      const whole = bytes.subarray(0, bytes.length - (bytes.length % queue.messageSize));
      if (role === "producer") queue.tryProduceMany(whole);
      else if (whole.length > 0) queue.tryConsumeMany(whole);
      if (role === "consumer") queue.drain();
    } catch (error) {
      expect(error).toMatchObject({ code: "ERR_FAMFS_CORRUPT" });
    } finally {
      queue.close();
    }
  }
  expect(raw.bucketSize).toBe(64);
}

describe("headers", () => {
  const fields = [
    ["producer", 0],
    ["producer", 8],
    ["producer", 16],
    ["producer", 24],
    ["producer", AT.producerIndex],
    ["producer", AT.produced],
    ["consumer", 0],
    ["consumer", AT.consumerIndex],
    ["consumer", AT.consumed],
  ] as const;
  const wild = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.nat({ max: 40 }).map(BigInt),
    fc.nat({ max: 63 }).map((bit) => 2n ** BigInt(bit)),
    fc.nat({ max: 16 }).map((less) => 2n ** 64n - 1n - BigInt(less)),
  );

  test("with any values in any fields are refused, or used without harm", async () => {
    const { instance, producer, consumer, raw } = await bothEnds();
    for (let i = 0; i < 5; i++) {
      producer.tryProduce(message("x"));
      if (i > 0) consumer.tryConsume();
    }
    const good = fields.map(([file, at]) => raw.read(file, at));
    const change = fc.array(fc.tuple(fc.nat({ max: fields.length - 1 }), wild), { minLength: 1, maxLength: 3 });
    const open = (role: "producer" | "consumer") => PcqQueue.open(instance, "q", { role });
    const property = fc.asyncProperty(change, async (changes) => {
      for (const [which, value] of changes) {
        const [file, at] = fields[which] as (typeof fields)[number];
        raw.set(file, at, value);
      }
      await useAll(raw, open);
      for (const [i, [file, at]] of fields.entries()) raw.write(file, at, good[i] as Buffer);
    });
    // Each refusal takes the time of its retries.
    await fc.assert(property, { seed: SEED, numRuns: 15 });
  }, 60_000);

  test("that are none are refused with what was expected and found", async () => {
    const { instance, raw } = await bothEnds();
    const open = () => PcqQueue.open(instance, "q");
    raw.set("producer", 0, 0xbeebee4);
    await expectError("ERR_FAMFS_CORRUPT", open, "producer's file must be 0xbeebee3, found 0xbeebee4");
    raw.set("producer", 0, 0xbeebee3);
    raw.set("consumer", 0, 5);
    await expectError("ERR_FAMFS_CORRUPT", open, "consumer's file must be 0xbeebee4, found 0x5");
    raw.set("consumer", 0, 0xbeebee4);
    raw.set("producer", 16, 96);
    await expectError("ERR_FAMFS_CORRUPT", open, "power of two", "found 96");
    raw.set("producer", 16, 64);
    raw.set("producer", 8, 5);
    await expectError("ERR_FAMFS_CORRUPT", open, "from 2 to 4", "found 5");
    raw.set("producer", 8, 1);
    await expectError("ERR_FAMFS_CORRUPT", open, "found 1");
    raw.set("producer", 8, 4);
    raw.set("producer", 24, 0x1000);
    await expectError("ERR_FAMFS_CORRUPT", open, "offset of the buckets must be 0x200000, found 0x1000");
  });

  test("of files that are too small, or missing, are errors of their own", async () => {
    const { instance } = await bothEnds();
    await instance.create("small", { size: 4096 });
    await expectError("ERR_FAMFS_NOT_FOUND", () => PcqQueue.open(instance, "small"), "small.consumer");
    await instance.create("small.consumer", { size: 4096 });
    await expectError("ERR_FAMFS_CORRUPT", () => PcqQueue.open(instance, "small"), "4096 and 4096");
    await expectError("ERR_FAMFS_NOT_FOUND", () => PcqQueue.open(instance, "nothing"));
  });

  test("that appear while the queue is opened are waited for a moment", async () => {
    const { instance, raw } = await bothEnds();
    raw.set("producer", 0, 0);
    const opening = PcqQueue.open(instance, "q");
    setTimeout(() => raw.set("producer", 0, 0xbeebee3), 15);
    (await opening).close();
  });
});
