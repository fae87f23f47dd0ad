import { distance, TRAILER } from "./layout.js";
import { ROLES, type Role } from "./mapped.js";
import { type Mark, observeMark } from "./mark.js";
import type { Opened } from "./open.js";

/** What the files of a queue say at a moment. */
export interface PcqInfo {
  readonly buckets: number;
  /** In bytes. */
  readonly bucketSize: number;
  /** How many messages are in the queue. */
  readonly messages: number;
  /** The bucket that is filled next. */
  readonly producerIndex: number;
  /** The bucket that is emptied next. */
  readonly consumerIndex: number;
  /** How many messages were ever produced. famfs's own producer never writes it back: on another host it may be old. */
  readonly produced: number;
  /** How many messages were ever consumed; the same holds. */
  readonly consumed: number;
}

/** What is known of an open queue by any role; {@link PcqQueue} has the rest. */
export abstract class OpenQueue {
  /** Of the producer's file, absolute. */
  readonly path: string;
  /** The end it was opened with; undefined: neither. */
  readonly role: Role | undefined;
  readonly buckets: number;
  /** In bytes. */
  readonly bucketSize: number;
  /** Of a message, in bytes: 16 less than a bucket. */
  readonly messageSize: number;
  /** How many messages it holds: one less than it has buckets. */
  readonly capacity: number;
  readonly #opened: Opened;

  /** @internal */
  constructor(opened: Opened) {
    const { files, geometry, role } = opened;
    this.path = files.path;
    this.role = role;
    this.buckets = geometry.buckets;
    this.bucketSize = geometry.bucketSize;
    this.messageSize = geometry.bucketSize - TRAILER;
    this.capacity = geometry.buckets - 1;
    this.#opened = opened;
  }

  /**
   * What the files say now; of its own end, what this queue knows of it.
   * @throws {FamfsError} ERR_FAMFS_CORRUPT for an index that is no bucket's; ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  info(): PcqInfo {
    const { files, geometry, end } = this.#opened;
    const [producer, consumer] = ROLES.map((role) =>
      end !== undefined && role === this.role ? end : observeMark(files, geometry, role),
    ) as [Mark, Mark];
    return {
      ...geometry,
      messages: distance(consumer.index, producer.index, geometry.buckets),
      producerIndex: producer.index,
      consumerIndex: consumer.index,
      produced: producer.nextNumber,
      consumed: consumer.nextNumber,
    };
  }

  /** True after {@link PcqQueue.close}, or when its instance was closed. */
  get closed(): boolean {
    const { producer, consumer } = this.#opened.files;
    return producer.closed || consumer.closed;
  }

  /** Ends this use of the queue; calls that wait reject with ERR_FAMFS_CLOSED. Closing twice does nothing. */
  close(): void {
    const { producer, consumer } = this.#opened.files;
    producer.close();
    consumer.close();
  }

  /** {@link PcqQueue.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
