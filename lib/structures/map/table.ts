import { crc32 } from "../../crc32.js";
import { FamfsError } from "../../errors.js";
import type { Mapping } from "../../memory/mapping.js";
import { Slots } from "../../memory/slots.js";
import type { KeyBuffer } from "./key.js";
import { keyBytes, MapBody, MapSlot, mostReach, padded, slotCount, slotSize } from "./layout.js";
import type { ValueBuffer } from "./value.js";

/** What an entry says of a map. */
export interface MapShape {
  readonly name: string;
  readonly capacity: number;
  /** Bytes of the longest string; 0 where keys are integers. */
  readonly keySize: number;
  readonly valueSize: number;
  readonly seed: number;
}

/** What a look-up finds; src-native/table.cc has the same. */
export const Outcome = { absent: 0, found: 1, changing: 2, tooFar: 3, damaged: 4, noKey: 5 } as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** Bit of a word: there is a key. */
const PRESENT = 2;

/** A reader whose slot is changed while it looks tries so often; each time the writer must have been faster. */
export const ATTEMPTS = 1000;

/** Larger values are copied by the addon: a loop over their words takes longer than the call. */
const LARGE = 1024;

/** The slots of a map: where a key is, and what a reader makes of it. */
export class MapTable {
  readonly shape: MapShape;
  readonly slots: Slots;
  readonly mostReach: number = 0;
  /** Bytes of a key in a slot. */
  readonly keySpace: number = 0;
  /** Whether values have checksums: everywhere but on coherent memory. */
  readonly isChecked: boolean;
  readonly #direct: boolean;
  readonly #firstHalf: number = 0;
  readonly #halfSize: number = 0;
  /** For the addon. */
  readonly #numbers: Float64Array;
  readonly #found = new Uint8Array(1);
  readonly #integer = new Float64Array(1);

  /**
   * @param offset of the map's own bytes in the mapping
   * @param checked whether values have checksums; tests leave them out, to see what they would hide
   */
  constructor(mapping: Mapping, offset: number, shape: MapShape, checked = mapping.coherence !== "coherent") {
    const { capacity, keySize, valueSize, seed } = shape;
    const [size, count] = [slotSize(keySize, valueSize), slotCount(capacity)];
    const place = { offset: offset + MapBody.slots, size, count, site: "map.slot", fieldSite: "map.reach" };
    this.shape = shape;
    this.slots = new Slots(mapping.span, place);
    this.mostReach = mostReach(count);
    this.isChecked = checked;
    this.#direct = this.slots.isDirect && valueSize <= LARGE;
    this.keySpace = keyBytes(keySize);
    this.#firstHalf = MapSlot.key + this.keySpace;
    this.#halfSize = padded(valueSize);
    this.#numbers = Float64Array.of(0, size, count, this.keySpace, valueSize, this.mostReach, seed, Number(checked), 0);
  }

  /**
   * Copies the value of a key (R3).
   * @param target undefined: only whether there is the key
   * @throws {FamfsError} ERR_FAMFS_CORRUPT, ERR_FAMFS_TIMEOUT, ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  find(key: KeyBuffer, target: ValueBuffer | undefined): boolean {
    const outcome = this.#direct ? this.#findDirectly(key, target) : this.#findThere(key, target);
    if (outcome === Outcome.found) return true;
    if (outcome === Outcome.absent) return false;
    throw this.refusal(outcome);
  }

  /** Looks many integers up in one call; an outcome each. */
  findMany(keys: Float64Array | BigInt64Array | BigUint64Array, out: NodeJS.TypedArray, found: Uint8Array): void {
    this.slots.find(this.#numbers, keys, out, found);
  }

  #findThere(key: KeyBuffer, target: ValueBuffer | undefined): Outcome {
    this.#numbers[8] = key.length;
    const out = target?.bytes ?? NOTHING;
    if (this.shape.keySize === 0) this.#integer[0] = key.integer;
    this.slots.find(this.#numbers, this.shape.keySize === 0 ? this.#integer : key.bytes, out, this.#found);
    return this.#found[0] as Outcome;
  }

  #findDirectly(key: KeyBuffer, target: ValueBuffer | undefined): Outcome {
    const { slots } = this;
    slots.check();
    let slot = this.homeOf(key.hash);
    let reach = 0;
    let attempts = 0;
    for (let distance = 0; distance <= reach; ) {
      const piece = slots.piece(slot);
      const at = slots.offsetOf(slot);
      const word = piece.cells.load(at);
      if (distance === 0) reach = (piece.ints[(at + MapSlot.reach) >> 2] as number) >>> 0;
      if (reach > this.mostReach) return Outcome.tooFar;
      if (hasKey(word) && isKey(piece.ints, at, key)) {
        if (target !== undefined) copy(piece.ints, at + this.valueAt(halfOf(word)), target.ints);
        if (piece.cells.load(at) === word) {
          slots.check();
          return Outcome.found;
        }
        if (++attempts === ATTEMPTS) return Outcome.changing;
      } else {
        distance++;
        slot = this.after(slot);
      }
    }
    return Outcome.absent;
  }

  homeOf(hash: number): number {
    // As unsigned integers, or it is a division of doubles.
    return ((hash >>> 0) % (this.slots.count >>> 0)) >>> 0;
  }

  after(slot: number): number {
    return slot + 1 === this.slots.count ? 0 : slot + 1;
  }

  /** Where a half's value begins in a slot, in bytes. */
  valueAt(half: number): number {
    return this.#firstHalf + half * this.#halfSize;
  }

  /** Whether a slot that only this host stores to has this key. */
  ownHas(slot: number, key: KeyBuffer): boolean {
    const { cells, ints } = this.slots.piece(slot);
    const at = this.slots.offsetOf(slot);
    return hasKey(cells.load(at)) && isKey(ints, at, key);
  }

  /** What detects memory that mixes the lines of several values; 0 where that cannot be. */
  checksumOf(key: Uint8Array, value: Uint8Array): number {
    return this.isChecked ? crc32(value, crc32(key)) : 0;
  }

  /** The error for what a reader cannot make sense of. */
  refusal(outcome: Outcome): FamfsError {
    const name = `the map ${JSON.stringify(this.shape.name)}`;
    if (outcome === Outcome.changing)
      return new FamfsError(
        "ERR_FAMFS_TIMEOUT",
        `the key of ${name} was changed at each of ${ATTEMPTS} attempts to read it: try again`,
      );
    const found =
      outcome === Outcome.tooFar
        ? `keys more than ${this.mostReach} slots behind their home`
        : outcome === Outcome.damaged
          ? `a value with a wrong checksum, ${ATTEMPTS} times in a row: its lines are of different values, so this memory does not do what docs/memory-model.md assumes`
          : "a slot that no writer leaves behind";
    return new FamfsError("ERR_FAMFS_CORRUPT", `${name} has ${found}; or something else stores here`);
  }
}

const NOTHING = new Uint8Array(0);

export function hasKey(word: number): boolean {
  return (word & PRESENT) !== 0;
}

/** The half with the value: 0 after the first change of a slot, then in turn. */
export function halfOf(word: number): number {
  return ((word >> 2) & 1) ^ 1;
}

/** The word after one more change. */
export function nextWord(word: number, present: boolean): number {
  return 4 * (Math.floor(word / 4) + 1) + (present ? PRESENT : 0);
}

/** `| 0`, here and below: else the optimiser keeps the sum of two integers as a double. */
function isKey(ints: Int32Array, at: number, { words, length }: KeyBuffer): boolean {
  if (ints[(at + MapSlot.length) >> 2] !== length) return false;
  const start = (at + MapSlot.key) >> 2;
  for (let i = 0; i << 2 < length; i++) if (ints[(start + i) | 0] !== words[i]) return false;
  return true;
}

function copy(ints: Int32Array, at: number, target: Int32Array): void {
  const start = at >> 2;
  const count = target.length | 0;
  for (let i = 0; i < count; i++) target[i] = ints[(start + i) | 0] as number;
}
