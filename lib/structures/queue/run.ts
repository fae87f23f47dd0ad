import { integer } from "../../guards.js";

/** A view as it is inside: what offsets a run has is known, so they are not checked again. */
interface Unchecked<V> {
  _viewAt(offset: number): V;
}

/**
 * Contiguous messages that are claimed or in hand. Flat, and one class for both ends: then the optimiser does without the
 * views that a loop makes of it. Here and in other classes of hot paths fields of numbers begin as 0: one that begins as
 * undefined is to V8 a field that may hold anything, and each access looks what it is.
 */
export class Run<V> {
  /** A view of the lane's ring. */
  source: V | undefined;
  /** Of the first message, in bytes from the start of the ring. */
  start = 0;
  /** How many messages. */
  length = 0;
  /** Of no meaning: the engine would leave out loads of which nothing is kept. */
  ahead = 0;
  /** From one to the next, in bytes. */
  readonly #stride: number = 0;

  constructor(stride: number) {
    this.#stride = stride;
  }

  /** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
  viewAt(offset: number): V {
    const { source } = this;
    if (offset >>> 0 !== offset || offset >= this.length || source === undefined) return this.#refuse(offset);
    // A ring is smaller than 2^31 bytes. As an integer the offset costs the optimiser no conversion at each field.
    return (source as unknown as Unchecked<V>)._viewAt((this.start + Math.imul(offset, this.#stride)) | 0);
  }

  #refuse(offset: unknown): never {
    integer("offset", offset, 0, this.length - 1);
    throw new Error("unreachable: it was refused before");
  }
}
