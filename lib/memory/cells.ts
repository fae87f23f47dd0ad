/** What the 64-bit accesses below are made of: eight private bytes, seen as a double and as its halves. */
const scratch = new ArrayBuffer(8);
const asDouble = new Float64Array(scratch);
const asHalves = new Uint32Array(scratch);

/** A store to it is a full fence. */
const fence = new Int32Array(1);

/**
 * The aligned words of a buffer over coherent memory, read and written as {@link Cell} does with one of them: many words
 * are no objects.
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

  /** {@link Cells.store} of 32 bits. */
  storeNarrow(at: number, value: number): void {
    Atomics.store(this.#words, at >> 2, value | 0);
  }
}
