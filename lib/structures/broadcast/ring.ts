import { fullFence } from "../../memory/coherence.js";
import type { CommitWord } from "../../memory/commit-word.js";
import type { Mapping } from "../../memory/mapping.js";
import { signedCrc32c } from "../../segment/crc32c.js";
import { SLOTS, slotSize, TAIL, Trailer, trailerAt } from "./layout.js";

/** What a ring is made for. */
export interface RingShape {
  /** Of a message, in bytes. */
  readonly size: number;
  readonly align: number;
  /** Messages that stay readable. */
  readonly capacity: number;
  /** Messages that one commit may have. */
  readonly run: number;
}

/** Copies of at most this many bytes are made word by word; of more the engine's own copy is faster. */
const SHORT_COPY = 512;

/** Private memory for the slots of one run. */
export class Copies {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly words: Int32Array;
  readonly data: DataView<ArrayBuffer>;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.words = new Int32Array(this.bytes.buffer);
    this.data = new DataView(this.bytes.buffer);
  }
}

/**
 * The slots and the tail, which is the only commit word (R3): a message can be read while at most `capacity` messages
 * are behind the tail, counted from it. The slots of the next `run` ones count as being written.
 */
export class Ring {
  readonly shape: RingShape;
  readonly slotSize: number = 0;
  readonly slotCount: number = 0;
  readonly tail: CommitWord;
  /** All of it, for waits. */
  readonly memory: Mapping;
  /** The slots alone, which views are made of. */
  readonly slots: Mapping;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #data: DataView;
  /** Undefined where messages carry none. */
  readonly #trailer: number | undefined;
  readonly #fetches: boolean;
  readonly #orders: boolean;

  /** @param body a window over a broadcast's own bytes */
  constructor(body: Mapping, shape: RingShape) {
    this.shape = shape;
    this.slotSize = slotSize(shape);
    this.slotCount = shape.capacity + shape.run;
    this.memory = body;
    this.slots = body.window(SLOTS, this.slotSize * this.slotCount);
    this.tail = body.commitWord(TAIL, { bits: 64, site: "broadcast.tail" });
    this.#words = this.slots.view(Int32Array);
    this.#bytes = this.slots.bytes();
    this.#data = this.slots.view(DataView);
    const coherent = body.coherence === "coherent";
    this.#trailer = coherent ? undefined : trailerAt(shape.size);
    this.#fetches = !coherent;
    this.#orders = coherent && process.arch !== "x64";
  }

  /** Where a message is, as the number of its slot. */
  slotOf(number: number): number {
    return number % this.slotCount;
  }

  /** How many slots there are from one on up to the end, but not more than wanted. */
  contiguous(slot: number, wanted: number): number {
    return Math.min(wanted, this.slotCount - slot);
  }

  /** Commits messages that lie in slots from `slot` on: the tail counts them from now on (R2). */
  commit(slot: number, number: number, count: number): void {
    if (this.#trailer !== undefined) for (let i = 0; i < count; i++) this.#seal((slot + i) * this.slotSize, number + i);
    this.tail.publish(number + count, SLOTS + slot * this.slotSize, count * this.slotSize);
    // R9: elsewhere than on x86-64 what is stored into the next slots would pass the tail.
    if (this.#orders) fullFence();
  }

  #seal(at: number, number: number): void {
    const trailer = at + (this.#trailer as number);
    this.#data.setUint32(trailer + Trailer.number, number % 2 ** 32, true);
    this.#data.setUint32(trailer + Trailer.number + 4, Math.floor(number / 2 ** 32), true);
    this.#data.setInt32(trailer + Trailer.crc, signedCrc32c(this.#bytes, at, trailer + Trailer.crc), true);
  }

  /** Copies messages; the copies are worth something only if the tail says so afterwards (R3). */
  copy(slot: number, count: number, { words: target }: Copies): void {
    const start = slot * this.slotSize;
    const length = count * this.slotSize;
    if (this.#fetches) this.slots.fetch(start, length, "broadcast.slot");
    const source = this.#words;
    const from = start / 4;
    const words = length / 4;
    if (length <= SHORT_COPY) for (let i = 0; i < words; i++) target[i] = source[from + i] as number;
    else target.set(source.subarray(from, from + words));
    if (this.#orders) fullFence();
  }

  /** How many copies from the first one on are those of messages from `number` on, by their checksums. */
  wholeOnes({ bytes, data }: Copies, number: number, count: number): number {
    if (this.#trailer === undefined) return count;
    for (let i = 0; i < count; i++) {
      const at = i * this.slotSize;
      const trailer = at + this.#trailer;
      const high = data.getUint32(trailer + Trailer.number + 4, true);
      if (data.getUint32(trailer + Trailer.number, true) + high * 2 ** 32 !== number + i) return i;
      if (data.getInt32(trailer + Trailer.crc, true) !== signedCrc32c(bytes, at, trailer + Trailer.crc)) return i;
    }
    return count;
  }
}
