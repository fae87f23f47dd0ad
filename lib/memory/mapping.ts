import type { MemoryFailure } from "../errors.js";
import { aligned, integer, oneOf, wrongType } from "../guards.js";
import type { Coherence } from "./coherence.js";
import type { CommitWord, CommitWordOptions } from "./commit-word.js";
import { type MappingHandle, makeHandle } from "./handle.js";
import { makeCommitWord } from "./make-commit-word.js";
import type { Access } from "./open-file.js";
import { type PageSizes, pageSizes } from "./page-sizes.js";
import { type PrefaultOptions, prefault } from "./prefault.js";
import type { Region } from "./region.js";
import { Span } from "./span.js";
import { type WaitCondition, type WaitOptions, type WaitSyncOptions, waitUntil, waitUntilSync } from "./wait.js";

/** The constructor of a view over an ArrayBuffer: of a typed array, or DataView. */
export type ViewConstructor<V extends ArrayBufferView> = new (
  buffer: ArrayBuffer,
  byteOffset?: number,
  length?: number,
) => V;

const VIEWS: readonly unknown[] = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
];

/** Windows start at a multiple of this many bytes, so that every kind of view over them is aligned. */
const WINDOW_ALIGNMENT = 8;

// The net under mappings that nobody closed.
const forgotten = new FinalizationRegistry<Region>((region) => region.forget());

/**
 * One mmap of a file, or a window of one: shared memory, seen by every process that maps the file. It holds no
 * ArrayBuffer until one is asked for. Made by {@link FamfsFile.map} and {@link openHandle}.
 *
 * Every method that uses the memory throws ERR_FAMFS_CLOSED after {@link Mapping.close}, and ERR_FAMFS_MEMORY_FAILURE
 * after a fault ({@link Mapping.failure}).
 */
export class Mapping {
  /** The length in bytes. */
  readonly byteLength: number;
  readonly #span: Span;
  /** Keeps the mapping of a window from being collected before the window. */
  readonly #parent: Mapping | undefined;

  /** @internal */
  constructor(region: Region, offset: number, byteLength: number, parent?: Mapping) {
    this.#span = new Span(region, offset, byteLength, this);
    this.byteLength = byteLength;
    this.#parent = parent;
    if (parent === undefined) forgotten.register(this, region, region);
  }

  /** Whether stores are allowed: `"read-only"` or `"read-write"`. */
  get access(): Access {
    return this.#span.region.access;
  }

  /** How other hosts see stores into it: the mode of its instance. */
  get coherence(): Coherence {
    return this.#span.region.traits.coherence;
  }

  /** True after {@link Mapping.close} of this mapping or, for a window, of the mapping it is a part of. */
  get closed(): boolean {
    return this.#span.closed || this.#span.region.closed;
  }

  /**
   * The first fault of this memory: the file was truncated, the memory is poisoned, a store went to a read-only
   * mapping … Then every call throws ERR_FAMFS_MEMORY_FAILURE, and what was read since is suspect.
   */
  get failure(): MemoryFailure | undefined {
    return this.#span.region.failure;
  }

  /** Calls `listener` once if this memory fails; see {@link Mapping.failure}. A mapping with listeners is not collected. */
  on(event: "fault", listener: (failure: MemoryFailure) => void): this {
    oneOf("event", event, ["fault"]);
    if (typeof listener !== "function") throw wrongType("listener", "a function", listener);
    this.#span.region.listen(listener, this);
    return this;
  }

  /** Takes a listener away again. */
  off(event: "fault", listener: (failure: MemoryFailure) => void): this {
    oneOf("event", event, ["fault"]);
    this.#span.region.unlisten(listener);
    return this;
  }

  /** Resolves when the memory was let go after a close; for a window, when that of its mapping was. */
  get released(): Promise<void> {
    return this.#span.region.released;
  }

  /**
   * The ArrayBuffer over the whole mapping, made at first use; the same one every time. Large ones may cost a garbage
   * collection: prefer {@link Mapping.window}.
   * @throws {FamfsError} ERR_FAMFS_BUFFER_LIMIT where this Node allows no ArrayBuffer of this size, ERR_FAMFS_CLOSED
   */
  get buffer(): ArrayBuffer {
    return this.#span.buffer;
  }

  /**
   * A view of bytes; the memory is not copied.
   * @param offset where it starts, in bytes from the start of the mapping
   * @param length in bytes; default: up to the end
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_PAST_END, ERR_FAMFS_BUFFER_LIMIT,
   * ERR_FAMFS_CLOSED
   */
  bytes(offset = 0, length?: number): Uint8Array<ArrayBuffer> {
    return this.view(Uint8Array, offset, length);
  }

  /**
   * A typed array or DataView over a part of the mapping; the memory is not copied.
   * @param type the constructor, such as `Float32Array`
   * @param byteOffset where it starts, in bytes; a multiple of the element's size
   * @param length in elements (of a DataView in bytes); default: what fits up to the end
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_MISALIGNED, ERR_FAMFS_PAST_END,
   * ERR_FAMFS_BUFFER_LIMIT, ERR_FAMFS_CLOSED
   */
  view<V extends ArrayBufferView>(type: ViewConstructor<V>, byteOffset = 0, length?: number): V {
    if (!VIEWS.includes(type)) throw wrongType("type", "a typed array's constructor or DataView", type);
    const elementSize = (type as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
    aligned("byteOffset", integer("byteOffset", byteOffset, 0), elementSize);
    const rest = Math.max(0, Math.floor((this.byteLength - byteOffset) / elementSize));
    const count = length === undefined ? rest : integer("length", length, 0);
    this.#span.checkRange(byteOffset, count * elementSize);
    return new type(this.buffer, byteOffset, count);
  }

  /**
   * A part of this mapping with an ArrayBuffer of its own, which costs little however large the mapping is. It is the
   * same memory; it closes with the mapping, or earlier by itself. A window of a window is one of the mapping too.
   * @param offset in bytes, a multiple of 8
   * @param length in bytes, at least 1
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_MISALIGNED, ERR_FAMFS_PAST_END,
   * ERR_FAMFS_CLOSED
   */
  window(offset: number, length: number): Mapping {
    this.#span.check();
    aligned("offset", integer("offset", offset, 0), WINDOW_ALIGNMENT);
    this.#span.checkRange(offset, integer("length", length, 1));
    return new Mapping(this.#span.region, this.#span.base + offset, length, this.#parent ?? this);
  }

  /**
   * Writes the cache lines of these bytes back to memory, on an incoherent mapping. The next {@link storeFence} or
   * {@link fullFence} completes it. On a coherent one only the arguments are checked.
   * @param offset in bytes
   * @param length in bytes
   * @param site the name under which simulated memory can leave it out
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_PAST_END, ERR_FAMFS_CLOSED
   */
  writeBack(offset: number, length: number, site = ""): void {
    this.#span.writeBack(offset, length, site);
  }

  /**
   * Drops the cache lines of these bytes, with a full fence on either side, so that loads that follow come from memory,
   * on an incoherent mapping. It is good for one read: lines come back at any time. On a coherent mapping only the
   * arguments are checked. Lines that this host stored to are written back first.
   * @throws {FamfsError} as {@link Mapping.writeBack}
   */
  invalidate(offset: number, length: number, site = ""): void {
    this.#span.invalidate(offset, length, site);
  }

  /**
   * Makes loads of a payload that follow at least as new as the commit word that was observed before (R3).
   * @throws {FamfsError} as {@link Mapping.writeBack}
   */
  fetch(payloadOffset: number, payloadLength: number, site = ""): void {
    this.#span.fetch(payloadOffset, payloadLength, site);
  }

  /**
   * A word of this mapping that publishes what else is in it.
   * @param offset in bytes, a multiple of the word's size
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_MISALIGNED, ERR_FAMFS_PAST_END,
   * ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_PERMISSION, ERR_FAMFS_BUFFER_LIMIT, ERR_FAMFS_CLOSED
   */
  commitWord(offset: number, options: CommitWordOptions): CommitWord {
    return makeCommitWord(this.#span, offset, options);
  }

  /** @internal The memory itself, for what structures and queues are made of. */
  get span(): Span {
    return this.#span;
  }

  /**
   * Waits until a word of this mapping fulfils a condition; the event loop goes on. Its thread looks at the word, and
   * each look is as new as memory is. A pending wait keeps the event loop alive, as a timer does, and never delays
   * `process.exit()`.
   * @param offset of the word, in bytes, a multiple of its size
   * @returns the word's value
   * @throws {FamfsError} ERR_FAMFS_TIMEOUT, ERR_FAMFS_CLOSED when the mapping closes meanwhile, ERR_FAMFS_INVALID_TYPE,
   * ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_MISALIGNED, ERR_FAMFS_PAST_END, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_PERMISSION,
   * ERR_FAMFS_CORRUPT, ERR_FAMFS_MEMORY_FAILURE; the signal's reason when it is aborted
   */
  waitUntil(offset: number, condition: WaitCondition, options?: WaitOptions): Promise<number> {
    return waitUntil(this.#span, offset, condition, options);
  }

  /**
   * The same on this thread, which does nothing else meanwhile: for workers.
   * @param options `timeout` is required, because nothing else could end it
   * @throws {FamfsError} as {@link Mapping.waitUntil}
   */
  waitUntilSync(offset: number, condition: WaitCondition, options: WaitSyncOptions): number {
    return waitUntilSync(this.#span, offset, condition, options);
  }

  /**
   * Makes the page tables ready on another thread, so that later accesses do not stop for page faults. What would be a
   * signal at an access is an error here.
   * @param mode `"read"`, or `"write"` to allocate pages that have none yet; the latter needs write access
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION,
   * ERR_FAMFS_PERMISSION, ERR_FAMFS_MEMORY_FAILURE, ERR_FAMFS_UNSUPPORTED_KERNEL (before Linux 5.14), ERR_FAMFS_CLOSED;
   * the signal's reason when it is aborted
   */
  async prefault(mode: "read" | "write", options?: PrefaultOptions): Promise<void> {
    this.#span.check();
    await prefault(this.#span.region, { offset: this.#span.base, length: this.byteLength, mode }, options);
  }

  /**
   * How many bytes of this mapping are in the page tables now, by the size of the pages: `{ 4096: …, 2097152: … }` on
   * x64. Only what was accessed or prefaulted is there. On famfs a file of 2 MiB or more that shows none of 2 MiB is
   * slower than it need be: it is smaller than its last 2 MiB, or its famfs is made of smaller pieces. For diagnosis:
   * it walks the page tables, some milliseconds a GiB mapped by pages of 4 KiB.
   * @throws {FamfsError} ERR_FAMFS_UNSUPPORTED_KERNEL (before Linux 6.7), ERR_FAMFS_CLOSED, ERR_FAMFS_SYSTEM
   */
  pageSizes(): PageSizes {
    this.#span.check();
    return pageSizes(this.#span.region, this.#span.base, this.byteLength);
  }

  /**
   * This mapping as plain data, for {@link openHandle} in a worker or in another process of this host.
   * @throws {FamfsError} ERR_FAMFS_CLOSED
   */
  handle(): MappingHandle {
    this.#span.check();
    return makeHandle(this.#span.region, this.#span.base, this.byteLength);
  }

  /**
   * Ends this mapping. All of its views get length 0 at once; the memory itself is let go on another thread, which
   * {@link Mapping.released} tells. Closing twice does nothing. A window closes alone; a mapping closes its windows.
   */
  close(): void {
    if (this.closed) return;
    const { region } = this.#span;
    if (this.#parent === undefined) {
      forgotten.unregister(region);
      region.close();
      this.#span.drop();
    } else {
      this.#span.closeWindow();
    }
  }

  /** {@link Mapping.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
