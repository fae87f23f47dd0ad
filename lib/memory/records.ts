import type { NativeTreatment } from "../../types/native.js";
import { native } from "../native/binding.js";
import { treatment } from "./coherence.js";
import type { Span } from "./span.js";

/*
 * Records of one size, one after the other, moved or looked through many at a time by the addon (src-native/bulk.cc).
 * Those that are moved are a payload each with its number and a CRC-32 of both, and lie where nobody else is: a word
 * publishes and frees them. Callers keep indexes and numbers in their ranges.
 */

/** Where records are in a mapping, in bytes. */
export interface RecordPlace {
  readonly offset: number;
  /** Of a record; of one that is moved: 16 more than its payload, a multiple of 8. */
  readonly size: number;
  readonly site: string;
}

/** Where what moves with records is in a mapping, in bytes. */
export interface MarkPlace {
  /** The 64-bit word that publishes them. */
  readonly word: number;
  /** The 64-bit number of the next record. */
  readonly counter: number;
  readonly site: string;
}

/** Records to look through. */
export interface RecordRange extends RecordPlace {
  readonly count: number;
}

const NOTHING = new Uint8Array(0);

/** What one writer moves: a word and a counter, and the records that they publish. */
export class RecordWriter {
  readonly #span: Span;
  readonly #treatment: NativeTreatment;
  readonly #offset: number;
  readonly #size: number;
  /** The arguments of the call, filled in each time. */
  readonly #numbers: Float64Array;

  /** @param records undefined for a reader, who only moves the mark */
  constructor(span: Span, mark: MarkPlace, records?: Omit<RecordPlace, "site">) {
    const { offset = 0, size = 32 } = records ?? {};
    this.#span = span;
    this.#treatment = treatment(span.region.traits.coherence, mark.site, true);
    this.#offset = span.base + offset;
    this.#size = size;
    this.#numbers = Float64Array.of(this.#offset, size, 0, span.base + mark.counter, span.base + mark.word, 0);
  }

  /**
   * Stores records and moves the word behind them. When it returns, what this thread stores from now on is seen after
   * them; unlike after {@link CommitWord.publish}, what it loads may be older.
   * @param index of the first record
   * @param number of the first record
   * @param payloads one after the other
   * @param value of the word
   */
  publish(index: number, number: number, payloads: Uint8Array, value: number): void {
    const { region } = this.#span;
    const numbers = this.#numbers;
    this.#span.check();
    numbers[0] = this.#offset + index * this.#size;
    numbers[2] = number;
    numbers[5] = value;
    native().publishRecords(region.slot, this.#treatment, numbers, payloads);
    region.check();
  }

  /** Moves the word, and the counter to `number`. */
  move(number: number, value: number): void {
    this.publish(0, number, NOTHING, value);
  }
}

/** Reads the records that another one publishes. */
export class RecordReader {
  readonly #span: Span;
  readonly #treatment: NativeTreatment;
  readonly #offset: number;
  readonly #size: number;
  readonly #numbers: Float64Array;

  constructor(span: Span, { offset, size, site }: RecordPlace) {
    this.#span = span;
    this.#treatment = treatment(span.region.traits.coherence, site);
    this.#offset = span.base + offset;
    this.#size = size;
    this.#numbers = Float64Array.of(0, size, 0);
  }

  /**
   * Fetches records (R3) and copies their payloads.
   * @param payloads private memory; as many records are read as it has room for
   * @returns how many, from the first on, had the numbers expected and the right checksums; what comes after them in
   * `payloads` is worthless
   */
  fetch(index: number, number: number, payloads: Uint8Array): number {
    const { region } = this.#span;
    const numbers = this.#numbers;
    this.#span.check();
    numbers[0] = this.#offset + index * this.#size;
    numbers[2] = number;
    const right = native().fetchRecords(region.slot, this.#treatment, numbers, payloads);
    region.check();
    return right;
  }
}

/**
 * Looks for a record that begins with certain bytes. The records were fetched before; they may be changing, so what is
 * found is a hint where to look.
 * @param range `offset`: of what is compared in the first record; `size`: from one record to the next
 * @param bytes private memory, at most 256 bytes
 * @returns the index of the first one; undefined where there is none
 */
export function findRecord(span: Span, range: RecordRange, bytes: Uint8Array): number | undefined {
  const { region } = span;
  const { offset, size, count, site } = range;
  span.check();
  const how = treatment(region.traits.coherence, site);
  const index = native().findRecord(region.slot, how, span.base + offset, size, count, bytes);
  region.check();
  return index < 0 ? undefined : index;
}
