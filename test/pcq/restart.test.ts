import { PcqQueue } from "famfs";
import { describe, expect, test } from "vitest";
import { Child } from "../support/child.js";
import { expectError } from "../support/errors.js";
import { REAL_MODES } from "../support/modes.js";
import { seededRandom } from "../support/seed.js";
import { bothEnds } from "./ends.js";
import { createWithPeer, Messages, Peer, WELL } from "./peer.js";
import { AT, message, RawQueue, textOf } from "./raw.js";

const random = seededRandom("restarts");

/** Puts `count` messages through, so that both ends stand where the ring has them then. */
function passThrough(producer: PcqQueue, consumer: PcqQueue, count: number): void {
  for (let i = 0; i < count; i++) {
    producer.tryProduce(message("old"));
    consumer.tryConsume();
  }
}

/** Whatever happened before: the next messages of the producer are those that the consumer takes. */
function expectFlow(producer: PcqQueue, consumer: PcqQueue): void {
  for (const text of ["one", "two", "three", "four", "five"]) {
    expect(producer.tryProduce(message(text))).toBe(true);
    expect(textOf(consumer.tryConsume() as Uint8Array)).toBe(text);
  }
}

describe.each(REAL_MODES)("on %s memory, an end that is opened again", (coherence) => {
  // In the first lap, at its end, and in later ones; with something in the queue, or nothing.
  const places = [0, 1, 3, 4, 5, 8, 9, 43].flatMap((passed) => [0, 1, 3].map((waiting) => ({ passed, waiting })));

  test.each(places)(
    "goes on after $passed messages with $waiting waiting, whatever number is in its file",
    async ({ passed, waiting }) => {
      const { instance, producer, consumer, raw } = await bothEnds({ coherence });
      passThrough(producer, consumer, passed);
      for (let i = 0; i < waiting; i++) producer.tryProduce(message(`waiting ${i}`));
      producer.close();
      consumer.close();
      // famfs's own ends write their numbers back when it happens, so any older one may be there, and on another host none.
      const counted = passed + waiting;
      const older = (number: number) => (passed >= 4 ? Math.max(4, Math.floor(random() * number)) : 0);
      raw.set("producer", AT.produced, older(counted));
      raw.set("consumer", AT.consumed, older(passed));
      using again = await PcqQueue.open(instance, "q", { role: "producer" });
      using taker = await PcqQueue.open(instance, "q", { role: "consumer" });
      for (let i = 0; i < waiting; i++) expect(textOf(taker.tryConsume() as Uint8Array)).toBe(`waiting ${i}`);
      expectFlow(again, taker);
      expect(again.info()).toMatchObject({ produced: counted + 5, consumed: counted + 5 });
    },
  );
});

describe("a producer that is opened again", () => {
  test("takes its number from the newest bucket when it stopped between number and index", async () => {
    const { instance, producer, consumer, raw } = await bothEnds();
    passThrough(producer, consumer, 6);
    producer.close();
    raw.set("producer", AT.produced, 7);
    raw.setBucket(2, Buffer.alloc(64, 0xab));
    using again = await PcqQueue.open(instance, "q", { role: "producer" });
    expectFlow(again, consumer);
  });

  test("is not misled by an old queue in buckets that nobody has zeroed", async () => {
    const { instance, producer, consumer, raw } = await bothEnds();
    producer.close();
    consumer.close();
    for (let i = 0; i < 4; i++) raw.setBucket(i, raw.sealed("of another queue", 400 + i));
    using again = await PcqQueue.open(instance, "q", { role: "producer" });
    using taker = await PcqQueue.open(instance, "q", { role: "consumer" });
    expect(taker.tryConsume()).toBeUndefined();
    expectFlow(again, taker);
  });

  test("refuses to guess where the newest bucket is not whole, or of an earlier lap", async () => {
    const { instance, producer, consumer, raw } = await bothEnds();
    passThrough(producer, consumer, 10);
    producer.close();
    const newest = raw.bucket(1);
    const open = () => PcqQueue.open(instance, "q", { role: "producer" });
    raw.setBucket(1, Buffer.alloc(64, 1));
    await expectError("ERR_FAMFS_CORRUPT", open, "newest bucket", "index 2");
    raw.setBucket(1, raw.sealed("lap before", 5));
    await expectError("ERR_FAMFS_CORRUPT", open, "newest bucket");
    raw.setBucket(1, raw.sealed("beyond all counting", 2 ** 53 - 1));
    await expectError("ERR_FAMFS_CORRUPT", open, "newest bucket");
    raw.setBucket(1, newest);
    using again = await open();
    expectFlow(again, consumer);
  });

  test("waits a moment for a newest bucket that arrives late", async () => {
    const { instance, producer, consumer, raw } = await bothEnds();
    passThrough(producer, consumer, 10);
    producer.close();
    const newest = raw.bucket(1);
    raw.setBucket(1, raw.sealed("lap before", 5));
    const opening = PcqQueue.open(instance, "q", { role: "producer" });
    setTimeout(() => raw.setBucket(1, newest), 10);
    using again = await opening;
    expectFlow(again, consumer);
  });
});

describe("a killed end", () => {
  test.each([1, 7])("of this library loses nothing and repeats nothing, in batches of %i", async (batch) => {
    const { instance, producer, consumer } = await bothEnds({ buckets: 64 });
    producer.close();
    // Each message is its number; what was put before the kill is taken after it, and the next one follows.
    const script = `
      import { openInstance, PcqQueue } from "famfs";
      const queue = await PcqQueue.open(await openInstance(process.argv[1]), "q", { role: "producer" });
      let next = queue.info().produced;
      process.send("started");
      for (;;) {
        const many = new Uint8Array(${batch} * 48);
        for (let i = 0; i < ${batch}; i++) new DataView(many.buffer).setFloat64(i * 48, next + i);
        next += queue.produceManySync(many, { timeout: 20000 });
      }`;
    let expected = 0;
    const target = new Uint8Array(64 * 48);
    const take = () => {
      const count = consumer.tryConsumeMany(target);
      for (let i = 0; i < count; i++) expect(new DataView(target.buffer).getFloat64(i * 48)).toBe(expected++);
      return count;
    };
    for (let round = 0; round < 6; round++) {
      const child = new Child(script, { args: [instance.path] });
      await child.message();
      const end = performance.now() + 10 + random() * 40;
      while (performance.now() < end) take();
      child.process.kill("SIGKILL");
      await child.ended;
      while (take() > 0);
    }
    expect(expected).toBeGreaterThan(100);
  });

  test("of either program, on either side, is followed by the other program", async () => {
    const { instance } = await bothEnds();
    const seed = Math.floor(random() * 2 ** 32);
    createWithPeer(`${instance.path}/mixed`, 16, 128);
    const messages = new Messages(112, seed);
    let produced = 0;
    let consumed = 0;
    for (let round = 0; round < 8; round++) {
      if (round % 2 === 0) {
        // The C program produces until it is killed; this library takes.
        using consumer = await PcqQueue.open(instance, "mixed", { role: "consumer" });
        const peer = new Peer("produce", consumer.path, { count: 1_000_000, seed });
        for (const end = consumed + 200 + Math.floor(random() * 300); consumed < end; consumed++) {
          messages.check(await consumer.consume({ timeout: 10_000 }), consumed);
        }
        peer.kill();
        await peer.ended;
        for (let found = consumer.tryConsume(); found; found = consumer.tryConsume()) messages.check(found, consumed++);
        produced = consumed;
      } else {
        // This library produces; the C program takes and compares all of it.
        using producer = await PcqQueue.open(instance, "mixed", { role: "producer" });
        const count = 100 + Math.floor(random() * 100);
        const peer = new Peer("consume", producer.path, { count, seed });
        for (let i = 0; i < count; i++) await producer.produce(messages.make(produced++), { timeout: 10_000 });
        expect(await peer.ended).toEqual(WELL);
        consumed = produced;
      }
    }
    expect(produced).toBeGreaterThan(1000);
  });

  test("of the C program, a consumer that took its number and not its message, is followed by this library", async () => {
    const { instance } = await bothEnds();
    const seed = Math.floor(random() * 2 ** 32);
    using producer = await PcqQueue.create(instance, "taken", { buckets: 64, bucketSize: 64, role: "producer" });
    const messages = new Messages(48, seed);
    let produced = 0;
    const fill = () => {
      while (producer.tryProduce(messages.make(produced))) produced++;
    };
    for (let round = 0; round < 5; round++) {
      const peer = new Peer("consume", producer.path, { count: 1_000_000, seed });
      for (const end = produced + 500; produced < end; ) {
        fill();
        await new Promise((resolve) => setImmediate(resolve));
      }
      peer.kill();
      await peer.ended;
      const raw = new RawQueue(producer.path, 64);
      if (round > 2) raw.set("consumer", AT.consumed, raw.get("consumer", AT.consumed) + 1);
      using consumer = await PcqQueue.open(instance, "taken", { role: "consumer" });
      let expected = produced - consumer.info().messages;
      for (let found = consumer.tryConsume(); found; found = consumer.tryConsume()) messages.check(found, expected++);
      expect(expected).toBe(produced);
    }
  });
});
