import type { CommitWord } from "../memory/commit-word.js";
import type { Mapping } from "../memory/mapping.js";
import { RecordWriter } from "../memory/records.js";
import { advance, BUCKETS_OFFSET, distance, type Geometry, TRAILER } from "./layout.js";
import { corrupt, type Files, type Role } from "./mapped.js";
import { fieldsOf, indexWord, type Mark, observeIndex } from "./mark.js";

/**
 * One end of a queue: its own index, which it alone moves, and what it knows of the other's. Both are private copies
 * that were checked, so nothing in the files leads it astray.
 */
export abstract class Side {
  protected readonly files: Files;
  protected readonly geometry: Geometry;
  /** Moves the index and the number of the next message, in its own file. */
  protected readonly writer: RecordWriter;
  /** The bucket that is its next. */
  index = 0;
  /** Of the next message. */
  nextNumber = 0;
  readonly #role: Role;
  /** How many buckets it may not use: the producer leaves one free. */
  readonly #kept: number = 0;
  readonly #other: CommitWord;
  #otherIndex = 0;
  /** Its own index in its file. */
  readonly #stored: Int32Array;

  constructor(files: Files, geometry: Geometry, role: Role, { index, nextNumber }: Mark) {
    const fields = fieldsOf(role);
    const mark = { word: fields.index, counter: fields.nextNumber, site: `pcq.${role}-index` };
    const records = { offset: BUCKETS_OFFSET, size: geometry.bucketSize };
    this.files = files;
    this.geometry = geometry;
    this.writer = new RecordWriter(files[role].span, mark, role === "producer" ? records : undefined);
    this.index = index;
    this.nextNumber = nextNumber;
    this.#role = role;
    this.#kept = role === "producer" ? 1 : 0;
    this.#other = indexWord(files, role === "producer" ? "consumer" : "producer");
    this.#otherIndex = observeIndex(this.#other, files, geometry);
    this.#stored = files[role].window(fields.index, 8).view(Int32Array);
  }

  /** The word that moves when there is more to do, and its value when this side looked last. */
  get awaited(): { readonly mapping: Mapping; readonly offset: number; readonly not: number } {
    const mapping = this.files[this.#role === "producer" ? "consumer" : "producer"];
    return { mapping, offset: this.#other.offset, not: this.#otherIndex };
  }

  /** Whether to try again soon, although nothing may move. */
  get late(): boolean {
    return false;
  }

  /** What keeps this side from going on, as a sentence to which how long is added. */
  abstract get state(): string;

  /** How many buckets it may use now; looks at the other's index only where it knows of fewer than are wanted. */
  protected usable(wanted: number): number {
    const known = this.#usable(this.#otherIndex);
    return known >= wanted ? known : this.#look(known);
  }

  #usable(otherIndex: number): number {
    const { buckets } = this.geometry;
    return distance(advance(this.index, this.#kept, buckets), otherIndex, buckets);
  }

  #look(known: number): number {
    const found = observeIndex(this.#other, this.files, this.geometry);
    const usable = this.#usable(found);
    // It goes round in one direction, and never past this side.
    if (usable < known) {
      throw corrupt(
        this.files,
        `the other side's index may not go from ${this.#otherIndex} to ${found} while the ${this.#role}'s is ${this.index}`,
      );
    }
    this.#checkAlone();
    this.#otherIndex = found;
    return usable;
  }

  /** Nobody else may move this side's index; a second one on this host is seen here. */
  #checkAlone(): void {
    const low = Atomics.load(this.#stored, 0) >>> 0;
    const found = (Atomics.load(this.#stored, 1) >>> 0) * 2 ** 32 + low;
    if (found === this.index) return;
    throw corrupt(
      this.files,
      `the ${this.#role}'s index must be ${this.index}, where this ${this.#role} left it, found ${found}: another one is at work`,
    );
  }

  /** The first messages of an array; the array itself where that is all. */
  protected first(messages: Uint8Array, count: number): Uint8Array {
    const length = count * (this.geometry.bucketSize - TRAILER);
    return length === messages.byteLength ? messages : messages.subarray(0, length);
  }
}
