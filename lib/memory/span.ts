import { constants } from "node:buffer";
import { FamfsError } from "../errors.js";
import { wrongType } from "../guards.js";
import { native, Status } from "../native/binding.js";
import { Cell } from "./cell.js";
import { treatment } from "./coherence.js";
import type { Region } from "./region.js";

/**
 * A mapping of at most this many bytes lends its own ArrayBuffer to its words; of a larger one, whose ArrayBuffer would
 * cost a garbage collection and slow accesses, a word gets one for its few bytes.
 */
export const SMALL = 1 << 20;

/** The largest value of a word: 64-bit ones hold safe integers. */
export function largestValue(bits: 32 | 64): number {
  return bits === 32 ? 0xffff_ffff : Number.MAX_SAFE_INTEGER;
}

/** The part of a region that one mapping or window shows: what its words and waits check before they touch memory. */
export class Span {
  /** Where it starts in its region, in bytes; a multiple of 8. */
  readonly base: number = 0;
  readonly byteLength: number = 0;
  /** Set when a window is closed alone; a mapping's own closing shows in its region. */
  closed = false;
  #buffer: ArrayBuffer | undefined;
  #bytes: Uint8Array | undefined;
  #cell: Cell | undefined;
  /** Offset and bits in one, of #cell. */
  #cellKey = -1;
  /** What ends each pending wait, called when the window closes alone. */
  readonly waits = new Set<(reason: unknown) => void>();

  constructor(
    readonly region: Region,
    base: number,
    byteLength: number,
    /** The mapping: whoever holds the span holds it too, so that it is not collected while words are in use. */
    readonly mapping: object,
  ) {
    this.base = base;
    this.byteLength = byteLength;
  }

  /** @throws {FamfsError} ERR_FAMFS_CLOSED, and what the region's failure is */
  check(): void {
    if (this.closed) throw windowClosed();
    this.region.check();
  }

  /** The ArrayBuffer over all of it, made at first use. @throws {FamfsError} ERR_FAMFS_BUFFER_LIMIT, ERR_FAMFS_CLOSED */
  get buffer(): ArrayBuffer {
    this.check();
    this.#buffer ??= this.#makeBuffer();
    return this.#buffer;
  }

  /** All of it as bytes; the same view every time. */
  get bytes(): Uint8Array {
    this.#bytes ??= new Uint8Array(this.buffer);
    return this.#bytes;
  }

  /** An ArrayBuffer that has these few bytes, and where in it they are. */
  bytesAt(offset: number, length: number): { readonly buffer: ArrayBuffer; readonly at: number } {
    if (this.byteLength <= SMALL) return { buffer: this.buffer, at: offset };
    const at = offset % 8;
    return { buffer: native().makeBuffer(this.region.slot, this.base + offset - at, at + length), at };
  }

  /** A word of coherent memory; the one asked for last is kept. */
  cellAt(offset: number, bits: 32 | 64): Cell {
    const key = offset * 128 + bits;
    if (this.#cell === undefined || this.#cellKey !== key) {
      this.#cell = new Cell(this, offset, bits);
      this.#cellKey = key;
    }
    return this.#cell;
  }

  /** R6: what comes from shared memory is not trusted. @throws {FamfsError} ERR_FAMFS_CORRUPT, and as check() */
  checkLoaded(value: number, offset: number): number {
    const { region } = this;
    if (region.status[region.slot] === Status.open && !this.closed && value <= Number.MAX_SAFE_INTEGER) return value;
    return this.#refuseLoaded(value, offset);
  }

  #refuseLoaded(value: number, offset: number): never {
    const { region } = this;
    this.check();
    throw new FamfsError(
      "ERR_FAMFS_CORRUPT",
      `the word at offset ${offset} of ${region.path} holds ${value}, expected an integer up to ${Number.MAX_SAFE_INTEGER}: something else wrote there`,
      { path: region.path },
    );
  }

  /** Closes a window alone. */
  closeWindow(): void {
    this.closed = true;
    for (const stop of [...this.waits]) stop(windowClosed());
    if (this.#buffer !== undefined) native().detachBuffer(this.#buffer);
    this.drop();
  }

  /** Forgets its ArrayBuffer, which somebody else has detached. */
  drop(): void {
    this.#buffer = undefined;
    this.#bytes = undefined;
    this.#cell = undefined;
  }

  #makeBuffer(): ArrayBuffer {
    if (this.byteLength > constants.MAX_LENGTH) {
      throw new FamfsError(
        "ERR_FAMFS_BUFFER_LIMIT",
        `this mapping is ${this.byteLength} bytes, an ArrayBuffer of Node ${process.versions.node} at most ${constants.MAX_LENGTH}; use window(offset, length) for a part of it, or Node 22 or newer`,
      );
    }
    return native().makeBuffer(this.region.slot, this.base, this.byteLength);
  }

  /** @throws {FamfsError} ERR_FAMFS_PAST_END */
  checkRange(offset: number, length: number): void {
    if (offset + length <= this.byteLength) return;
    throw new FamfsError(
      "ERR_FAMFS_PAST_END",
      `offset ${offset} and length ${length} (bytes) end at ${offset + length}, the mapping at ${this.byteLength}`,
    );
  }

  /**
   * The same for numbers that nobody has looked at yet; cheap enough for hot paths.
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_PAST_END
   */
  checkBytes(offset: number, length: number): void {
    const inside = offset >= 0 && length >= 0 && offset + length <= this.byteLength;
    if (!inside || !Number.isInteger(offset) || !Number.isInteger(length)) this.#refuse(offset, length);
  }

  #refuse(offset: unknown, length: unknown): never {
    for (const [name, value] of Object.entries({ offset, length })) {
      if (typeof value !== "number") throw wrongType(name, "a number", value);
      if (Number.isSafeInteger(value) && value >= 0) continue;
      throw new FamfsError("ERR_FAMFS_OUT_OF_RANGE", `${name} must be an integer of at least 0, found ${value}`);
    }
    this.checkRange(Number(offset), Number(length));
    throw new Error("unreachable: the range was refused before");
  }

  /** Before a store. @throws {FamfsError} ERR_FAMFS_PERMISSION */
  checkWritable(): void {
    if (this.region.access === "read-write") return;
    const { path } = this.region;
    throw new FamfsError(
      "ERR_FAMFS_PERMISSION",
      `${path} is open read-only; open it with access "read-write" to store into it`,
      { path },
    );
  }

  writeBack(offset: number, length: number, site: string): void {
    this.checkBytes(offset, length);
    this.check();
    const { coherence } = this.region.traits;
    if (coherence === "coherent") return;
    native().writeBack(this.region.slot, treatment(coherence, site), this.base + offset, length);
  }

  invalidate(offset: number, length: number, site: string): void {
    this.checkBytes(offset, length);
    this.check();
    const { coherence } = this.region.traits;
    if (coherence === "coherent") return;
    native().invalidate(this.region.slot, treatment(coherence, site), this.base + offset, length);
  }

  fetch(offset: number, length: number, site: string): void {
    this.checkBytes(offset, length);
    this.check();
    const { coherence } = this.region.traits;
    if (coherence === "coherent") return;
    native().fetch(this.region.slot, treatment(coherence, site), this.base + offset, length);
  }
}

function windowClosed(): FamfsError {
  return new FamfsError("ERR_FAMFS_CLOSED", "this window was closed; make another of the mapping");
}
