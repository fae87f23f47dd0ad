import { FamfsError } from "../errors.js";
import { aligned, wrongType } from "../guards.js";
import { advance, type Geometry, TRAILER } from "./layout.js";
import type { Files } from "./mapped.js";
import type { Mark } from "./mark.js";
import { Side } from "./side.js";

/** The end that fills buckets. */
export class Producer extends Side {
  readonly #messageSize: number = 0;
  /** A message that is shorter than a bucket's, with zeros behind it. */
  #padded: Uint8Array | undefined;

  constructor(files: Files, geometry: Geometry, start: Mark) {
    super(files, geometry, "producer", start);
    this.#messageSize = geometry.bucketSize - TRAILER;
  }

  get state(): string {
    return `the queue ${this.files.path} was full`;
  }

  /** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
  checkMessage(message: Uint8Array): void {
    if (!(message instanceof Uint8Array)) throw wrongType("message", "a Uint8Array", message);
    if (message.byteLength <= this.#messageSize) return;
    throw new FamfsError(
      "ERR_FAMFS_OUT_OF_RANGE",
      `message must have at most ${this.#messageSize} bytes, which is what a bucket of this queue holds, found ${message.byteLength}`,
    );
  }

  /** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_MISALIGNED */
  checkMessages(messages: Uint8Array): void {
    if (!(messages instanceof Uint8Array)) throw wrongType("messages", "a Uint8Array", messages);
    aligned("the length of messages", messages.byteLength, this.#messageSize);
  }

  /** Puts a message, of at most the bucket's size; false where the queue is full. */
  putOne(message: Uint8Array): boolean {
    if (this.usable(1) === 0) return false;
    this.#store(this.#pad(message), 1);
    return true;
  }

  /** Puts as many of these whole messages as there is room for; returns how many. */
  put(messages: Uint8Array): number {
    const wanted = messages.byteLength / this.#messageSize;
    const count = Math.min(this.usable(wanted), wanted);
    // Up to the end of the ring, and what is left from its start on.
    const first = Math.min(count, this.geometry.buckets - this.index);
    if (first > 0) this.#store(this.first(messages, first), first);
    if (count > first)
      this.#store(this.first(messages.subarray(first * this.#messageSize), count - first), count - first);
    return count;
  }

  #pad(message: Uint8Array): Uint8Array {
    const { byteLength } = message;
    if (byteLength === this.#messageSize) return message;
    this.#padded ??= new Uint8Array(this.#messageSize);
    this.#padded.set(message);
    return this.#padded.fill(0, byteLength);
  }

  #store(messages: Uint8Array, count: number): void {
    const next = advance(this.index, count, this.geometry.buckets);
    this.writer.publish(this.index, this.nextNumber, messages, next);
    this.index = next;
    this.nextNumber += count;
  }
}
