import { FamfsError } from "../errors.js";
import { wrongType } from "../guards.js";
import { largestValue, type Span } from "./span.js";

/** Options of {@link Mapping.commitWord}. */
export interface CommitWordOptions {
  /** 32: values wrap around at 2^32. 64: values are safe integers. */
  bits: 32 | 64;
  /** What the word is, such as `"queue.tail"`: simulated memory and mutation tests name its steps after it. */
  site: string;
  /**
   * Offset of a u32 of its own that says whether somebody sleeps until this word changes; publishing then wakes them.
   * On coherent, writable mappings only.
   */
  waiters?: number | undefined;
}

/** Where a commit word is: settled and checked once, when it is made. */
export interface WordPlace {
  readonly span: Span;
  /** In the span, in bytes. */
  readonly offset: number;
  readonly bits: 32 | 64;
  readonly site: string;
  /** Of the u32 that says somebody sleeps, in the span, in bytes. */
  readonly waiters: number | undefined;
}

/**
 * A word in shared memory that says which bytes are complete: the one way by which data goes from one writer to its
 * readers. Made by {@link Mapping.commitWord}. docs/memory-model.md explains the protocols; R1, R2… are its rules.
 *
 * A word has one writer at a time (R1). All methods throw ERR_FAMFS_CLOSED after the mapping was closed, and what
 * {@link Mapping.failure} says where its memory is gone. Storing ones throw ERR_FAMFS_PERMISSION on a read-only
 * mapping.
 */
export abstract class CommitWord {
  /** Of the word, in bytes from the start of its mapping. */
  readonly offset: number = 0;
  readonly bits: 32 | 64;
  readonly site: string;
  protected readonly span: Span;
  readonly #largest: number;
  readonly #writable: boolean;

  /** @internal */
  constructor({ span, offset, bits, site }: WordPlace) {
    this.span = span;
    this.offset = offset;
    this.bits = bits;
    this.site = site;
    this.#largest = largestValue(bits);
    this.#writable = span.region.access === "read-write";
  }

  /**
   * Makes the payload visible and then the word (R2): when it returns, every observer sees both. The payload was
   * stored before, into bytes that no reader reads yet.
   * @param value of the word from now on
   * @param payloadOffset in bytes from the start of the mapping
   * @param payloadLength in bytes; 0 where the word itself is all there is
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_PAST_END, ERR_FAMFS_PERMISSION,
   * ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  abstract publish(value: number, payloadOffset: number, payloadLength: number): void;

  /**
   * {@link CommitWord.publish} without a payload.
   * @internal
   * @param value one that this library has made: it is not checked
   */
  set(value: number): void {
    if (!this.#writable) this.span.checkWritable();
    this.setChecked(value);
  }

  protected abstract setChecked(value: number): void;

  /**
   * {@link CommitWord.publish} for many payloads under one word.
   * @param ranges offsets and lengths in turn, in bytes from the start of the mapping
   */
  publishRanges(value: number, ranges: Float64Array): void {
    if (!(ranges instanceof Float64Array) || ranges.length % 2 !== 0)
      throw wrongType("ranges", "a Float64Array of offsets and lengths in turn", ranges);
    this.checkStore(value, 0, 0);
    for (let i = 0; i < ranges.length; i += 2) this.span.checkBytes(ranges[i] as number, ranges[i + 1] as number);
    this.storeRanges(value, ranges);
  }

  protected abstract storeRanges(value: number, ranges: Float64Array): void;

  /**
   * The word as it is in memory now (R3). What it says is complete may be loaded after {@link Mapping.fetch} of it.
   * @throws {FamfsError} ERR_FAMFS_CORRUPT where a word of 64 bits holds no safe integer; ERR_FAMFS_CLOSED,
   * ERR_FAMFS_MEMORY_FAILURE
   */
  abstract observe(): number;

  /** The second look of R3, after a payload that can be overwritten was copied: false means that the copy is worthless. */
  abstract stillIs(value: number): boolean;

  /**
   * Marks the word odd, so that readers retry (R2b); {@link CommitWord.publish} of the next even value ends it. Plain
   * stores in between are in order only on x86-64 or on incoherent memory: elsewhere use {@link CommitWord.overwrite}.
   */
  abstract begin(): void;

  /**
   * Replaces a payload that readers may be reading (R2b as a whole).
   * @param value even, and another one than the word has
   * @param offset of the payload, in bytes from the start of the mapping
   * @param source the new payload; its length is the payload's
   */
  abstract overwrite(value: number, offset: number, source: Uint8Array): void;

  /**
   * Copies a payload that its writer may be overwriting (R3 as a whole). One attempt: the caller bounds its retries,
   * because a writer that died at work leaves the word odd.
   * @param offset of the payload, in bytes from the start of the mapping
   * @param target private memory; its length is the payload's
   * @returns the word's value under which the copy is whole; undefined where a writer was at it
   */
  abstract read(offset: number, target: Uint8Array): number | undefined;

  /**
   * The same where another word, observed before, said that the payload is complete, and which value this word had then:
   * the first look is not needed.
   * @param value of this word while the payload is that one; even
   * @returns false where the word has another value by now, so the copy is worthless
   */
  abstract readAs(value: number, offset: number, target: Uint8Array): boolean;

  protected checkStore(value: number, payloadOffset: number, payloadLength: number): void {
    this.checkArguments(value, payloadOffset, payloadLength);
    this.span.check();
  }

  /** Flat, because the optimiser inlines only so much: what is wrong, the second function finds out. */
  protected checkArguments(value: number, payloadOffset: number, payloadLength: number): void {
    if (
      value >= 0 &&
      value <= this.#largest &&
      payloadOffset >= 0 &&
      payloadLength >= 0 &&
      payloadOffset + payloadLength <= this.span.byteLength &&
      Number.isInteger(value) &&
      Number.isInteger(payloadOffset) &&
      Number.isInteger(payloadLength) &&
      this.#writable &&
      !this.span.closed
    )
      return;
    this.#refuseStore(value, payloadOffset, payloadLength);
  }

  #refuseStore(value: number, payloadOffset: number, payloadLength: number): void {
    if (!Number.isSafeInteger(value) || value < 0 || value > this.#largest) this.#refuseValue(value);
    this.span.checkBytes(payloadOffset, payloadLength);
    this.span.checkWritable();
    this.span.check();
  }

  protected checkOverwrite(value: number, offset: number, length: number): void {
    if ((value & 1) !== 0) this.#refuseValue(value);
    this.checkArguments(value, offset, length);
  }

  protected checkCopy(offset: number, bytes: Uint8Array): void {
    if (!(bytes instanceof Uint8Array)) throw wrongType("the private copy", "a Uint8Array", bytes);
    const length = bytes.byteLength;
    this.span.checkBytes(offset, length);
    if (offset < this.offset + this.bits / 8 && this.offset < offset + length) this.#refuseOverlap(offset, length);
    this.span.check();
  }

  /** A reader would take the old payload and the new one for the same. */
  protected refuseSameValue(value: number): never {
    throw new FamfsError(
      "ERR_FAMFS_OUT_OF_RANGE",
      `overwrite needs another value than the commit word has, found ${value}; use the next even number`,
    );
  }

  #refuseOverlap(offset: number, length: number): never {
    throw new FamfsError(
      "ERR_FAMFS_OUT_OF_RANGE",
      `the payload at offset ${offset} of ${length} bytes must not contain its commit word at ${this.offset}`,
    );
  }

  #refuseValue(value: unknown): never {
    if (typeof value !== "number") throw wrongType("value", "a number", value);
    throw new FamfsError(
      "ERR_FAMFS_OUT_OF_RANGE",
      `the value of a commit word of ${this.bits} bits must be an integer from 0 to ${this.#largest}, and even in overwrite; found ${value}`,
    );
  }
}
