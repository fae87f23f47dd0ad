import type { Fields, View } from "../../schema/infer.js";
import type { Schema } from "../../schema/struct.js";
import { Inlet } from "./inlet.js";
import type { QueueMemory } from "./lane.js";
import { slotSize } from "./layout.js";
import type { Run } from "./run.js";

/** Of a CPU's cache, in bytes; where they are larger, some are loaded twice. */
const LINE = 64;

/** A lane of structs. */
export class StructInlet extends Inlet<View<Fields>> {
  readonly #view: View<Fields>;
  readonly #stride: number = 0;
  readonly #copies: Copies;
  readonly #words: Int32Array;

  constructor(memory: QueueMemory, lane: number, schema: Schema) {
    super(memory, lane);
    this.#view = schema.view(this.lane.ring);
    this.#stride = slotSize(schema.size);
    this.#words = this.lane.ring.view(Int32Array);
    this.#copies = new Copies(schema, this.lane.ring.bytes());
  }

  next(): View<Fields> | undefined {
    if (this.head >= this.ready) return undefined;
    return this.#view.moveTo(this.index * this.#stride);
  }

  drain(fn: (message: View<Fields>) => void, limit: number): number {
    const count = Math.min(limit, this.ready - this.head);
    const first = this.index;
    let done = 0;
    try {
      for (; done < count && !this.closed; done++) fn(this.#view.moveTo((first + done) * this.#stride));
    } finally {
      if (done > 0) this.release(done);
    }
    return done;
  }

  sizeOf(count: number): number {
    return count;
  }

  run(wanted: number, run: Run<View<Fields>>): number {
    const count = Math.min(wanted, this.ready - this.head);
    run.source = this.#view;
    run.start = this.index * this.#stride;
    run.length = count;
    run.ahead = this.#load(run.start, count * this.#stride);
    return count;
  }

  /**
   * Loads a word of each cache line. The lines come from another CPU's cache, or from memory, and the CPU waits for as
   * many of them at once as it has loads in sight: between two lines a loop over views has too many instructions.
   */
  #load(at: number, length: number): number {
    const words = this.#words;
    const end = (at + length) >>> 2;
    let sum = 0;
    for (let i = at >>> 2; i < end; i += LINE / 4) sum |= words[i] as number;
    return sum;
  }

  copyOf(message: View<Fields>): View<Fields> {
    return this.#copies.of(message.byteOffset);
  }
}

/** Copies share blocks of memory: an ArrayBuffer for each would cost more than the message. */
const BLOCK = 16_384;

/** Private copies of structs, each valid for as long as somebody has it. */
class Copies {
  readonly #schema: Schema;
  readonly #source: Uint8Array;
  readonly #block: number;
  #view: View<Fields> | undefined;
  #bytes = new Uint8Array(0);
  #next = 0;

  constructor(schema: Schema, source: Uint8Array) {
    this.#schema = schema;
    this.#source = source;
    this.#block = Math.max(1, Math.floor(BLOCK / schema.size)) * schema.size;
  }

  of(offset: number): View<Fields> {
    const { size } = this.#schema;
    if (this.#view === undefined || this.#next === this.#block) {
      this.#bytes = new Uint8Array(this.#block);
      this.#view = this.#schema.view(this.#bytes);
      this.#next = 0;
    }
    const at = this.#next;
    this.#bytes.set(this.#source.subarray(offset, offset + size), at);
    this.#next += size;
    return this.#view.viewAt(at);
  }
}
