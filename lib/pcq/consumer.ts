import { FamfsError } from "../errors.js";
import { wrongType } from "../guards.js";
import { RecordReader } from "../memory/records.js";
import { numberIn, readBucket } from "./bucket.js";
import { advance, BUCKETS_OFFSET, type Geometry, TRAILER } from "./layout.js";
import { corrupt, type Files } from "./mapped.js";
import type { Mark } from "./mark.js";
import { Side } from "./side.js";

/** A bucket that the producer's index covers and that is not right is tried this often in one call. */
const TRIES = 4;

/** After so many milliseconds of tries it is an error. */
const PATIENCE = 100;

/** How many messages are copied ahead, at most, and how many bytes of them. */
const MOST_AHEAD = 32;
const AHEAD_BYTES = 32_768;

/** The end that empties buckets. */
export class Consumer extends Side {
  readonly #records: RecordReader;
  readonly #messageSize: number = 0;
  /** Messages that were copied and not handed out yet, from {@link #nextAhead} on, so many. */
  readonly #aheadBytes: Uint8Array;
  readonly #ahead: readonly Uint8Array[];
  #nextAhead = 0;
  #readAhead = 0;
  /** When the next bucket was found wrong for the first time, in milliseconds; undefined: it was not. */
  #lateSince: number | undefined;
  /** How often a bucket was read again. */
  retries = 0;

  constructor(files: Files, geometry: Geometry, start: Mark) {
    super(files, geometry, "consumer", start);
    this.#records = new RecordReader(files.producer.span, {
      offset: BUCKETS_OFFSET,
      size: geometry.bucketSize,
      site: "pcq.bucket",
    });
    const size = geometry.bucketSize - TRAILER;
    const ahead = Math.min(Math.floor(AHEAD_BYTES / size), MOST_AHEAD);
    this.#messageSize = size;
    this.#aheadBytes = new Uint8Array(ahead * size);
    this.#ahead = Array.from({ length: ahead }, (_, i) => this.#aheadBytes.subarray(i * size, (i + 1) * size));
  }

  /** The next message should be there, and is not right. */
  override get late(): boolean {
    return this.#lateSince !== undefined;
  }

  get state(): string {
    const { path } = this.files;
    return this.late
      ? `bucket ${this.index} of the queue ${path} did not hold message ${this.nextNumber}`
      : `the queue ${path} was empty`;
  }

  /** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
  checkTarget(target: Uint8Array): void {
    if (!(target instanceof Uint8Array)) throw wrongType("target", "a Uint8Array", target);
    if (target.byteLength >= this.#messageSize) return;
    throw new FamfsError(
      "ERR_FAMFS_OUT_OF_RANGE",
      `target must have room for a message of ${this.#messageSize} bytes, found ${target.byteLength}`,
    );
  }

  /** Takes a message; undefined where there is none. @throws {FamfsError} ERR_FAMFS_CORRUPT */
  takeOne(): Uint8Array<ArrayBuffer> | undefined {
    if (this.usable(1) === 0) return undefined;
    const message = new Uint8Array(this.#messageSize);
    return this.#takeOne(message) ? message : undefined;
  }

  /** Takes as many messages as there are and as fit; returns how many. @throws {FamfsError} ERR_FAMFS_CORRUPT */
  take(target: Uint8Array): number {
    const wanted = Math.floor(target.byteLength / this.#messageSize);
    const present = Math.min(this.usable(wanted), wanted);
    if (present < 2) return present === 1 && this.#takeOne(target) ? 1 : 0;
    let taken = 0;
    // What was read ahead, what comes up to the end of the ring, and the rest.
    for (let piece = -1; taken < present && piece !== 0; taken += piece) {
      piece = this.#takePiece(taken === 0 ? target : target.subarray(taken * this.#messageSize), present - taken);
    }
    return taken;
  }

  #takePiece(target: Uint8Array, count: number): number {
    if (this.#readAhead > 0) return this.#takeOne(target) ? 1 : 0;
    const right = this.#read(target, count);
    if (right > 0) this.#free(right);
    return right;
  }

  /** A trip to memory takes as long for one message as for several: the next ones are copied with it, and freed later. */
  #takeOne(target: Uint8Array): boolean {
    if (this.#ahead.length < 2) return this.#takePiece(target, 1) === 1;
    if (this.#readAhead === 0) {
      this.#readAhead = this.#read(this.#aheadBytes, Math.min(this.usable(1), this.#ahead.length));
      this.#nextAhead = 0;
      if (this.#readAhead === 0) return false;
    }
    target.set(this.#ahead[this.#nextAhead++] as Uint8Array);
    this.#readAhead--;
    this.#free(1);
    return true;
  }

  /** Copies up to so many messages; returns how many were right. */
  #read(target: Uint8Array, count: number): number {
    const { index, nextNumber } = this;
    const first = Math.min(count, this.geometry.buckets - index);
    let right = this.#records.fetch(index, nextNumber, this.first(target, first));
    if (right < first) this.retries++;
    for (let tries = 1; right === 0 && tries < TRIES; tries++) {
      right = this.#records.fetch(index, nextNumber, this.first(target, 1));
      if (right === 0) this.retries++;
    }
    if (right === 0) return this.#noteLate();
    this.#lateSince = undefined;
    return right;
  }

  /** Gives the next buckets back to the producer. */
  #free(count: number): void {
    this.index = advance(this.index, count, this.geometry.buckets);
    this.nextNumber += count;
    this.writer.move(this.nextNumber, this.index);
  }

  /**
   * The bucket holds an earlier message, or a part of one. Memory that keeps its promises shows the right one as soon as
   * the index was seen; a producer that writes back too little shows it when its lines happen to be evicted.
   */
  #noteLate(): 0 {
    const now = performance.now();
    this.#lateSince ??= now;
    if (now - this.#lateSince >= PATIENCE) throw this.#wrong();
    return 0;
  }

  #wrong(): FamfsError {
    const { index, nextNumber } = this;
    const { number, checksum, rightChecksum } = readBucket(this.files, this.geometry, index);
    const found =
      checksum === rightChecksum
        ? `message ${number}, whole`
        : `checksum 0x${checksum.toString(16)} on message ${number}, where 0x${rightChecksum.toString(16)} is right`;
    return corrupt(
      this.files,
      `bucket ${index} must hold message ${nextNumber}, found ${found}; drain() goes on behind all that is there`,
    );
  }

  /** Frees all buckets unread, and takes the number of the next message from the newest. Returns how many. */
  drain(): number {
    const { buckets } = this.geometry;
    const present = this.usable(buckets);
    if (present === 0) return 0;
    const newest = numberIn(this.files, this.geometry, advance(this.index, present - 1, buckets));
    if (newest !== undefined) this.nextNumber = newest + 1 - present;
    this.#lateSince = undefined;
    this.#readAhead = 0;
    this.#free(present);
    return present;
  }
}
