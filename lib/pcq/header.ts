import { setTimeout as delay } from "node:timers/promises";
import type { Mapping } from "../memory/mapping.js";
import {
  BUCKETS_OFFSET,
  CONSUMER,
  CONSUMER_FILE_SIZE,
  CONSUMER_MAGIC,
  FEWEST_BUCKETS,
  type Geometry,
  LARGEST_BUCKET,
  PRODUCER,
  PRODUCER_MAGIC,
  producerFileSize,
  SMALLEST_BUCKET,
} from "./layout.js";
import { corrupt, type Files } from "./mapped.js";

/** How often a header that is not right is read again, after 1, 2, 4 … ms: its creator may be at work. */
const TRIES = 7;

const SITE = "pcq.header";

/** Makes both files those of an empty queue. @throws {FamfsError} as {@link PcqQueue.format} */
export function formatFiles(files: Files, geometry: Geometry): void {
  files.consumer.window(0, CONSUMER_FILE_SIZE);
  files.producer.window(0, producerFileSize(geometry));
  writeConsumerHeader(files.consumer);
  writeProducerHeader(files.producer, geometry);
}

/** Makes the producer's file one of an empty queue. Its magic comes last: whoever sees it sees the rest. */
export function writeProducerHeader(mapping: Mapping, { buckets, bucketSize }: Geometry): void {
  const fields = {
    [PRODUCER.buckets]: buckets,
    [PRODUCER.bucketSize]: bucketSize,
    [PRODUCER.bucketsOffset]: BUCKETS_OFFSET,
    [PRODUCER.index]: 0,
    [PRODUCER.nextNumber]: 0,
    [PRODUCER.fileSize]: producerFileSize({ buckets, bucketSize }),
  };
  writeHeader(mapping, PRODUCER.end, PRODUCER_MAGIC, fields);
}

/** The same for the consumer's file. */
export function writeConsumerHeader(mapping: Mapping): void {
  const fields = { [CONSUMER.index]: 0, [CONSUMER.nextNumber]: 0, [CONSUMER.fileSize]: CONSUMER_FILE_SIZE };
  writeHeader(mapping, CONSUMER.end, CONSUMER_MAGIC, fields);
}

function writeHeader(mapping: Mapping, end: number, magic: number, fields: Record<number, number>): void {
  const word = mapping.commitWord(0, { bits: 32, site: SITE });
  // The file may hold an old queue, with lines that another host wrote (R1, R7).
  mapping.invalidate(0, end, SITE);
  word.publish(0, 0, 0);
  const view = mapping.window(0, end).view(DataView);
  view.setUint32(4, 0, true);
  for (const [offset, value] of Object.entries(fields)) view.setBigUint64(Number(offset), BigInt(value), true);
  word.publish(magic, 0, end);
}

/**
 * Reads and checks the headers of both files.
 * @throws {FamfsError} ERR_FAMFS_CORRUPT where they are not those of one queue, ERR_FAMFS_CLOSED
 */
export async function readGeometry(files: Files): Promise<Geometry> {
  for (let tries = 1; ; tries++) {
    try {
      checkConsumer(files);
      return checkProducer(files);
    } catch (error) {
      if (tries === TRIES || files.producer.closed || files.consumer.closed) throw error;
      await delay(2 ** (tries - 1));
    }
  }
}

function checkProducer(files: Files): Geometry {
  const field = readFields(files.producer, PRODUCER.bucketsOffset + 8);
  expectField(files, "magic of the producer's file", field(PRODUCER.magic), PRODUCER_MAGIC);
  expectField(files, "offset of the buckets", field(PRODUCER.bucketsOffset), BUCKETS_OFFSET);
  const buckets = Number(field(PRODUCER.buckets));
  const bucketSize = Number(field(PRODUCER.bucketSize));
  const { byteLength } = files.producer;
  const isPower = Number.isInteger(Math.log2(bucketSize));
  if (!isPower || bucketSize < SMALLEST_BUCKET || bucketSize > LARGEST_BUCKET) {
    throw corrupt(
      files,
      `the size of a bucket must be a power of two from ${SMALLEST_BUCKET} to ${LARGEST_BUCKET}, found ${bucketSize}`,
    );
  }
  const most = Math.floor((byteLength - BUCKETS_OFFSET) / bucketSize);
  if (buckets >= FEWEST_BUCKETS && buckets <= most) return { buckets, bucketSize };
  throw corrupt(
    files,
    `the number of buckets of ${bucketSize} bytes must be from ${FEWEST_BUCKETS} to ${most}, which is what the file's ${byteLength} bytes hold, found ${buckets}`,
  );
}

function checkConsumer(files: Files): void {
  const { byteLength } = files.consumer;
  if (byteLength < CONSUMER.end || files.producer.byteLength < BUCKETS_OFFSET) {
    throw corrupt(
      files,
      `its files must have at least ${BUCKETS_OFFSET} and ${CONSUMER.end} bytes, found ${files.producer.byteLength} and ${byteLength}`,
    );
  }
  const field = readFields(files.consumer, CONSUMER.index);
  const magic = field(CONSUMER.magic) & 0xffff_ffffn;
  expectField(files, "magic of the consumer's file", magic, CONSUMER_MAGIC);
}

function expectField(files: Files, name: string, found: bigint, expected: number): void {
  if (found === BigInt(expected)) return;
  throw corrupt(files, `the ${name} must be 0x${expected.toString(16)}, found 0x${found.toString(16)}`);
}

/** A private copy of the fields up to `end`, which are in the line of the magic and were stored before it. */
function readFields(mapping: Mapping, end: number): (offset: number) => bigint {
  mapping.commitWord(0, { bits: 32, site: SITE }).observe();
  const copy = new DataView(mapping.window(0, end).bytes().slice().buffer);
  return (offset) => copy.getBigUint64(offset, true);
}
