interface Elements<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, start: number, length: number): A;
  new (length: 0): A;
}

/**
 * The memory that views look at: as a DataView, and as typed arrays, because V8 reads or writes an element in half of the
 * instructions of a DataView's method. An array is empty where the memory does not start at a multiple of its elements.
 * The engine makes all of them empty when the memory is closed: an element is undefined then, while a DataView throws.
 */
export class ViewMemory extends DataView<ArrayBufferLike> {
  readonly i8 = this.#elements(Int8Array);
  readonly u8 = this.#elements(Uint8Array);
  readonly i16 = this.#elements(Int16Array);
  readonly u16 = this.#elements(Uint16Array);
  readonly i32 = this.#elements(Int32Array);
  readonly u32 = this.#elements(Uint32Array);
  readonly f32 = this.#elements(Float32Array);
  readonly f64 = this.#elements(Float64Array);

  #elements<A>(Kind: Elements<A>): A {
    const { buffer, byteOffset, byteLength } = this;
    const size = Kind.BYTES_PER_ELEMENT;
    return byteOffset % size === 0 ? new Kind(buffer, byteOffset, Math.floor(byteLength / size)) : new Kind(0);
  }
}
