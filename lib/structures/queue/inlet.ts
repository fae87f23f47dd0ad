import { failPoint } from "../../memory/fail-point.js";
import { corrupt } from "../checks.js";
import { type Awaited, awaitedTail, Lane, type QueueMemory } from "./lane.js";
import type { Run } from "./run.js";

/** So many bytes are made loadable at once, at most, before the other lanes have their turn. */
const TURN_BYTES = 32_768;

/** The end of a lane that takes messages out: one for each lane in use, all of them the consumer's. */
export abstract class Inlet<V> {
  readonly lane: Lane;
  protected readonly capacity: number = 0;
  protected readonly what: string;
  /** How far the consumer is, as it published it. */
  protected head = 0;
  /** Where in the ring that is, in units. */
  protected index = 0;
  /** Up to where messages were made loadable. */
  protected ready = 0;
  /** Whether the consumer gave its role back. */
  protected closed = false;
  readonly #unit: number = 0;
  readonly #turn: number = 0;
  readonly #awaited: Omit<Awaited, "not">;
  /** How far the producer was when it was looked at last. */
  #tail = 0;

  /** @throws {FamfsError} ERR_FAMFS_CORRUPT */
  constructor(memory: QueueMemory, lane: number) {
    const { capacity, unit } = memory.shape;
    this.lane = new Lane(memory, lane);
    this.capacity = capacity;
    this.what = `lane ${lane} of ${memory.what}`;
    this.#unit = unit;
    this.#turn = Math.max(1, Math.floor(TURN_BYTES / unit));
    this.#awaited = awaitedTail(memory, lane);
    this.head = this.lane.head.observe();
    this.index = (this.head % capacity) | 0;
    this.ready = this.head;
    this.#tail = this.head;
  }

  /** The next message; undefined where nothing is loadable. It stays in the lane until it is released. */
  abstract next(): V | undefined;

  /** What {@link next} gave, or the first ones of a run, in units. */
  abstract sizeOf(count: number): number;

  /** How many messages from here on are contiguous and loadable, up to `wanted`; `run` is then where. */
  abstract run(wanted: number, run: Run<V>): number;

  /**
   * Calls `fn` for messages that are loadable, up to `limit`, and consumes those for which it returned.
   * @returns how many; 0 also where only room was left out
   */
  abstract drain(fn: (message: V) => void, limit: number): number;

  /** A message that stays as it is: `next` again, as a copy. */
  abstract copyOf(message: V): V;

  get isReady(): boolean {
    return this.head < this.ready;
  }

  /** The tail, as it was seen last. */
  get awaited(): Awaited {
    return { ...this.#awaited, not: this.#tail };
  }

  /** Makes what is in the lane loadable, as much as its turn allows. False where there is nothing. */
  look(): boolean {
    if (this.#tail === this.head) {
      this.#tail = this.#observe();
      if (this.#tail === this.head) return false;
    }
    this.ready = this.head;
    this.makeReady(Math.min(this.#tail - this.head, this.capacity - this.index, this.#turn));
    failPoint("queue.take.fetched");
    return true;
  }

  /** Makes so many units from the head on loadable. */
  protected makeReady(units: number): void {
    const known = this.ready - this.head;
    if (units <= known) return;
    if (units > this.#tail - this.head || units > this.capacity - this.index)
      throw corrupt(this.what, `a message of ${units} bytes at ${this.head}, with ${this.#tail} as its tail`);
    this.lane.fetch((this.index + known) * this.#unit, (units - known) * this.#unit);
    this.ready = this.head + units;
  }

  /** R6, also where the head was damaged: what is between the two must fit into the ring. */
  #observe(): number {
    const tail = this.lane.tail.observe();
    if (tail >= this.#tail && tail - this.head <= this.capacity) return tail;
    throw corrupt(this.what, `${tail} as its tail, which was ${this.#tail}, with ${this.head} as its head`);
  }

  /** Ends waits for its tail. */
  close(): void {
    this.closed = true;
    this.#awaited.memory.close();
  }

  /** Consumes so many units. */
  release(units: number): void {
    if (this.closed) return;
    this.lane.head.set(this.head + units);
    this.head += units;
    this.index += units;
    if (this.index === this.capacity) this.index = 0;
    failPoint("queue.take.released");
  }
}
