import { statSync } from "node:fs";
import { openHandle, PcqQueue } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError, expectErrorWithoutTrace } from "../support/errors.js";
import { type TestInstance, testInstance } from "../support/instance.js";
import { message, textOf } from "./raw.js";

/** A queue with both ends open. */
async function bothEnds(shape: { buckets?: number; bucketSize?: number } = {}) {
  const place = await testInstance();
  const queue = freshName(place);
  const given = { buckets: 4, bucketSize: 64, ...shape };
  const producer = await PcqQueue.create(place.instance, queue, { ...given, role: "producer" });
  const consumer = await PcqQueue.open(place.instance, queue, { role: "consumer" });
  return { ...place, queue, producer, consumer };
}

function freshName({ name }: TestInstance): string {
  const stem = name("queue");
  name(`${stem}.consumer`);
  return stem;
}

describe("a queue", () => {
  test("hands messages over in order, holds one less than it has buckets, and says what it is", async () => {
    const { producer, consumer } = await bothEnds();
    expect(producer).toMatchObject({ role: "producer", buckets: 4, bucketSize: 64, messageSize: 48, capacity: 3 });
    expect(consumer.tryConsume()).toBeUndefined();
    for (const text of ["a", "b", "c"]) expect(producer.tryProduce(message(text))).toBe(true);
    expect(producer.tryProduce(message("d"))).toBe(false);
    expect(consumer.info()).toEqual({
      buckets: 4,
      bucketSize: 64,
      messages: 3,
      producerIndex: 3,
      consumerIndex: 0,
      produced: 3,
      consumed: 0,
    });
    for (const text of ["a", "b", "c"]) expect(textOf(consumer.tryConsume() as Uint8Array)).toBe(text);
    expect(consumer.tryConsume()).toBeUndefined();
    expect(producer.tryProduce(message("e"))).toBe(true);
    expect(consumer.info()).toMatchObject({
      messages: 1,
      producerIndex: 0,
      consumerIndex: 3,
      produced: 4,
      consumed: 3,
    });
  });

  test("fills short messages up with zeros, over what the bucket held", async () => {
    const { producer, consumer } = await bothEnds({ buckets: 2 });
    const full = new Uint8Array(48).fill(7);
    for (const sent of [full, message("short"), new Uint8Array(0), full.subarray(0, 47)]) {
      expect(producer.tryProduce(sent)).toBe(true);
      const expected = new Uint8Array(48);
      expected.set(sent);
      expect(consumer.tryConsume()).toEqual(expected);
    }
  });

  test("refuses a message that is too long, or none, before it writes anything", async () => {
    const { producer } = await bothEnds();
    const before = producer.info();
    const long = new Uint8Array(49);
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => producer.tryProduce(long), "at most 48 bytes", "found 49");
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => producer.produce(long));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => producer.produceSync(long, { timeout: 1 }));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => producer.tryProduce("text" as never), "a Uint8Array");
    await expectError("ERR_FAMFS_INVALID_TYPE", () => producer.tryProduceMany([] as never), "a Uint8Array");
    await expectError("ERR_FAMFS_MISALIGNED", () => producer.tryProduceMany(long), "multiple of 48", "48 and 96");
    expect(producer.info()).toEqual(before);
  });

  test("moves batches, as many as fit and over the end of the ring, with whole messages in the target", async () => {
    const { producer, consumer } = await bothEnds({ buckets: 8 });
    const many = Buffer.alloc(10 * 48);
    for (let i = 0; i < 10; i++) many[i * 48] = i;
    const target = Buffer.alloc(10 * 48 + 40);
    const firsts = (count: number) => Array.from({ length: count }, (_, i) => target[i * 48]);
    expect(producer.tryProduceMany(many)).toBe(7);
    expect(producer.tryProduceMany(many)).toBe(0);
    expect(consumer.tryConsumeMany(target.subarray(0, 5 * 48 + 47))).toBe(5);
    expect(firsts(5)).toEqual([0, 1, 2, 3, 4]);
    expect(producer.tryProduceMany(many.subarray(7 * 48))).toBe(3);
    expect(producer.tryProduceMany(new Uint8Array(0))).toBe(0);
    expect(consumer.tryConsumeMany(target)).toBe(5);
    expect(firsts(5)).toEqual([5, 6, 7, 8, 9]);
    expect(consumer.tryConsumeMany(target)).toBe(0);
    expect(await producer.produceMany(new Uint8Array(0), { timeout: 0 })).toBe(0);
    expect(producer.produceManySync(new Uint8Array(0), { timeout: 0 })).toBe(0);
    await expectError(
      "ERR_FAMFS_OUT_OF_RANGE",
      () => consumer.tryConsumeMany(target.subarray(0, 47)),
      "48 bytes",
      "47",
    );
    await expectError("ERR_FAMFS_INVALID_TYPE", () => consumer.tryConsumeMany({} as never), "a Uint8Array");
  });

  test("lets one by one and batches be mixed, although single ones are read ahead", async () => {
    const { producer, consumer } = await bothEnds({ buckets: 16 });
    const target = Buffer.alloc(12 * 48);
    for (const text of "abcdefghij") producer.tryProduce(message(text));
    expect(textOf(consumer.tryConsume() as Uint8Array)).toBe("a");
    expect(consumer.tryConsumeMany(target.subarray(0, 48))).toBe(1);
    expect(textOf(target.subarray(0, 48))).toBe("b");
    producer.tryProduce(message("k"));
    expect(consumer.info().messages).toBe(9);
    expect(consumer.tryConsumeMany(target)).toBe(9);
    expect(Array.from({ length: 9 }, (_, i) => textOf(target.subarray(i * 48, (i + 1) * 48))).join("")).toBe(
      "cdefghijk",
    );
  });

  test("is drained at once, also of what was read ahead", async () => {
    const { producer, consumer } = await bothEnds({ buckets: 16 });
    for (const text of "abcdefghij") producer.tryProduce(message(text));
    consumer.tryConsume();
    expect(consumer.drain()).toBe(9);
    expect(consumer.drain()).toBe(0);
    expect(consumer.info()).toMatchObject({ messages: 0, consumed: 10 });
    producer.tryProduce(message("next"));
    expect(textOf(consumer.tryConsume() as Uint8Array)).toBe("next");
  });

  test("can be opened over mappings that came by handle, which stay open when it is closed", async () => {
    const { instance, queue, producer } = await bothEnds();
    const [front, back] = [
      await instance.open(queue),
      await instance.open(`${queue}.consumer`, { access: "read-write" }),
    ];
    const mappings = [await openHandle(front.map().handle()), await openHandle(back.map().handle())] as const;
    const consumer = await PcqQueue.over(...mappings, { role: "consumer" });
    producer.tryProduce(message("over"));
    expect(textOf(consumer.tryConsume() as Uint8Array)).toBe("over");
    consumer.close();
    expect(consumer.closed).toBe(true);
    expect(mappings[0].closed).toBe(false);
    const [a, b] = mappings;
    await expectError("ERR_FAMFS_PERMISSION", () => PcqQueue.over(a, b, { role: "producer" }), "read-only");
    await expectError("ERR_FAMFS_INVALID_TYPE", () => PcqQueue.over(a, {} as never), "consumer", "a mapping");
    await expectError("ERR_FAMFS_PERMISSION", () => PcqQueue.format(a, b, { buckets: 4, bucketSize: 64 }));
    await expectError("ERR_FAMFS_PAST_END", () => PcqQueue.format(a, b, { buckets: 40_000, bucketSize: 64 }));
    for (const mapping of mappings) mapping.close();
  });
});

describe("roles", () => {
  test("allow what they are for, and nothing else; without one there is only info", async () => {
    const { instance, queue, producer, consumer } = await bothEnds();
    using neither = await PcqQueue.open(instance, queue);
    expect(neither.role).toBeUndefined();
    expect(neither.info()).toMatchObject({ messages: 0 });
    for (const end of [consumer, neither]) {
      await expectError("ERR_FAMFS_PERMISSION", () => end.tryProduce(message("x")), 'role: "producer"');
      await expectError("ERR_FAMFS_PERMISSION", () => end.produceMany(message("x")));
    }
    for (const end of [producer, neither]) {
      await expectError("ERR_FAMFS_PERMISSION", () => end.tryConsume(), 'role: "consumer"');
      await expectError("ERR_FAMFS_PERMISSION", () => end.drain());
    }
  });

  test("need write access to one file only, so permission bits part them", async () => {
    const { instance, queue, path } = await bothEnds();
    const modes = () => [queue, `${queue}.consumer`].map((file) => (statSync(path(file)).mode & 0o777).toString(8));
    expect(modes()).toEqual(["644", "644"]);
    for (const [permissions, expected] of [
      ["producer", ["644", "444"]],
      ["consumer", ["444", "644"]],
      ["neither", ["444", "444"]],
      ["both", ["644", "644"]],
    ] as const) {
      await PcqQueue.setPermissions(instance, queue, permissions);
      expect(modes()).toEqual(expected);
    }
    await expectError(
      "ERR_FAMFS_OUT_OF_RANGE",
      () => PcqQueue.setPermissions(instance, queue, "p" as never),
      "producer",
    );
    await expectError("ERR_FAMFS_NOT_FOUND", () => PcqQueue.setPermissions(instance, "nothing", "both"));
    expect(modes()).toEqual(["644", "644"]);
  });

  test("are set at creation too, and opening never changes them", async () => {
    const place = await testInstance();
    const { instance, path } = place;
    const queue = freshName(place);
    (await PcqQueue.create(instance, queue, { buckets: 2, bucketSize: 32, permissions: "consumer" })).close();
    expect(statSync(path(queue)).mode & 0o777).toBe(0o444);
    expect(statSync(path(`${queue}.consumer`)).mode & 0o777).toBe(0o644);
    (await PcqQueue.open(instance, queue, { role: "consumer" })).close();
    expect(statSync(path(queue)).mode & 0o777).toBe(0o444);
  });
});

describe("creating", () => {
  const shape = { buckets: 4, bucketSize: 64 };

  test("refuses what cannot be a queue, with nothing made", async () => {
    const { instance, name } = await testInstance();
    const create = (options: object) => () => PcqQueue.create(instance, name(), { ...shape, ...options });
    const refused = (code: Parameters<typeof expectError>[0], options: object, ...parts: string[]) =>
      expectErrorWithoutTrace(instance.path, code, create(options), ...parts);
    await refused("ERR_FAMFS_OUT_OF_RANGE", { buckets: 1 }, "from 2");
    await refused("ERR_FAMFS_OUT_OF_RANGE", { bucketSize: 16 }, "from 32");
    await refused("ERR_FAMFS_OUT_OF_RANGE", { bucketSize: 96 }, "power of two", "96");
    await refused("ERR_FAMFS_OUT_OF_RANGE", { bucketSize: 2 ** 31 }, "to 1073741824");
    await refused("ERR_FAMFS_OUT_OF_RANGE", { buckets: 2 ** 50 }, "2 MiB");
    await refused("ERR_FAMFS_INVALID_TYPE", { buckets: "4" }, "buckets");
    await refused("ERR_FAMFS_OUT_OF_RANGE", { role: "both" }, "role");
    await refused("ERR_FAMFS_OUT_OF_RANGE", { permissions: "p" }, "permissions");
    await refused("ERR_FAMFS_UNKNOWN_OPTION", { size: 1 }, "bucketSize");
    await refused("ERR_FAMFS_INVALID_TYPE", { signal: 1 }, "signal");
    await expectError("ERR_FAMFS_INVALID_TYPE", () => PcqQueue.create({} as never, "q", shape), "instance");
    await expectError("ERR_FAMFS_INVALID_TYPE", () => PcqQueue.open(instance, 5 as never), "name");
    await expectError("ERR_FAMFS_INVALID_NAME", () => PcqQueue.create(instance, "../q", shape));
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => PcqQueue.open(instance, "q", { access: 1 } as never), "role");
  });

  test("never touches a file that exists, and one of eight creators wins", async () => {
    const place = await testInstance();
    const { instance } = place;
    const queue = freshName(place);
    await instance.create(queue, { size: 100 });
    await expectErrorWithoutTrace(instance.path, "ERR_FAMFS_EXISTS", () => PcqQueue.create(instance, queue, shape));
    const other = freshName(place);
    const race = await Promise.allSettled(Array.from({ length: 8 }, () => PcqQueue.create(instance, other, shape)));
    expect(race.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of race) {
      if (one.status === "fulfilled") one.value.close();
      else expect(one.reason).toMatchObject({ code: "ERR_FAMFS_EXISTS" });
    }
  });

  test("ends with the signal's reason", async () => {
    const { instance, name } = await testInstance();
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(PcqQueue.create(instance, name(), { ...shape, signal })).rejects.toThrow("enough");
  });
});

test("closing is final, also by the instance, and leaves no mapping", async () => {
  const { instance, queue, producer, consumer } = await bothEnds();
  producer.close();
  producer.close();
  expect(producer.closed).toBe(true);
  await expectError("ERR_FAMFS_CLOSED", () => producer.tryProduce(message("x")));
  await expectError("ERR_FAMFS_CLOSED", () => producer.info());
  using other = await PcqQueue.open(instance, queue);
  consumer[Symbol.dispose]();
  await expectError("ERR_FAMFS_CLOSED", () => consumer.tryConsume());
  await expectError("ERR_FAMFS_CLOSED", () => consumer.drain());
  expect(other.info()).toMatchObject({ messages: 0 });
});
