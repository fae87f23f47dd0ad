import { crc32 } from "node:zlib";
import { BUCKETS_OFFSET, type Geometry } from "./layout.js";
import type { Files } from "./mapped.js";

/** What a bucket says of itself. */
export interface Bucket {
  readonly number: bigint;
  readonly checksum: bigint;
  /** Of its bytes as they are. */
  readonly rightChecksum: bigint;
}

/** A private copy of a bucket's bytes, examined. For errors and restarts: what flows is copied by the addon. */
export function readBucket({ producer }: Files, { bucketSize }: Geometry, index: number): Bucket {
  const offset = BUCKETS_OFFSET + index * bucketSize;
  producer.fetch(offset, bucketSize, "pcq.bucket");
  const copy = producer.window(offset, bucketSize).bytes().slice();
  const trailer = new DataView(copy.buffer, bucketSize - 16);
  return {
    number: trailer.getBigUint64(0, true),
    checksum: trailer.getBigUint64(8, true),
    rightChecksum: BigInt(crc32(copy.subarray(0, bucketSize - 8))),
  };
}

/** No queue has seen so many: 140 years of a message each microsecond. What is above is no number of a message. */
export const MOST_MESSAGES = 2 ** 52;

/** The number of the message in a bucket; undefined where it is none, or not whole. */
export function numberIn(files: Files, geometry: Geometry, index: number): number | undefined {
  const { number, checksum, rightChecksum } = readBucket(files, geometry, index);
  return checksum === rightChecksum && number <= MOST_MESSAGES ? Number(number) : undefined;
}
