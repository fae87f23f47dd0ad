/** In a larger memory the number of an element is not always one of 32 bits, in which generated code computes it. */
const LARGEST = 2 ** 32;

interface Elements<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, start: number, length: number): A;
  new (length: 0): A;
}

/**
 * The memory that views look at: as a DataView, and as typed arrays, because V8 reads or writes an element in half of the
 * instructions of a DataView's method. The engine makes the arrays empty when the memory is closed: an element is
 * undefined then, while a DataView's methods throw.
 */
export class ViewMemory extends DataView<ArrayBufferLike> {
  readonly i8 = this.#elements(Int8Array);
  readonly u8 = this.#elements(Uint8Array);
  readonly i16 = this.#elements(Int16Array);
  readonly u16 = this.#elements(Uint16Array);
  readonly i32 = this.#elements(Int32Array);
  readonly u32 = this.#elements(Uint32Array);
  readonly i64 = this.#elements(BigInt64Array);
  readonly u64 = this.#elements(BigUint64Array);
  readonly f32 = this.#elements(Float32Array);
  readonly f64 = this.#elements(Float64Array);

  #elements<A>(Kind: Elements<A>): A {
    const size = Kind.BYTES_PER_ELEMENT;
    if (!this.hasElements(size)) return new Kind(0);
    return new Kind(this.buffer, this.byteOffset, Math.floor(this.byteLength / size));
  }

  /** Whether there are arrays of elements up to this size; where there are none, they are empty. */
  hasElements(size: number): boolean {
    return this.byteOffset % size === 0 && this.byteLength <= LARGEST;
  }
}
