import { FamfsError } from "../../errors.js";
import type { Inlet } from "./inlet.js";
import type { Awaited, QueueMemory } from "./lane.js";
import { Run } from "./run.js";
import { allUsedLanes, type UsedLanes } from "./used.js";

/** After so many turns of lanes it is looked for lanes that came into use, also where there is enough to do. */
const TURNS = 64;

/**
 * The end of a queue that takes messages out of all lanes in use, which have turns. What it gave out last is in hand: it
 * is consumed by {@link release}, and delivered again where that does not happen.
 */
export class Consumer<V> {
  /** What {@link nextRun} gave. */
  readonly run: Run<V>;
  readonly #makeInlet: (lane: number) => Inlet<V>;
  readonly #used: readonly UsedLanes[];
  readonly #capacity: number = 0;
  readonly #inlets: Inlet<V>[] = [];
  /** Found in use, and not looked at yet. */
  readonly #found: number[] = [];
  readonly #noteFound = (lane: number) => void this.#found.push(lane);
  /** Whose turn it is. */
  #current: Inlet<V> | undefined;
  #place = 0;
  #turns = 0;
  /** Messages of the current lane that are in hand. */
  #held = 0;

  constructor(memory: QueueMemory, makeInlet: (lane: number) => Inlet<V>) {
    this.run = new Run(memory.shape.unit);
    this.#makeInlet = makeInlet;
    this.#capacity = memory.shape.capacity;
    this.#used = memory.shape.producers === "any" ? allUsedLanes(memory) : [];
    if (memory.shape.producers === "one") this.#found.push(0);
  }

  /** The next message, in place; undefined where there is none. What was in hand is consumed before. */
  next(): V | undefined {
    if (this.#held !== 0) this.release();
    for (;;) {
      const current = this.#current;
      const inlet = current?.isReady ? current : this.#turn();
      if (inlet === undefined) return undefined;
      const message = this.#nextOf(inlet);
      if (message === undefined) continue;
      this.#held = 1;
      return message;
    }
  }

  #nextOf(inlet: Inlet<V>): V | undefined {
    try {
      return inlet.next();
    } catch (error) {
      return this.#leaveOut(inlet, error);
    }
  }

  /** Messages that are contiguous, up to `wanted`: how many, 0 where there are none. */
  nextRun(wanted: number): number {
    if (this.#held !== 0) this.release();
    const current = this.#current;
    const inlet = current?.isReady ? current : this.#turn();
    this.#held = inlet === undefined ? 0 : inlet.run(wanted, this.run);
    return this.#held;
  }

  /** Calls `fn` for what is there, at most for as many as the lanes in use hold, and consumes it. How many it was. */
  drain(fn: (message: V) => void, limit: number): number {
    if (this.#held !== 0) this.release();
    this.#lookForLanes();
    const most = Math.min(limit, this.#inlets.length * this.#capacity);
    let count = 0;
    while (count < most) {
      const current = this.#current;
      const inlet = current?.isReady ? current : this.#turn();
      if (inlet === undefined) break;
      count += this.#drainOne(inlet, fn, most - count);
    }
    return count;
  }

  #drainOne(inlet: Inlet<V>, fn: (message: V) => void, limit: number): number {
    try {
      return inlet.drain(fn, limit);
    } catch (error) {
      return this.#leaveOut(inlet, error);
    }
  }

  copyOf(message: V): V {
    return (this.#current as Inlet<V>).copyOf(message);
  }

  get held(): number {
    return this.#held;
  }

  /** Consumes what is in hand, or the first messages of it; the others are not in hand any more. */
  release(count = this.#held): void {
    const inlet = this.#current;
    if (inlet === undefined || this.#held === 0) return;
    if (count > 0) inlet.release(inlet.sizeOf(count));
    this.#held = 0;
    this.run.length = 0;
  }

  /** The next lane with something in it, and its turn from now on. */
  #turn(): Inlet<V> | undefined {
    this.#turns = (this.#turns + 1) % TURNS;
    if (this.#turns === 0) this.#lookForLanes();
    const inlet = this.#firstReady(this.#inlets.length);
    if (inlet !== undefined || (this.#used.length === 0 && this.#found.length === 0)) return inlet;
    const before = this.#inlets.length;
    this.#lookForLanes();
    const count = this.#inlets.length - before;
    this.#place = Math.max(0, before - 1);
    return count === 0 ? undefined : this.#firstReady(count);
  }

  #firstReady(count: number): Inlet<V> | undefined {
    for (let i = 0; i < count; i++) {
      this.#place = this.#place + 1 < this.#inlets.length ? this.#place + 1 : 0;
      const inlet = this.#inlets[this.#place] as Inlet<V>;
      if (!this.#looks(inlet)) continue;
      this.#current = inlet;
      return inlet;
    }
    return undefined;
  }

  #looks(inlet: Inlet<V>): boolean {
    try {
      return inlet.look();
    } catch (error) {
      return this.#leaveOut(inlet, error);
    }
  }

  #lookForLanes(): void {
    for (const used of this.#used) used.look(this.#noteFound);
    for (let lane = this.#found.pop(); lane !== undefined; lane = this.#found.pop())
      this.#inlets.push(this.#makeInlet(lane));
  }

  /** A damaged lane is an error once, and then left out, so that the others go on. */
  #leaveOut(inlet: Inlet<V>, error: unknown): never {
    if (error instanceof FamfsError && error.code === "ERR_FAMFS_CORRUPT") {
      this.#inlets.splice(this.#inlets.indexOf(inlet), 1);
      if (this.#current === inlet) this.#current = undefined;
    }
    throw error;
  }

  /** Ends waits for messages. */
  close(): void {
    for (const inlet of this.#inlets) inlet.close();
    for (const used of this.#used) used.close();
  }

  /** What changes when there is more to take: the lane that had its turn last comes first. */
  get awaited(): Awaited[] {
    const { length } = this.#inlets;
    const tails = this.#inlets.map((_, i) => (this.#inlets[(this.#place + i) % length] as Inlet<V>).awaited);
    for (const { awaited } of this.#used) if (awaited !== undefined) tails.push(awaited);
    return tails;
  }
}
