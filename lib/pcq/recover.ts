import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { MOST_MESSAGES, numberIn } from "./bucket.js";
import { advance, BUCKETS_OFFSET, type Geometry } from "./layout.js";
import { corrupt, type Files } from "./mapped.js";
import { type Mark, observeMark, takeOverMark } from "./mark.js";

/** How often the newest bucket is read again, after 1, 2, 4 … ms. */
const TRIES = 7;

/** What is invalidated in one turn of the event loop, in bytes: about a millisecond's work. */
const PIECE = 2 ** 21;

/**
 * Whether the ring was gone round at least once. In the first lap neither end has counted up to the number of buckets,
 * not even one that was stopped half-way; and where the producer is at bucket 0 while the consumer has moved, it has been
 * round.
 */
function hasLapped(producer: Mark, consumer: Mark, { buckets }: Geometry): boolean {
  const moved = consumer.index > 0 || consumer.nextNumber > 0;
  return producer.nextNumber >= buckets || consumer.nextNumber >= buckets || (producer.index === 0 && moved);
}

/** The number in the bucket before a mark: what was put, or taken, last. It stays there until the mark is passed. */
function numberBefore(files: Files, geometry: Geometry, { index, nextNumber }: Mark): number | undefined {
  const number = numberIn(files, geometry, advance(index, geometry.buckets - 1, geometry.buckets));
  // Lower by more than what can have been under way, it is of an earlier lap.
  return number !== undefined && nextNumber <= number + geometry.buckets ? number : undefined;
}

/**
 * Where a producer goes on. The number comes from the newest bucket, which was written back before the index moved.
 * @throws {FamfsError} ERR_FAMFS_CORRUPT where that bucket is not whole
 */
export async function producerStart(files: Files, geometry: Geometry): Promise<Mark> {
  for (let tries = 1; ; tries++) {
    const producer = observeMark(files, geometry, "producer");
    const isFirst = producer.index === 0 && !hasLapped(producer, observeMark(files, geometry, "consumer"), geometry);
    const newest = isFirst ? -1 : numberBefore(files, geometry, producer);
    if (newest !== undefined) {
      await takeOver(files, geometry);
      return { index: producer.index, nextNumber: newest + 1 };
    }
    if (tries === TRIES) {
      throw corrupt(
        files,
        `the newest bucket, before index ${producer.index}, must hold a whole message with a number of at least ${producer.nextNumber} - ${geometry.buckets}, and does not: the number of the next message is lost; make another queue`,
      );
    }
    await delay(2 ** (tries - 1));
  }
}

/** R1: what this end stores to from now on had another writer, and this host's copies of it may be old. */
async function takeOver(files: Files, { buckets, bucketSize }: Geometry): Promise<void> {
  const { producer } = files;
  const end = BUCKETS_OFFSET + buckets * bucketSize;
  for (let at = BUCKETS_OFFSET; at < end && producer.coherence !== "coherent"; at += PIECE) {
    producer.invalidate(at, Math.min(PIECE, end - at), "pcq.bucket");
    await nextTurn();
  }
  takeOverMark(files, "producer");
}

/** Where a consumer goes on. What does not fit together shows when it takes the next message, and drain() goes past it. */
export function consumerStart(files: Files, geometry: Geometry): Mark {
  const producer = observeMark(files, geometry, "producer");
  const consumer = observeMark(files, geometry, "consumer");
  takeOverMark(files, "consumer");
  return { index: consumer.index, nextNumber: nextToTake(files, geometry, producer, consumer) };
}

function nextToTake(files: Files, geometry: Geometry, producer: Mark, consumer: Mark): number {
  const { index, nextNumber } = consumer;
  const isFirst = index === 0 && !hasLapped(producer, consumer, geometry);
  const taken = isFirst ? undefined : numberBefore(files, geometry, consumer);
  if (taken !== undefined) return taken + 1;
  const next = producer.index === index ? undefined : numberIn(files, geometry, index);
  return next ?? (isFirst || nextNumber > MOST_MESSAGES ? 0 : nextNumber);
}
