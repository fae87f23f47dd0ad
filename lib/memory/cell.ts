import type { Span } from "./span.js";

/** What the 64-bit accesses below are made of: eight private bytes, seen as a double and as its halves. */
const scratch = new ArrayBuffer(8);
const asDouble = new Float64Array(scratch);
const asHalves = new Uint32Array(scratch);

/** A store to it is a full fence. */
const fence = new Int32Array(1);

/**
 * One aligned word of coherent memory, read and written by Atomics or as they would. Never torn. Values are integers
 * from 0; of 64 bits the addon's and this one's agree up to 2^53.
 *
 * 64 bits on x86-64: a BigInt would be allocated on each access. A Float64Array moves 8 bytes at once and, below 2^53,
 * unchanged (no such pattern is a NaN). The Atomics call beside it is what the optimiser may not move accesses across,
 * and on this CPU a plain load or store has the order that is needed. Elsewhere BigInts.
 */
export class Cell {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array | undefined;
  readonly #bigs: BigInt64Array | undefined;
  /** Index into #words; of a wide cell that of its low half, and twice the index into the other two. */
  readonly #at: number = 0;

  constructor(span: Span, offset: number, bits: 32 | 64) {
    const { buffer, at } = span.bytesAt(offset, bits / 8);
    this.#words = new Int32Array(buffer, 0, (at + bits / 8) >> 2);
    this.#at = at >> 2;
    if (bits === 32) return;
    const count = (at + 8) >> 3;
    if (process.arch === "x64") this.#doubles = new Float64Array(buffer, 0, count);
    else this.#bigs = new BigInt64Array(buffer, 0, count);
  }

  load(): number {
    Atomics.load(this.#words, this.#at);
    return this.peek();
  }

  /**
   * {@link Cell.load} by a plain load, for the look after a copy: the optimiser may not move it before the copy, which
   * might store to this word for all it knows.
   */
  peek(): number {
    if (this.#doubles === undefined) return this.#loadOther();
    asDouble[0] = this.#doubles[this.#at >> 1] as number;
    return (asHalves[1] as number) * 0x1_0000_0000 + (asHalves[0] as number);
  }

  #loadOther(): number {
    if (this.#bigs !== undefined) return Number(BigInt.asUintN(64, Atomics.load(this.#bigs, this.#at >> 1)));
    return Atomics.load(this.#words, this.#at) >>> 0;
  }

  /** When it returns, every other thread sees it. */
  store(value: number): void {
    this.put(value);
    if (this.#doubles !== undefined) Atomics.store(fence, 0, 0);
  }

  /** Whoever sees what this thread stores later sees it, but perhaps not at once. */
  put(value: number): void {
    if (this.#doubles !== undefined) {
      asHalves[0] = value;
      asHalves[1] = value / 0x1_0000_0000;
      this.#doubles[this.#at >> 1] = asDouble[0] as number;
    } else if (this.#bigs !== undefined) {
      Atomics.store(this.#bigs, this.#at >> 1, BigInt(value));
    } else {
      Atomics.store(this.#words, this.#at, value | 0);
    }
  }

  /** Of 32 bits: takes the value and leaves 0. After a {@link Cell.store}, which is a full fence, a plain look will do. */
  take(): number {
    return this.#words[this.#at] === 0 ? 0 : Atomics.exchange(this.#words, this.#at, 0);
  }
}
