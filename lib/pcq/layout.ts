/*
 * The bytes of famfs's producer/consumer queue, as its `pcq` program writes and expects them. Two files, so that each
 * side can have the other's read-only. All integers are little-endian.
 *
 *   the producer's file "<name>"                      the consumer's file "<name>.consumer"
 *
 *   0          magic 0xbeebee3               u64      0          magic 0xbeebee4               u32
 *   8          number of buckets             u64      4          unused                        u32
 *   16         size of a bucket              u64      8          consumer index                u64
 *   24         offset of bucket 0: 0x200000  u64      16         unused                  1,048,576
 *   32         producer index                u64      1,048,592  number of the next message    u64
 *   40         unused                      1,024      1,048,600  size of this file             u64
 *   1,064      number of the next message    u64      2 MiB      end
 *   1,072      size of this file             u64
 *   0x200000   bucket 0, bucket 1, …
 *
 *   a bucket of n bytes
 *
 *   0          message, n - 16 bytes
 *   n - 16     number of the message         u64      counts from 0, for ever
 *   n - 8      zlib's crc32 of bytes 0 to n - 8       u64, its upper half 0
 *
 * The producer index is the bucket that is filled next, the consumer index the one that is emptied next. Empty: they are
 * equal. Full: the producer's, moved on by one, is the consumer's; so one bucket is always free.
 */

/** What the consumer's file is called after the producer's. */
export const CONSUMER_SUFFIX = ".consumer";

/** Where the fields of the producer's file are, in bytes. */
export const PRODUCER = {
  magic: 0,
  buckets: 8,
  bucketSize: 16,
  bucketsOffset: 24,
  index: 32,
  nextNumber: 1064,
  fileSize: 1072,
  /** The end of the fields. */
  end: 1080,
} as const;

/** Where the fields of the consumer's file are, in bytes. */
export const CONSUMER = {
  magic: 0,
  index: 8,
  nextNumber: 1_048_592,
  fileSize: 1_048_600,
  /** The end of the fields. */
  end: 1_048_608,
} as const;

/** At {@link PRODUCER.magic}. */
export const PRODUCER_MAGIC = 0xbee_bee3;

/** At {@link CONSUMER.magic}. */
export const CONSUMER_MAGIC = 0xbee_bee4;

/** Where bucket 0 is, in bytes: behind the first 2 MiB of the producer's file. */
export const BUCKETS_OFFSET = 0x20_0000;

/** The size of the consumer's file, in bytes. */
export const CONSUMER_FILE_SIZE = 0x20_0000;

/** What a bucket has besides its message, in bytes: number and checksum. */
export const TRAILER = 16;

/** The smallest bucket, in bytes: sizes are powers of two, above the trailer's. */
export const SMALLEST_BUCKET = 32;

/** The largest bucket, in bytes: a message must fit into an ArrayBuffer of any Node, and its copy holds the thread up. */
export const LARGEST_BUCKET = 2 ** 30;

/** With one bucket, which is always free, a queue would hold nothing. */
export const FEWEST_BUCKETS = 2;

/** What a queue is made with. */
export interface Geometry {
  /** How many buckets; one less is how many messages it holds. */
  readonly buckets: number;
  /** In bytes. */
  readonly bucketSize: number;
}

/** The size of the producer's file, in bytes. */
export function producerFileSize({ buckets, bucketSize }: Geometry): number {
  return BUCKETS_OFFSET + buckets * bucketSize;
}

/** How many steps of a ring it is from one index to another; 0 to `buckets` - 1. */
export function distance(from: number, to: number, buckets: number): number {
  return to >= from ? to - from : to - from + buckets;
}

/** An index that moves on by at most one lap. */
export function advance(index: number, steps: number, buckets: number): number {
  const next = index + steps;
  return next >= buckets ? next - buckets : next;
}
