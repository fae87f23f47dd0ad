import { FamfsError } from "../errors.js";
import { wrongType } from "../guards.js";
import { native } from "../native/binding.js";
import { treatment } from "./coherence.js";
import type { Region } from "./region.js";

/** The part of a region that one mapping or window shows: what its words and waits check before they touch memory. */
export class Span {
  /** Set when a window is closed alone; a mapping's own closing shows in its region. */
  closed = false;

  constructor(
    readonly region: Region,
    /** Where it starts in its region, in bytes. */
    readonly base: number,
    readonly byteLength: number,
  ) {}

  /** @throws {FamfsError} ERR_FAMFS_CLOSED, and what the region's failure is */
  check(): void {
    if (this.closed) throw new FamfsError("ERR_FAMFS_CLOSED", "this window was closed; make another of the mapping");
    this.region.check();
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
    const integers = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
    if (!integers || offset < 0 || length < 0 || offset + length > this.byteLength) this.#refuse(offset, length);
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
