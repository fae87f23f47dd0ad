import { setImmediate as nextTurn } from "node:timers/promises";
import { FamfsError } from "../../errors.js";
import { integer, options, wrongType } from "../../guards.js";
import type { Fields, View } from "../../schema/infer.js";
import type { Schema } from "../../schema/struct.js";
import { type PatienceOptions, settlePatience } from "../../segment/patience.js";
import { corrupt } from "../checks.js";
import { TAIL } from "./layout.js";
import type { MessagesOptions, ReadSyncOptions } from "./options.js";
import { Copies, type Ring } from "./ring.js";

/** A message whose checksum is wrong is copied again so often. */
const ATTEMPTS = 16;

/** The event loop has its turn after so many messages that were there already. */
const MESSAGES_OF_A_TURN = 256;

/**
 * One reader of a broadcast, with a position of its own, which nobody else knows: it holds up nobody. Made by
 * {@link SharedBroadcast.reader}.
 *
 * Messages are copied into private memory that belongs to this object: views of them are valid until the next read;
 * `toObject()` keeps one.
 *
 * A reader that falls more than `capacity` messages behind is *lapped*: the next read throws ERR_FAMFS_LAPPED, whose
 * `lost` says how many messages it never got. It then stands in the middle of those that are still there, so that it is
 * not lapped again at once, and the read after that goes on from there.
 */
export class BroadcastReader<F extends Fields = Fields> {
  readonly #ring: Ring;
  readonly #name: string;
  readonly #copies: Copies;
  readonly #first: View<F>;
  /** The number of the next message, and its slot. */
  #position = 0;
  #slot = 0;
  /** As it was observed last. */
  #tail = 0;
  /** Messages of the last read. */
  #count = 0;

  /** @internal */
  constructor(ring: Ring, schema: Schema<F>, name: string, from: "oldest" | "now") {
    this.#ring = ring;
    this.#name = name;
    this.#copies = new Copies(ring.slotSize * ring.shape.run);
    this.#first = schema.view(this.#copies.bytes);
    this.#tail = ring.tail.observe();
    this.#moveTo(from === "now" ? this.#tail : Math.max(0, this.#tail - ring.shape.capacity));
  }

  /** The number of the message that the next read begins with; the first one ever has the number 0. */
  get position(): number {
    return this.#position;
  }

  /**
   * The next message.
   * @returns undefined where there is none yet
   * @throws {FamfsError} ERR_FAMFS_LAPPED, ERR_FAMFS_CORRUPT (after which the reader stands behind the damaged message),
   * ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  tryRead(): View<F> | undefined {
    return this.#take(1) === 0 ? undefined : this.#first;
  }

  /**
   * The next messages at once, which costs little more than one: they are had from {@link at}.
   * @param limit how many at most, from 1. Default: the broadcast's `run`, which is also the most
   * @returns how many; 0 where there are none yet, and fewer than wanted also at the end of the slots
   * @throws {FamfsError} as {@link tryRead}; ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE
   */
  tryReadRun(limit: number = this.#ring.shape.run): number {
    return this.#take(Math.min(integer("limit", limit, 1), this.#ring.shape.run));
  }

  /**
   * A new view of a message of the last read.
   * @param index from 0
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE
   */
  at(index: number): View<F> {
    if (index >>> 0 !== index || index >= this.#count) this.#refuseIndex(index);
    return this.#first.viewAt(index * this.#ring.slotSize);
  }

  /**
   * The next message; waits for it.
   * @throws {FamfsError} ERR_FAMFS_TIMEOUT, and as {@link tryRead}; the signal's reason
   */
  async read(callerOptions?: PatienceOptions): Promise<View<F>> {
    const { timeout, signal } = settlePatience(options("read", callerOptions, ["timeout", "signal"]));
    signal?.throwIfAborted();
    const end = performance.now() + timeout;
    for (;;) {
      const message = this.tryRead();
      if (message !== undefined) return message;
      const left = Math.max(end - performance.now(), 0);
      await this.#ring.memory
        .waitUntil(TAIL, this.#isNew, { timeout: left, signal })
        .catch((error: unknown) => this.#explain(error, timeout));
    }
  }

  /**
   * The same on this thread, which does nothing else meanwhile: for workers.
   * @throws {FamfsError} as {@link read}
   */
  readSync(callerOptions: ReadSyncOptions): View<F> {
    const given = options("readSync", callerOptions, ["timeout"]);
    if (given.timeout === undefined) throw wrongType("timeout", "a number of milliseconds", given.timeout);
    const { timeout } = settlePatience(given);
    const end = performance.now() + timeout;
    for (;;) {
      const message = this.tryRead();
      if (message !== undefined) return message;
      try {
        this.#ring.memory.waitUntilSync(TAIL, this.#isNew, { timeout: Math.max(end - performance.now(), 0) });
      } catch (error) {
        this.#explain(error, timeout);
      }
    }
  }

  /**
   * Each message from the position on, for `for await`; waits for those to come. A message's view is valid until the
   * next step.
   * @param callerOptions `signal` ends it quietly; `onLapped` is called with the number of lost messages, then it goes
   * on; without it ERR_FAMFS_LAPPED ends it
   * @throws {FamfsError} as {@link tryRead}; ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_UNKNOWN_OPTION
   */
  async *messages(callerOptions?: MessagesOptions): AsyncGenerator<View<F>, void, undefined> {
    const { signal, onLapped } = options("messages", callerOptions, ["signal", "onLapped"]);
    if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrongType("signal", "an AbortSignal", signal);
    if (onLapped !== undefined && typeof onLapped !== "function") throw wrongType("onLapped", "a function", onLapped);
    for (let turn = 1; signal?.aborted !== true; turn++) {
      const message = this.#readOrSkip(onLapped);
      if (message !== undefined) yield message;
      else if (!(await this.#waitForMore(signal))) return;
      if (turn % MESSAGES_OF_A_TURN === 0) await nextTurn();
    }
  }

  #readOrSkip(onLapped: ((lost: number) => void) | undefined): View<F> | undefined {
    for (;;) {
      try {
        return this.tryRead();
      } catch (error) {
        if (onLapped === undefined || !(error instanceof FamfsError) || error.code !== "ERR_FAMFS_LAPPED") throw error;
        onLapped(error.lost as number);
      }
    }
  }

  /** @returns false where the signal was aborted */
  async #waitForMore(signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await this.#ring.memory.waitUntil(TAIL, this.#isNew, { signal });
    } catch (error) {
      if (signal?.aborted === true) return false;
      throw error;
    }
    return true;
  }

  get #isNew() {
    return { bits: 64, not: this.#tail } as const;
  }

  #explain(error: unknown, timeout: number): void {
    if (!(error instanceof FamfsError) || error.code !== "ERR_FAMFS_TIMEOUT") throw error;
    throw new FamfsError(
      "ERR_FAMFS_TIMEOUT",
      `no message number ${this.#position} came to ${this.#what} within ${timeout} ms`,
    );
  }

  /** R3: the tail, the copies, the tail again. The tail seen last serves as the first look while it says enough. */
  #take(limit: number): number {
    this.#count = 0;
    if (this.#tail === this.#position) this.#look();
    const count = this.#ring.contiguous(this.#slot, Math.min(limit, this.#tail - this.#position));
    if (count === 0) return 0;
    let whole = 0;
    for (let attempt = 0; whole === 0 && attempt < ATTEMPTS; attempt++) {
      this.#ring.copy(this.#slot, count, this.#copies);
      this.#look();
      if (this.#tail - this.#position > this.#ring.shape.capacity) throw this.#lapped();
      whole = this.#ring.wholeOnes(this.#copies, this.#position, count);
    }
    const damaged = this.#position;
    this.#advance(Math.max(whole, 1));
    if (whole === 0) throw this.#damaged(damaged);
    this.#count = whole;
    return whole;
  }

  /** R6: a tail that shrinks is none. */
  #look(): void {
    const tail = this.#ring.tail.observe();
    if (tail < this.#tail) throw corrupt(this.#what, `a tail of ${tail} after one of ${this.#tail}`);
    this.#tail = tail;
  }

  #advance(count: number): void {
    this.#position += count;
    this.#slot += count;
    if (this.#slot === this.#ring.slotCount) this.#slot = 0;
  }

  #moveTo(position: number): void {
    this.#position = position;
    this.#slot = this.#ring.slotOf(position);
  }

  #lapped(): FamfsError {
    const next = this.#tail - Math.ceil(this.#ring.shape.capacity / 2);
    const lost = next - this.#position;
    this.#moveTo(next);
    return new FamfsError(
      "ERR_FAMFS_LAPPED",
      `a reader of ${this.#what} fell more than ${this.#ring.shape.capacity} messages behind and has lost ${lost}; the next read goes on with number ${next}. Read more at a time, or make it with a larger capacity`,
      { lost },
    );
  }

  #damaged(number: number): FamfsError {
    return new FamfsError(
      "ERR_FAMFS_CORRUPT",
      `message ${number} of ${this.#what} has a wrong checksum, ${ATTEMPTS} times in a row: its lines are of different writes, so this memory does not do what docs/memory-model.md assumes, or something else stores here. The next read goes on behind it`,
    );
  }

  #refuseIndex(index: number): never {
    if (this.#count > 0) integer("index", index, 0, this.#count - 1);
    throw new FamfsError("ERR_FAMFS_OUT_OF_RANGE", `index must be that of a message, and the last read had none`);
  }

  get #what(): string {
    return `the broadcast ${JSON.stringify(this.#name)}`;
  }
}
