import { corrupt } from "../checks.js";
import { noRuns } from "./bytes-producer.js";
import { Inlet } from "./inlet.js";
import type { QueueMemory } from "./lane.js";
import { RecordHeader, recordSize, WRAP } from "./layout.js";

type Bytes = Uint8Array<ArrayBuffer>;

/** A lane of messages of any length. */
export class BytesInlet extends Inlet<Bytes> {
  readonly #bytes: Bytes;
  readonly #headers: Uint32Array;
  #size = 0;

  constructor(memory: QueueMemory, lane: number) {
    super(memory, lane);
    this.#bytes = this.lane.ring.bytes();
    this.#headers = this.lane.ring.view(Uint32Array);
  }

  next(): Bytes | undefined {
    if (this.head >= this.ready) return undefined;
    const message = this.#messageAt(0);
    return message ?? this.#skip();
  }

  drain(fn: (message: Bytes) => void, limit: number): number {
    let [done, units] = [0, 0];
    try {
      while (done < limit && this.head + units < this.ready && !this.closed) {
        const message = this.#messageAt(units);
        if (message === undefined) break;
        fn(message);
        done++;
        units += this.#size;
      }
    } finally {
      if (units > 0) this.release(units);
    }
    if (done === 0) this.#skip();
    return done;
  }

  /** A message so many bytes behind the head; undefined for a mark that leaves out the rest of the ring. */
  #messageAt(units: number): Bytes | undefined {
    const at = this.index + units;
    const length = this.#headers[at >>> 2] as number;
    if (length === WRAP) return undefined;
    this.#size = recordSize(length);
    this.makeReady(units + this.#size);
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + at + RecordHeader.size, length);
  }

  /** The producer waits for room at the start of the ring, so this counts at once. */
  #skip(): undefined {
    const rest = this.capacity - this.index;
    if (this.closed) return;
    if (this.index === 0) throw corrupt(this.what, "a mark that leaves out the whole ring");
    this.makeReady(rest);
    this.release(rest);
  }

  sizeOf(_count: number): number {
    return this.#size;
  }

  run(): number {
    throw noRuns();
  }

  copyOf(message: Bytes): Bytes {
    return message.slice();
  }
}
