import type { NativeBytes, NativeTreatment } from "../../types/native.js";
import { native } from "../native/binding.js";
import { Cells } from "./cells.js";
import { treatment } from "./coherence.js";
import type { Span } from "./span.js";

/*
 * Slots of one size, one after the other, each with a word of 64 bits at its start that publishes what else is in it:
 * as a commit word for each would be, but a million of them are no objects.
 */

/** Where slots are in a mapping, in bytes. */
export interface SlotPlace {
  readonly offset: number;
  /** Of a slot, a multiple of 8. */
  readonly size: number;
  readonly count: number;
  readonly site: string;
  /** Of what {@link Slots.publishField} publishes. */
  readonly fieldSite: string;
}

/**
 * They are seen through ArrayBuffers of at most this many bytes, made at first use: of larger ones accesses are slower,
 * and Node 20 has none above 4 GiB.
 */
const PIECE = 1 << 28;

/** Some of the slots in an ArrayBuffer of their own. */
export interface SlotPiece {
  readonly cells: Cells;
  readonly ints: Int32Array;
  readonly bytes: Uint8Array;
}

/** Slots in shared memory. */
export class Slots {
  readonly size: number = 0;
  readonly count: number = 0;
  /** Whether this process may load and store the slots' bytes itself while others do (R9); else the addon does. */
  readonly isDirect: boolean;
  readonly #span: Span;
  readonly #offset: number = 0;
  readonly #treatment: NativeTreatment;
  readonly #narrowTreatment: NativeTreatment;
  /** A piece has 2^shift slots. */
  readonly #shift: number = 0;
  readonly #pieces: SlotPiece[] = [];

  constructor(span: Span, { offset, size, count, site, fieldSite }: SlotPlace) {
    const { coherence } = span.region.traits;
    span.checkBytes(offset, size * count);
    this.size = size;
    this.count = count;
    this.isDirect = coherence === "coherent" && process.arch === "x64";
    this.#span = span;
    this.#offset = offset;
    this.#treatment = treatment(coherence, site, true);
    this.#narrowTreatment = treatment(coherence, fieldSite);
    this.#shift = Math.max(0, Math.floor(Math.log2(PIECE / size)));
  }

  /** @throws {FamfsError} ERR_FAMFS_CLOSED, and what the memory's failure is */
  check(): void {
    this.#span.check();
  }

  /** @throws {FamfsError} ERR_FAMFS_PERMISSION, and as {@link Slots.check} */
  checkWritable(): void {
    this.#span.checkWritable();
    this.#span.check();
  }

  /** The piece that a slot is in. What it shows of other hosts' stores is as old as this host's caches. */
  piece(slot: number): SlotPiece {
    return this.#pieces[slot >>> this.#shift] ?? this.#makePiece(slot >>> this.#shift);
  }

  /** Where a slot begins in its piece, in bytes. */
  offsetOf(slot: number): number {
    return (slot - ((slot >>> this.#shift) << this.#shift)) * this.size;
  }

  /**
   * Publishes bytes of a slot that no reader reads yet and then its word (R2), as {@link CommitWord.publish}.
   * @param from where the bytes begin in the slot
   */
  publish(slot: number, value: number, from: number, length: number): void {
    const { region, base } = this.#span;
    if (this.isDirect) this.piece(slot).cells.store(this.offsetOf(slot), value);
    else {
      const at = base + this.#offset + slot * this.size;
      native().publish(region.slot, this.#treatment, at, value, at + from, length);
    }
    region.check();
  }

  /** Publishes a u32 of a slot alone. @param field where it is in the slot */
  publishField(slot: number, field: number, value: number): void {
    const { region, base } = this.#span;
    if (this.isDirect) this.piece(slot).cells.storeNarrow(this.offsetOf(slot) + field, value);
    else {
      const at = base + this.#offset + slot * this.size + field;
      native().publish(region.slot, this.#narrowTreatment, at, value, at, 0);
    }
    region.check();
  }

  /**
   * Copies all of a slot behind its word (R3), as {@link CommitWord.read}: even values of the word are values.
   * @param target private memory of the size of a slot less the word's
   */
  read(slot: number, target: Uint8Array): number | undefined {
    const { region, base } = this.#span;
    this.#span.check();
    const at = base + this.#offset + slot * this.size;
    const value = native().read(region.slot, this.#treatment, at, at + 8, target);
    return value < 0 ? undefined : this.#span.checkLoaded(value, this.#offset + slot * this.size);
  }

  /**
   * {@link NativeBinding.findKeys}.
   * @param table its numbers; the first one is set here
   */
  find(table: Float64Array, keys: NativeBytes, out: NativeBytes, found: Uint8Array): void {
    const { region, base } = this.#span;
    this.#span.check();
    table[0] = base + this.#offset;
    native().findKeys(region.slot, this.#treatment, table, keys, out, found);
    region.check();
  }

  /** Writes all of them back, for one who died; the next full fence completes it. */
  writeBack(site: string): void {
    this.#span.writeBack(this.#offset, this.size * this.count, site);
  }

  #makePiece(index: number): SlotPiece {
    const { region, base } = this.#span;
    const first = 2 ** this.#shift * index;
    const length = Math.min(2 ** this.#shift, this.count - first) * this.size;
    const buffer = native().makeBuffer(region.slot, base + this.#offset + first * this.size, length);
    const piece = { cells: new Cells(buffer, length), ints: new Int32Array(buffer), bytes: new Uint8Array(buffer) };
    this.#pieces[index] = piece;
    return piece;
  }
}
