import { type Coherence, type Instance, openInstance, PcqQueue } from "famfs";
import { onTestFinished } from "vitest";
import { RawQueue } from "./raw.js";

/** A queue in a private instance, both ends open; all of it goes when the test ends. */
export interface Ends {
  readonly instance: Instance;
  readonly producer: PcqQueue;
  readonly consumer: PcqQueue;
  readonly raw: RawQueue;
}

/** Makes the queue "q". */
export async function bothEnds({
  buckets = 4,
  bucketSize = 64,
  coherence = "coherent" as Coherence,
} = {}): Promise<Ends> {
  const instance = await openInstance(undefined, { fallback: "tmpfs", coherence });
  onTestFinished(() => instance.close());
  const producer = await PcqQueue.create(instance, "q", { buckets, bucketSize, role: "producer" });
  const consumer = await PcqQueue.open(instance, "q", { role: "consumer" });
  return { instance, producer, consumer, raw: new RawQueue(producer.path, bucketSize) };
}
