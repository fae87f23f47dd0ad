import type { Span } from "./span.js";

/** What the 64-bit accesses below are made of: eight private bytes, seen as a double and as its halves. */
const scratch = new ArrayBuffer(8);
const asDouble = new Float64Array(scratch);
const asHalves = new Uint32Array(scratch);

/** A store to it is a full fence. */
const fence = new Int32Array(1);

/**
 * Aligned words of coherent memory, read and written by Atomics or as they would. Never torn. Values are integers from 0;
 * of 64 bits the addon's and these agree up to 2^53.
 *
 * 64 bits on x86-64: a BigInt would be allocated on each access. A Float64Array moves 8 bytes at once and, below 2^53,
 * unchanged (no such pattern is a NaN). The Atomics call beside it is what the optimiser may not move accesses across,
 * and on this CPU a plain load or store has the order that is needed. Elsewhere BigInts.
 */
export class Cells {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array | undefined;
  readonly #bigs: BigInt64Array | undefined;

  /** @param end of the last word, in bytes from the start of the buffer */
  constructor(buffer: ArrayBuffer, end: number) {
    this.#words = new Int32Array(buffer, 0, end >> 2);
    if (process.arch === "x64") this.#doubles = new Float64Array(buffer, 0, end >> 3);
    else this.#bigs = new BigInt64Array(buffer, 0, end >> 3);
  }

  /** A word of 64 bits. @param at in bytes from the start of the buffer */
  load(at: number): number {
    if (this.#doubles !== undefined) {
      Atomics.load(this.#words, at >> 2);
      asDouble[0] = this.#doubles[at >> 3] as number;
      return (asHalves[1] as number) * 0x1_0000_0000 + (asHalves[0] as number);
    }
    return Number(BigInt.asUintN(64, Atomics.load(this.#bigs as BigInt64Array, at >> 3)));
  }

  /** When it returns, every other thread sees it. */
  store(at: number, value: number): void {
    if (this.#doubles !== undefined) {
      asHalves[0] = value;
      asHalves[1] = value / 0x1_0000_0000;
      this.#doubles[at >> 3] = asDouble[0] as number;
      Atomics.store(fence, 0, 0);
    } else {
      Atomics.store(this.#bigs as BigInt64Array, at >> 3, BigInt(value));
    }
  }

  /** A word of 32 bits. */
  loadNarrow(at: number): number {
    return Atomics.load(this.#words, at >> 2) >>> 0;
  }

  /** {@link Cells.store} of 32 bits. */
  storeNarrow(at: number, value: number): void {
    Atomics.store(this.#words, at >> 2, value | 0);
  }

  /** Of 32 bits: takes the value and leaves 0. */
  take(at: number): number {
    return Atomics.load(this.#words, at >> 2) === 0 ? 0 : Atomics.exchange(this.#words, at >> 2, 0);
  }
}

/** One of {@link Cells}. */
export class Cell {
  readonly #cells: Cells;
  readonly #at: number;
  readonly #wide: boolean;

  constructor(span: Span, offset: number, bits: 32 | 64) {
    const { buffer, at } = span.bytesAt(offset, bits / 8);
    this.#cells = new Cells(buffer, at + bits / 8);
    this.#at = at;
    this.#wide = bits === 64;
  }

  load(): number {
    return this.#wide ? this.#cells.load(this.#at) : this.#cells.loadNarrow(this.#at);
  }

  /** When it returns, every other thread sees it. */
  store(value: number): void {
    if (this.#wide) this.#cells.store(this.#at, value);
    else this.#cells.storeNarrow(this.#at, value);
  }

  /** Of 32 bits: takes the value and leaves 0. */
  take(): number {
    return this.#cells.take(this.#at);
  }
}
