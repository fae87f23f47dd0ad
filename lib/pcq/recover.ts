import { setTimeout as delay } from "node:timers/promises";
import { WRITER_SPACING } from "../memory/coherence.js";
import { MOST_MESSAGES, numberIn } from "./bucket.js";
import { advance, BUCKETS_OFFSET, CONSUMER, type Geometry, PRODUCER } from "./layout.js";
import { corrupt, type Files, indexWord, observeIndex, type Role, type Start } from "./side.js";

/** How often the newest bucket is read again, after 1, 2, 4 … ms. */
const TRIES = 8;

/** Where both sides are, by the files. */
export interface State {
  readonly producerIndex: number;
  readonly consumerIndex: number;
  /**
   * Numbers of the next messages. famfs's own program never writes these back, so on another host they may be old; and
   * a side that was stopped between number and index has them too high by what it had under way.
   */
  readonly producerNumber: bigint;
  readonly consumerNumber: bigint;
}

/** Looks at both files. @throws {FamfsError} ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED */
export function observeState(files: Files, geometry: Geometry): State {
  return {
    producerIndex: observeIndex(indexWord(files, "producer"), files, geometry),
    consumerIndex: observeIndex(indexWord(files, "consumer"), files, geometry),
    producerNumber: nextNumberIn(files, "producer"),
    consumerNumber: nextNumberIn(files, "consumer"),
  };
}

function nextNumberIn(files: Files, role: Role): bigint {
  const offset = role === "producer" ? PRODUCER.nextNumber : CONSUMER.nextNumber;
  files[role].fetch(offset, 8, "pcq.next-number");
  return files[role].window(offset, 8).view(DataView).getBigUint64(0, true);
}

/**
 * Whether the ring was gone round at least once. In the first lap neither side has counted up to the number of buckets,
 * not even one that was stopped half-way; and whoever stands at bucket 0 while the other has moved has been round.
 */
function hasLapped(state: State, { buckets }: Geometry): boolean {
  const { producerIndex, consumerIndex, producerNumber, consumerNumber } = state;
  const moved = consumerIndex > 0 || consumerNumber > 0n;
  return producerNumber >= buckets || consumerNumber >= buckets || (producerIndex === 0 && moved);
}

/** The number in the bucket before an index: what was produced, or taken, last. It stays there until it is passed. */
function numberBefore(files: Files, geometry: Geometry, index: number, counted: bigint): number | undefined {
  const number = numberIn(files, geometry, advance(index, geometry.buckets - 1, geometry.buckets));
  // Lower by more than what can be under way, it is of an earlier lap.
  return number !== undefined && counted <= number + geometry.buckets ? number : undefined;
}

/**
 * Where a producer goes on. The number comes from the newest bucket, which was written back before the index moved.
 * @throws {FamfsError} ERR_FAMFS_CORRUPT where that bucket is not whole
 */
export async function producerStart(files: Files, geometry: Geometry): Promise<Start> {
  // Where buckets share lines, this host's copies of these must not be old: its stores would make them new (F1).
  if (geometry.bucketSize < WRITER_SPACING)
    files.producer.invalidate(BUCKETS_OFFSET, geometry.buckets * geometry.bucketSize, "pcq.bucket");
  for (let tries = 1; ; tries++) {
    const state = observeState(files, geometry);
    const { producerIndex: index, producerNumber } = state;
    if (index === 0 && !hasLapped(state, geometry)) return { index, nextNumber: 0 };
    const newest = numberBefore(files, geometry, index, producerNumber);
    if (newest !== undefined) return { index, nextNumber: newest + 1 };
    if (tries === TRIES) {
      throw corrupt(
        files,
        `the newest bucket, before index ${index}, must hold a whole message with a number of at least ${producerNumber} - ${geometry.buckets}, and does not: the number of the next message is lost; make another queue`,
      );
    }
    await delay(2 ** (tries - 1));
  }
}

/** Where a consumer goes on. What does not fit together shows when it takes the next message, and drain() goes past it. */
export function consumerStart(files: Files, geometry: Geometry): Start {
  const state = observeState(files, geometry);
  const { producerIndex, consumerIndex: index, consumerNumber } = state;
  const isFirst = index === 0 && !hasLapped(state, geometry);
  const taken = isFirst ? undefined : numberBefore(files, geometry, index, consumerNumber);
  if (taken !== undefined) return { index, nextNumber: taken + 1 };
  const next = producerIndex === index ? undefined : numberIn(files, geometry, index);
  return { index, nextNumber: next ?? (isFirst ? 0 : sane(consumerNumber)) };
}

/** As a count of messages; 0 for what no producer has come to. */
function sane(number: bigint): number {
  return number <= MOST_MESSAGES ? Number(number) : 0;
}
