import { FamfsError } from "../../errors.js";
import { integer } from "../../guards.js";
import { failPoint } from "../../memory/fail-point.js";
import { corrupt } from "../checks.js";
import { Lane, type QueueMemory } from "./lane.js";
import { Run } from "./run.js";
import { usedLanesOf } from "./used.js";

/**
 * The end of a lane that stores messages. Of a participant's lane there is one, however often the participant opens the
 * queue: it alone knows how far it is.
 */
export abstract class Producer<V, I> {
  readonly lane: Lane;
  /** What {@link claimRun} claimed. */
  readonly run: Run<V>;
  /** Of the ring, in units: slots, or bytes. */
  protected readonly capacity: number = 0;
  /** What is claimed and neither committed nor given up, in units; 0 is nothing. */
  protected claimed = 0;
  readonly #memory: QueueMemory;
  /** Of a unit, in bytes. */
  readonly #unit: number = 0;
  /** How far this producer is. */
  #tail = 0;
  /** Where in the ring that is, in units. */
  #index = 0;
  /** How far the consumer is, as far as this producer knows. */
  #head = 0;
  #inUse = false;

  constructor(memory: QueueMemory, lane: number) {
    const { capacity, unit } = memory.shape;
    this.lane = new Lane(memory, lane);
    this.run = new Run(unit);
    this.capacity = capacity;
    this.#memory = memory;
    this.#unit = unit;
    this.#tail = this.lane.tail.observe();
    this.#index = (this.#tail % capacity) | 0;
    // As if the lane were full: the first message is stored after a look at its head.
    this.#head = this.#tail - capacity;
  }

  /** Puts a message into the lane; false where there is no room. */
  abstract tryPush(message: I): boolean;

  /** Room for the next message, of `length` bytes where messages have any length; undefined where there is none. */
  abstract claim(length: number | undefined): V | undefined;

  /** Room for messages that are contiguous, up to `wanted`: for how many. */
  abstract claimRun(wanted: number): number;

  /** What the head was when this producer looked last. */
  get head(): number {
    return this.#head;
  }

  /** Where the next message goes, in bytes from the start of the ring. */
  protected get at(): number {
    return this.#index * this.#unit;
  }

  /** How many units there are up to the end of the ring. */
  protected get rest(): number {
    return this.capacity - this.#index;
  }

  /** How many units are free. Looks at the head only where it knows of fewer than are wanted. */
  protected room(wanted: number): number {
    const known = this.capacity - (this.#tail - this.#head);
    return known >= wanted ? known : this.#look();
  }

  #look(): number {
    if (!this.#inUse) this.#use();
    const head = this.lane.head.observe();
    if (head > this.#tail || this.#tail - head > this.capacity || head < this.#head) {
      throw corrupt(
        `lane ${this.lane.index} of ${this.#memory.what}`,
        `${head} as its head, which was ${Math.max(this.#head, 0)}, with ${this.#tail} as its tail`,
      );
    }
    this.#head = head;
    return this.capacity - (this.#tail - head);
  }

  /** The consumer looks only at lanes in use. */
  #use(): void {
    if (this.#memory.shape.producers === "any") usedLanesOf(this.#memory, this.lane.index).add(this.lane.index);
    this.#inUse = true;
  }

  /** Commits what was stored at {@link at}. */
  protected publish(units: number): void {
    failPoint("queue.push.stored");
    this.lane.publish(this.#tail + units, this.at, units * this.#unit);
    this.#tail += units;
    this.#index += units;
    if (this.#index === this.capacity) this.#index = 0;
    failPoint("queue.push.published");
  }

  protected checkUnclaimed(): void {
    if (this.claimed !== 0) throw stillClaimed();
  }

  /** Forgets a claim. */
  abort(): void {
    this.claimed = 0;
    this.run.length = 0;
  }

  /**
   * Commits what was claimed, or the first `count` messages of it.
   * @throws {FamfsError} ERR_FAMFS_INVALID_STATE, ERR_FAMFS_OUT_OF_RANGE
   */
  commit(count?: number): void {
    const { claimed } = this;
    if (claimed === 0) throw nothingClaimed();
    const units = count === undefined ? claimed : this.unitsOf(count);
    if (units > 0) this.publish(units);
    this.claimed = 0;
    this.run.length = 0;
  }

  /** Of the first `count` messages of those that are claimed. */
  protected unitsOf(count: number): number {
    return integer("count", count, 0, this.claimed);
  }
}

function stillClaimed(): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_INVALID_STATE",
    "this lane has a claim that is open; commit() or abort() it before the next message",
  );
}

function nothingClaimed(): FamfsError {
  return new FamfsError("ERR_FAMFS_INVALID_STATE", "nothing is claimed; claim() or claimRun() before commit");
}
