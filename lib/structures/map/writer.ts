import { FamfsError } from "../../errors.js";
import type { CommitWord } from "../../memory/commit-word.js";
import { failPoint } from "../../memory/fail-point.js";
import type { Participant } from "../../segment/participant.js";
import { corrupt } from "../checks.js";
import { hash } from "./hash.js";
import type { KeyBuffer } from "./key.js";
import { MapSlot } from "./layout.js";
import { halfOf, hasKey, type MapTable, nextWord } from "./table.js";
import type { ValueBuffer } from "./value.js";

/**
 * What the holder of the role does. Slots are stored to by its host alone (R1), so it sees them as they are by plain
 * loads, on every memory.
 */
export class MapWriter {
  readonly #table: MapTable;
  readonly #participant: Participant;
  readonly #sizeWord: CommitWord;
  #size = 0;

  /** @param inherited whether a predecessor died as the writer: what it had counted may lack one */
  constructor(table: MapTable, participant: Participant, { sizeWord, inherited }: WriterPlace) {
    this.#table = table;
    this.#participant = participant;
    this.#sizeWord = sizeWord;
    this.#size = inherited ? this.#takeOver() : sizeWord.observe();
    if (this.#size > table.shape.capacity) throw corrupt(this.#name, `${this.#size} keys`);
  }

  /** When it returns, every reader on every host finds the value. */
  set(key: KeyBuffer, value: ValueBuffer): void {
    const { slots } = this.#table;
    slots.checkWritable();
    this.#participant.check();
    const home = this.#table.homeOf(key.hash);
    const reach = this.#reachOf(home);
    const slot = this.#find(home, reach, key);
    if (slot === -1) this.#insert(home, reach, key, value);
    else {
      const from = this.#store(slot, key, value);
      this.#publish(slot, true, from, value.padded.byteLength);
      failPoint("map.set.replaced");
    }
  }

  /** @returns whether there was the key */
  delete(key: KeyBuffer): boolean {
    this.#table.slots.checkWritable();
    this.#participant.check();
    const home = this.#table.homeOf(key.hash);
    const reach = this.#reachOf(home);
    const slot = this.#find(home, reach, key);
    if (slot === -1) return false;
    this.#publish(slot, false, 0, 0);
    failPoint("map.delete.published");
    this.#count(-1);
    failPoint("map.delete.counted");
    this.#shorten(home, reach);
    return true;
  }

  #insert(home: number, reach: number, key: KeyBuffer, value: ValueBuffer): void {
    const { slots, shape } = this.#table;
    if (this.#size >= shape.capacity) throw full(this.#name, `has ${this.#size} keys`);
    const distance = this.#freeFrom(home);
    const slot = (home + distance) % slots.count;
    const { ints, bytes } = slots.piece(slot);
    const at = slots.offsetOf(slot);
    ints[(at + MapSlot.length) >> 2] = key.length;
    bytes.set(key.bytes, at + MapSlot.key);
    const from = this.#store(slot, key, value);
    // Before the slot: whoever sees the key also finds it, and a reach that is too long only costs a look.
    if (distance > reach) slots.publishField(home, MapSlot.reach, distance);
    failPoint("map.set.reach");
    this.#publish(slot, true, MapSlot.key, from + value.padded.byteLength - MapSlot.key);
    failPoint("map.set.inserted");
    this.#count(1);
    failPoint("map.set.counted");
  }

  /** Stores a value where no reader looks; returns where that begins in the slot. */
  #store(slot: number, key: KeyBuffer, value: ValueBuffer): number {
    const { slots } = this.#table;
    const { cells, ints, bytes } = slots.piece(slot);
    const at = slots.offsetOf(slot);
    const half = halfOf(nextWord(cells.load(at), true));
    const from = this.#table.valueAt(half);
    bytes.set(value.padded, at + from);
    ints[((at + MapSlot.checksums) >> 2) + half] = this.#table.checksumOf(key.bytes, value.padded);
    failPoint("map.set.stored");
    return from;
  }

  #publish(slot: number, present: boolean, from: number, length: number): void {
    const { slots } = this.#table;
    const word = nextWord(slots.piece(slot).cells.load(slots.offsetOf(slot)), present);
    if (word > Number.MAX_SAFE_INTEGER) throw corrupt(this.#name, `the word ${word} in a slot`);
    slots.publish(slot, word, from, length);
  }

  #count(more: number): void {
    this.#size += more;
    this.#sizeWord.publish(Math.max(0, this.#size), 0, 0);
  }

  /** The slot of a key, or -1. */
  #find(home: number, reach: number, key: KeyBuffer): number {
    let slot = home;
    for (let distance = 0; distance <= reach; distance++) {
      if (this.#table.ownHas(slot, key)) return slot;
      slot = this.#table.after(slot);
    }
    return -1;
  }

  /** How far behind its home the nearest free slot is. @throws {FamfsError} ERR_FAMFS_FULL */
  #freeFrom(home: number): number {
    const { mostReach } = this.#table;
    let slot = home;
    for (let distance = 0; distance <= mostReach; distance++) {
      if (!this.#hasKey(slot)) return distance;
      slot = this.#table.after(slot);
    }
    throw full(this.#name, `has no free slot among the ${mostReach} behind this key's home`);
  }

  /** After a delete: as far as the keys of this home still go. */
  #shorten(home: number, reach: number): void {
    let left = reach;
    while (left > 0 && !this.#isAtHome((home + left) % this.#table.slots.count, home)) left--;
    if (left < reach) this.#table.slots.publishField(home, MapSlot.reach, left);
  }

  /** Whether a slot has a key of this home. */
  #isAtHome(slot: number, home: number): boolean {
    if (!this.#hasKey(slot)) return false;
    const { slots, shape, keySpace } = this.#table;
    const { ints } = slots.piece(slot);
    const at = slots.offsetOf(slot);
    const length = (ints[(at + MapSlot.length) >> 2] as number) >>> 0;
    if (length > keySpace) throw corrupt(this.#name, `a key of ${length} bytes`);
    const start = (at + MapSlot.key) >> 2;
    return this.#table.homeOf(hash(ints.subarray(start, start + (keySpace >> 2)), length, shape.seed)) === home;
  }

  #hasKey(slot: number): boolean {
    const { slots } = this.#table;
    return hasKey(slots.piece(slot).cells.load(slots.offsetOf(slot)));
  }

  #reachOf(home: number): number {
    const { slots, mostReach } = this.#table;
    const reach = (slots.piece(home).ints[(slots.offsetOf(home) + MapSlot.reach) >> 2] as number) >>> 0;
    if (reach <= mostReach) return reach;
    throw corrupt(this.#name, `keys ${reach} slots behind their home`);
  }

  /** What a dead writer had stored reaches all hosts now, and the keys are counted. */
  #takeOver(): number {
    const { slots } = this.#table;
    slots.check();
    slots.writeBack("map.take-over");
    let size = 0;
    for (let slot = 0; slot < slots.count; slot++) if (this.#hasKey(slot)) size++;
    if (size <= this.#table.shape.capacity) this.#sizeWord.set(size);
    return size;
  }

  get #name(): string {
    return `the map ${JSON.stringify(this.#table.shape.name)}`;
  }
}

/** What a writer needs besides the table. */
export interface WriterPlace {
  readonly sizeWord: CommitWord;
  readonly inherited: boolean;
}

function full(name: string, found: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_FULL",
    `${name} ${found}, so there is no room for another one; delete keys, or make it with a larger capacity`,
  );
}
