import { type Instance, openInstance, PcqQueue } from "famfs";
import { describe, expect, onTestFinished, test } from "vitest";
import { REAL_MODES } from "../support/modes.js";
import { seededRandom } from "../support/seed.js";
import { createWithPeer, Messages, Peer, peerInfo, WELL } from "./peer.js";

const random = seededRandom("exchange with the C program");
const MILLION = 1_000_000;

async function instanceIn(coherence: "coherent" | "incoherent"): Promise<Instance> {
  const instance = await openInstance(undefined, { fallback: "tmpfs", coherence });
  onTestFinished(() => instance.close());
  return instance;
}

/** Puts messages of one seed from `first` on, in batches of up to `batch`. */
async function produce(queue: PcqQueue, messages: Messages, count: number, batch: number): Promise<void> {
  const size = queue.messageSize;
  const bytes = new Uint8Array(batch * size);
  for (let done = 0; done < count; ) {
    const part = Math.min(batch, count - done);
    for (let i = 0; i < part; i++) bytes.set(messages.make(done + i), i * size);
    for (let from = 0; from < part; ) {
      from += await queue.produceMany(bytes.subarray(from * size, part * size), { timeout: 20_000 });
    }
    done += part;
  }
}

/** Takes messages and compares each. */
async function consume(queue: PcqQueue, messages: Messages, count: number, batch: number): Promise<void> {
  const size = queue.messageSize;
  const target = new Uint8Array(batch * size);
  const parts = Array.from({ length: batch }, (_, i) => target.subarray(i * size, (i + 1) * size));
  for (let done = 0; done < count; ) {
    const part = await queue.consumeMany(target.subarray(0, Math.min(batch, count - done) * size), { timeout: 20_000 });
    for (let i = 0; i < part; i++) messages.check(parts[i] as Uint8Array, done + i);
    done += part;
  }
}

describe.each(REAL_MODES)("on %s memory, every byte of", (coherence) => {
  test("10^6 messages from this library to the C program is right", async () => {
    const instance = await instanceIn(coherence);
    const seed = Math.floor(random() * 2 ** 32);
    using queue = await PcqQueue.create(instance, "q", { buckets: 8192, bucketSize: 64, role: "producer" });
    const peer = new Peer("consume", queue.path, { count: MILLION, seed });
    await Promise.all([produce(queue, new Messages(queue.messageSize, seed), MILLION, 256), peer.ended]);
    expect(await peer.ended).toEqual(WELL);
    expect(queue.info()).toMatchObject({ messages: 0, produced: MILLION, consumed: MILLION });
  }, 120_000);

  test("10^6 messages from the C program to this library is right", async () => {
    const instance = await instanceIn(coherence);
    const seed = Math.floor(random() * 2 ** 32);
    createWithPeer(`${instance.path}/q`, 8192, 64);
    using queue = await PcqQueue.open(instance, "q", { role: "consumer" });
    const peer = new Peer("produce", queue.path, { count: MILLION, seed });
    await Promise.all([consume(queue, new Messages(queue.messageSize, seed), MILLION, 256), peer.ended]);
    expect(await peer.ended).toEqual(WELL);
    expect(peerInfo(queue.path)).toMatchObject({ messages: 0, produced: MILLION, consumed: MILLION });
  }, 120_000);

  test.each([
    { buckets: 2, bucketSize: 32 },
    { buckets: 3, bucketSize: 64 },
    { buckets: 5, bucketSize: 128 },
    { buckets: 7, bucketSize: 4096 },
  ])(
    "many laps of $buckets buckets of $bucketSize bytes is right, both ways, one by one and in batches",
    async (shape) => {
      const instance = await instanceIn(coherence);
      for (const batch of [1, 16]) {
        const seed = Math.floor(random() * 2 ** 32);
        const count = 1000 + Math.floor(random() * 100);
        const [there, back] = [`there${batch}`, `back${batch}`];
        using out = await PcqQueue.create(instance, there, { ...shape, role: "producer" });
        const taker = new Peer("consume", out.path, { count, seed });
        createWithPeer(`${instance.path}/${back}`, shape.buckets, shape.bucketSize);
        using back_ = await PcqQueue.open(instance, back, { role: "consumer" });
        const giver = new Peer("produce", back_.path, { count, seed });
        await Promise.all([
          produce(out, new Messages(out.messageSize, seed), count, batch),
          consume(back_, new Messages(out.messageSize, seed), count, batch),
        ]);
        expect(await taker.ended).toEqual(WELL);
        expect(await giver.ended).toEqual(WELL);
      }
    },
  );
});
