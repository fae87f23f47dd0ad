import { EventEmitter } from "node:events";
import type { NativeMapping } from "../../types/native.js";
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
  /** Where the region starts in its file, in bytes. */
  readonly fileOffset: number;
  readonly byteLength: number;
  /** Read as `status[slot]`: what every use of the memory checks, without a native call. */
  readonly status: Int32Array;
  slot: NativeMapping;
  readonly #onClose: OnClose | undefined;
  #failure: MemoryFailure | undefined;
  #listeners: EventEmitter | undefined;
  #released = false;
  #onReleased: (() => void) | undefined;
  #releasedPromise: Promise<void> | undefined;

  /** One mmap of an open file; the range was checked. @throws {FamfsError} see {@link mapError} */
  constructor(file: OpenFile, offset: number, byteLength: number, onClose?: OnClose) {
    this.path = file.path;
    this.access = file.access;
    this.identity = file.identity;
    this.traits = file.traits;
    this.fileOffset = offset;
    this.byteLength = byteLength;
    this.status = statusWords();
    this.#onClose = onClose;
    const mapped = file.mapped;
    try {
      const { mapAlignment } = file.traits;
      this.slot = native().map(mapped, offset, byteLength, file.access === "read-write", mapAlignment);
    } catch (error) {
      throw mapError(error, file.path, file.size);
    }
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
      if (failure !== undefined) this.#failure = { path: this.path, ...failure };
    }
    return this.#failure;
  }

  /** The listeners of its `fault` event. */
  get listeners(): EventEmitter {
    this.#listeners ??= new EventEmitter();
    return this.#listeners;
  }

  tellFault(failure: MemoryFailure): void {
    this.#listeners?.emit("fault", failure);
  }

  close(): void {
    if (this.traits.coherence === "simulated" && !this.closed) warnOfReports(this.path, this.slot);
    const slot = this.#leave();
    if (slot === CLOSED_SLOT) return;
    if (native().close(slot, () => this.#finish())) this.#finish();
  }

  /** The mapping was garbage-collected: its memory goes as soon as no ArrayBuffer of it is left. */
  forget(): void {
    const slot = this.#leave();
    if (slot !== CLOSED_SLOT) native().forget(slot);
  }

  /** From here on the region is closed; returns the slot it had. */
  #leave(): NativeMapping {
    const { slot } = this;
    if (slot === CLOSED_SLOT) return slot;
    void this.failure;
    this.slot = CLOSED_SLOT;
    unwatch(slot);
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
