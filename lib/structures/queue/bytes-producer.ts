import { FamfsError } from "../../errors.js";
import { integer, wrongType } from "../../guards.js";
import type { QueueMemory } from "./lane.js";
import { RecordHeader, recordSize, WRAP } from "./layout.js";
import { Producer } from "./producer.js";

type Bytes = Uint8Array<ArrayBuffer>;

/** Stores messages of any length, each behind a header, one after the other. */
export class BytesProducer extends Producer<Bytes, Uint8Array> {
  readonly #bytes: Bytes;
  readonly #headers: Uint32Array;
  readonly #most: number = 0;

  constructor(memory: QueueMemory, lane: number) {
    super(memory, lane);
    this.#bytes = this.lane.ring.bytes();
    this.#headers = this.lane.ring.view(Uint32Array);
    this.#most = this.capacity - RecordHeader.size;
  }

  /** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
  tryPush(message: Uint8Array): boolean {
    if (!(message instanceof Uint8Array)) throw wrongType("message", "a Uint8Array", message);
    if (this.claimed !== 0) this.checkUnclaimed();
    const length = message.byteLength;
    if (length > this.#most) throw this.#tooLong(length);
    if (!this.#makeRoom(length)) return false;
    this.#bytes.set(message, this.at + RecordHeader.size);
    this.publish(recordSize(length));
    return true;
  }

  /** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
  claim(wanted: number | undefined): Bytes | undefined {
    const length = integer("length", wanted, 0);
    if (this.claimed !== 0) this.checkUnclaimed();
    if (length > this.#most) throw this.#tooLong(length);
    if (!this.#makeRoom(length)) return undefined;
    this.claimed = recordSize(length);
    const start = this.at + RecordHeader.size;
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, length);
  }

  claimRun(_wanted: number): number {
    throw noRuns();
  }

  /** Stores the header of a message where the message goes. */
  #makeRoom(length: number): boolean {
    const size = recordSize(length);
    if (size > this.rest && !this.#wrap()) return false;
    if (this.room(size) < size) return false;
    this.#header(length);
    return true;
  }

  /** Leaves the rest of the ring out: a message is contiguous. It counts at once, so that any message gets through. */
  #wrap(): boolean {
    const { rest } = this;
    if (this.room(rest) < rest) return false;
    this.#header(WRAP);
    this.publish(rest);
    return true;
  }

  #header(length: number): void {
    const at = this.at >>> 2;
    this.#headers[at] = length;
    this.#headers[at + 1] = 0;
  }

  #tooLong(length: number): FamfsError {
    return new FamfsError(
      "ERR_FAMFS_OUT_OF_RANGE",
      `message must have at most ${this.#most} bytes, which is what a lane of this queue holds, found ${length}; make the queue with a larger capacity`,
    );
  }

  protected override unitsOf(_count: number): number {
    return this.claimed;
  }
}

/** The error for runs of messages of any length. */
export function noRuns(): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_UNSUPPORTED_OPERATION",
    "messages of any length have no runs; use push and drain, or messages of a schema",
  );
}
