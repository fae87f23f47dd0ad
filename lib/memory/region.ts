import { EventEmitter } from "node:events";
import type { NativeFailure, NativeMapping } from "../../types/native.js";
import { FamfsError, type MemoryFailure } from "../errors.js";
import { native, Status, statusWords } from "../native/binding.js";
import type { MemoryTraits } from "./coherence.js";
import { type FaultTarget, memoryFailure, unwatch, watch } from "./failure.js";
import type { Access, OpenFile } from "./open-file.js";
import { warnOfReports } from "./simulated.js";
import { mapError } from "./system-errors.js";

/** The slot that no mapping ever has; its status word is "closed" for ever. */
const CLOSED_SLOT = 0;

/** Told when a region closes, so that an instance need not keep closed ones. */
export type OnClose = (region: Region) => void;

/** What a mapping and its windows share: one mmap, and whether it is still there. */
export class Region implements FaultTarget {
  readonly path: string;
  readonly access: Access;
  readonly identity: string;
  readonly traits: MemoryTraits;
  /** Where the region starts in its file, in bytes: a multiple of the alignment. */
  readonly fileOffset: number;
  /** Where the mapping starts in the region, in bytes. */
  readonly start: number;
  readonly byteLength: number;
  /** Read as `status[slot]`: what every use of the memory checks, without a native call. */
  readonly status: Int32Array;
  slot: NativeMapping;
  /** One word of `status`, its own until it is closed: what hot paths look at after an access. */
  readonly health: Int32Array;
  readonly #onClose: OnClose | undefined;
  #failure: MemoryFailure | undefined;
  #listeners: EventEmitter | undefined;
  /** A mapping of this region, kept from being collected while there are listeners. */
  #listened: object | undefined;
  #released = false;
  #onReleased: (() => void) | undefined;
  #releasedPromise: Promise<void> | undefined;

  /** One mmap of a part of an open file; the range was checked. @throws {FamfsError} see {@link mapError} */
  constructor(file: OpenFile, offset: number, length: number, onClose?: OnClose) {
    this.path = file.path;
    this.access = file.access;
    this.identity = file.identity;
    this.traits = file.traits;
    this.start = offset % file.traits.mapAlignment;
    this.fileOffset = offset - this.start;
    this.byteLength = this.start + length;
    this.status = statusWords();
    this.#onClose = onClose;
    const { fileOffset, byteLength, access } = this;
    try {
      const { mapAlignment } = file.traits;
      this.slot = native().map(file.mapped, fileOffset, byteLength, access === "read-write", mapAlignment);
    } catch (error) {
      throw mapError(error, file.path, file.size);
    }
    this.health = this.status.subarray(this.slot, this.slot + 1);
    watch(this.slot, this);
  }

  get closed(): boolean {
    return this.slot === CLOSED_SLOT;
  }

  /** @throws {FamfsError} ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE */
  check(): void {
    if (this.status[this.slot] !== Status.open) this.#throwUnusable();
  }

  #throwUnusable(): never {
    if (this.failure !== undefined && !this.closed) throw memoryFailure(this.failure);
    const { path } = this;
    throw new FamfsError("ERR_FAMFS_CLOSED", `the mapping of ${path} was closed; map the file again`, { path });
  }

  /** Its first fault; kept when it is closed. */
  get failure(): MemoryFailure | undefined {
    if (this.#failure === undefined && this.status[this.slot] === Status.failed) {
      const failure = native().failure(this.slot);
      if (failure !== undefined) this.#failure = { path: this.path, ...this.#fromStart(failure) };
    }
    return this.#failure;
  }

  /** The addon counts whole pages of the region, the caller bytes of the mapping. */
  #fromStart({ kind, offset, length, addresses }: NativeFailure): NativeFailure {
    const { start, byteLength } = this;
    const begin = Math.max(offset, start);
    const end = Math.min(offset + length, byteLength);
    return { kind, offset: begin - start, length: Math.max(end - begin, 0), addresses };
  }

  /** Adds a listener of the `fault` event; `mapping` is not collected before it is taken away. */
  listen(listener: (failure: MemoryFailure) => void, mapping: object): void {
    this.#listeners ??= new EventEmitter();
    this.#listeners.on("fault", listener);
    this.#listened ??= mapping;
  }

  unlisten(listener: (failure: MemoryFailure) => void): void {
    this.#listeners?.off("fault", listener);
    if (this.#listeners?.listenerCount("fault") === 0) this.#listened = undefined;
  }

  tellFault(failure: MemoryFailure): void {
    this.#listened = undefined;
    this.#listeners?.emit("fault", failure);
  }

  close(): void {
    if (this.traits.coherence === "simulated" && !this.closed) warnOfReports(this.path, this.slot);
    const slot = this.#leave();
    if (slot === CLOSED_SLOT) return;
    if (native().close(slot, () => this.#finish())) this.#finish();
  }

  /**
   * The mapping was garbage-collected: its memory goes as soon as no ArrayBuffer of it is left. Until then a fault is
   * still told on the diagnostics channel.
   */
  forget(): void {
    const { slot } = this;
    if (slot === CLOSED_SLOT) return;
    this.#onClose?.(this);
    if (native().forget(slot)) this.#leave();
  }

  /** From here on the region is closed; returns the slot it had. */
  #leave(): NativeMapping {
    const { slot } = this;
    if (slot === CLOSED_SLOT) return slot;
    void this.failure;
    unwatch(slot);
    this.slot = CLOSED_SLOT;
    this.#onClose?.(this);
    return slot;
  }

  #finish(): void {
    this.#released = true;
    this.#onReleased?.();
  }

  /** Resolves when the memory was let go. */
  get released(): Promise<void> {
    this.#releasedPromise ??= this.#released
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.#onReleased = resolve;
        });
    return this.#releasedPromise;
  }
}
