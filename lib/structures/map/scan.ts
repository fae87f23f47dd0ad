import type { KeyBuffer } from "./key.js";
import { MapSlot } from "./layout.js";
import { ATTEMPTS, halfOf, hasKey, type MapTable, Outcome } from "./table.js";

/** Goes through the slots of a map, each as a whole. */
export class MapScan {
  /** The value of the last slot with a key; zeros behind. */
  readonly value: Uint8Array<ArrayBuffer>;
  key: number | string = 0;
  readonly #table: MapTable;
  readonly #keys: KeyBuffer;
  /** A slot behind its word. */
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #ints: Int32Array;
  readonly #key: Uint8Array;
  #next = 0;

  constructor(table: MapTable, keys: KeyBuffer) {
    this.#table = table;
    this.#keys = keys;
    this.#bytes = new Uint8Array(table.slots.size - SHIFT);
    this.#ints = new Int32Array(this.#bytes.buffer);
    this.#key = this.#bytes.subarray(MapSlot.key - SHIFT, MapSlot.key - SHIFT + table.keySpace);
    this.value = new Uint8Array(table.valueAt(1) - table.valueAt(0));
  }

  /** Goes to the next slot with a key. False: there is none left. @throws {FamfsError} as {@link MapTable.find} */
  next(): boolean {
    const { slots } = this.#table;
    slots.check();
    while (this.#next < slots.count) if (this.#take(this.#next++)) return true;
    return false;
  }

  #take(slot: number): boolean {
    const { slots } = this.#table;
    if (slots.isDirect && !hasKey(slots.piece(slot).cells.load(slots.offsetOf(slot)))) return false;
    let outcome: Outcome = Outcome.changing;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const word = slots.read(slot, this.#bytes);
      if (word === undefined) continue;
      if (!hasKey(word)) return false;
      outcome = this.#copy(halfOf(word));
      if (outcome === Outcome.found) return true;
    }
    throw this.#table.refusal(outcome);
  }

  #copy(half: number): Outcome {
    const at = this.#table.valueAt(half) - SHIFT;
    for (let i = 0; i < this.value.length; i++) this.value[i] = this.#bytes[at + i] as number;
    const checksum = (this.#ints[((MapSlot.checksums - SHIFT) >> 2) + half] as number) >>> 0;
    if (this.#table.checksumOf(this.#key, this.value) !== (this.#table.isChecked ? checksum : 0))
      return Outcome.damaged;
    const start = (MapSlot.key - SHIFT) >> 2;
    const length = (this.#ints[(MapSlot.length - SHIFT) >> 2] as number) >>> 0;
    const key = this.#keys.decode(this.#ints.subarray(start, start + 2), this.#key, length);
    if (key === undefined) return Outcome.noKey;
    this.key = key;
    return Outcome.found;
  }
}

/** The word is not in the copy. */
const SHIFT = MapSlot.reach;
