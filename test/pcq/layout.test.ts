import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, statSync } from "node:fs";
import { crc32 } from "node:zlib";
import { PcqQueue } from "famfs";
import { describe, expect, test } from "vitest";
import { testInstance } from "../support/instance.js";
import { createWithPeer, Messages, Peer, WELL } from "./peer.js";
import { AT, message, RawQueue } from "./raw.js";

/** A file's bytes that are not zero, as offset and value of 32-bit words. */
function wordsOf(path: string): [number, number][] {
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  const words = new Uint32Array(buffer, byteOffset, byteLength / 4);
  return [...words.entries()].filter(([, word]) => word !== 0).map(([index, word]) => [index * 4, word]);
}

describe("a new queue", () => {
  test("has the bytes of famfs's own, and nothing else", async () => {
    const { instance, name, path } = await testInstance();
    const queue = name("queue");
    name(`${queue}.consumer`);
    (await PcqQueue.create(instance, queue, { buckets: 5, bucketSize: 128 })).close();
    expect(statSync(path(queue)).size).toBe(0x200000 + 5 * 128);
    expect(statSync(path(`${queue}.consumer`)).size).toBe(0x200000);
    expect(wordsOf(path(queue))).toEqual([
      [0, 0xbeebee3],
      [8, 5],
      [16, 128],
      [24, 0x200000],
      [1072, 0x200000 + 5 * 128],
    ]);
    expect(wordsOf(path(`${queue}.consumer`))).toEqual([
      [0, 0xbeebee4],
      [1_048_600, 0x200000],
    ]);
  });

  test("is the same, byte for byte, as one that the C program makes", async () => {
    const { instance, name, path } = await testInstance();
    const [ours, theirs] = [name(), name()];
    for (const queue of [ours, theirs]) name(`${queue}.consumer`);
    (await PcqQueue.create(instance, ours, { buckets: 100, bucketSize: 32 })).close();
    createWithPeer(path(theirs), 100, 32);
    for (const end of ["", ".consumer"]) {
      execFileSync("cmp", [path(`${ours}${end}`), path(`${theirs}${end}`)]);
    }
  });
});

describe("a message", () => {
  test("fills its whole bucket, with its number and zlib's checksum of both", async () => {
    const { instance, name, path } = await testInstance();
    const stem = name("queue");
    name(`${stem}.consumer`);
    using queue = await PcqQueue.create(instance, stem, { buckets: 4, bucketSize: 64, role: "producer" });
    const raw = new RawQueue(path(stem), 64);
    raw.setBucket(1, Buffer.alloc(64, 0xff));
    queue.tryProduce(message("first"));
    queue.tryProduce(message("second"));
    expect(raw.bucket(0)).toEqual(raw.sealed("first", 0));
    expect(raw.bucket(1)).toEqual(raw.sealed("second", 1));
    expect(raw.get("producer", AT.producerIndex)).toBe(2);
    expect(raw.get("producer", AT.produced)).toBe(2);
    expect(raw.get("consumer", AT.consumerIndex)).toBe(0);
  });

  test("has zlib's checksum in buckets of every size, and is read back by it", async () => {
    const { instance, name, path } = await testInstance();
    for (let bucketSize = 32; bucketSize <= 2 ** 20; bucketSize *= 2) {
      const stem = name("queue");
      name(`${stem}.consumer`);
      using producer = await PcqQueue.create(instance, stem, { buckets: 2, bucketSize, role: "producer" });
      using consumer = await PcqQueue.open(instance, stem, { role: "consumer" });
      const sent = new Messages(bucketSize - 16, bucketSize).make(0).slice();
      producer.tryProduce(sent);
      const raw = new RawQueue(path(stem), bucketSize);
      expect(raw.bucket(0).readBigUInt64LE(bucketSize - 8)).toBe(
        BigInt(crc32(raw.bucket(0).subarray(0, bucketSize - 8))),
      );
      expect(Buffer.compare(consumer.tryConsume() as Uint8Array, sent)).toBe(0);
      // All sizes together would not fit into a small /dev/shm.
      for (const file of [stem, `${stem}.consumer`]) rmSync(path(file));
    }
  });

  test("changes nothing in the other side's file, and consuming nothing in the producer's", async () => {
    const { instance, name, path } = await testInstance();
    const stem = name("queue");
    name(`${stem}.consumer`);
    using producer = await PcqQueue.create(instance, stem, { buckets: 4, bucketSize: 64, role: "producer" });
    using consumer = await PcqQueue.open(instance, stem, { role: "consumer" });
    const before = readFileSync(path(`${stem}.consumer`));
    for (let i = 0; i < 3; i++) producer.tryProduce(message("x"));
    expect(Buffer.compare(readFileSync(path(`${stem}.consumer`)), before)).toBe(0);
    const produced = readFileSync(path(stem));
    for (let i = 0; i < 3; i++) consumer.tryConsume();
    expect(Buffer.compare(readFileSync(path(stem)), produced)).toBe(0);
    expect(wordsOf(path(`${stem}.consumer`))).toEqual([
      [0, 0xbeebee4],
      [8, 3],
      [1_048_592, 3],
      [1_048_600, 0x200000],
    ]);
  });

  test("leaves the same bytes as one that the C program puts", async () => {
    const { instance, name, path } = await testInstance();
    const [ours, theirs] = [name(), name()];
    for (const queue of [ours, theirs]) name(`${queue}.consumer`);
    using queue = await PcqQueue.create(instance, ours, { buckets: 50, bucketSize: 256, role: "producer" });
    createWithPeer(path(theirs), 50, 256);
    const seed = 12_345;
    expect(await new Peer("produce", path(theirs), { count: 40, seed }).ended).toEqual(WELL);
    expect(queue.tryProduceMany(new Messages(queue.messageSize, seed).makeMany(0, 40))).toBe(40);
    execFileSync("cmp", [path(ours), path(theirs)]);
  });
});
