import { FamfsError } from "../../errors.js";
import type { Mapping } from "../../memory/mapping.js";
import type { Span } from "../../memory/span.js";
import { type WaitSyncOptions, wake } from "../../memory/wait.js";
import { slotClaim } from "../../segment/liveness.js";
import type { Participant } from "../../segment/participant.js";
import type { Patience } from "../../segment/patience.js";
import { corrupt } from "../checks.js";
import type { Waiting } from "../structure-lock.js";
import type { Exclusion } from "./exclusion.js";
import { HoldLine, ownerOf, packOwner } from "./layout.js";

/** Who waits looks after so long whether the owner has died, at first and later, in milliseconds. */
const FIRST_LOOK = 2;
const LOOK = 10;

/** On coherent memory: one word, changed by compare-and-swap, at which sleepers sleep in a futex. */
export class SwapLock implements Exclusion {
  readonly #participant: Participant;
  readonly #memory: Mapping;
  readonly #span: Span;
  readonly #waiting: Waiting;
  readonly #words: Int32Array;
  readonly #mine: number = 0;

  /** @param line the line of the hold */
  constructor(participant: Participant, line: Mapping, waiting: Waiting) {
    this.#participant = participant;
    this.#memory = line;
    this.#span = line.span;
    this.#waiting = waiting;
    this.#words = line.view(Int32Array, 0, HoldLine.size / 4);
    this.#mine = packOwner(participant.index, participant.incarnation);
  }

  /** Enters where the lock is free: one instruction. */
  enterAtOnce(): boolean {
    return this.#swap() === 0;
  }

  tryEnter(): boolean {
    return this.#swap() === 0 || this.#takeOver();
  }

  async enter({ timeout, signal }: Patience): Promise<void> {
    const deadline = performance.now() + timeout;
    for (let look = FIRST_LOOK; ; look = LOOK) {
      const found = this.#swap();
      if (found === 0) return;
      const limits = { timeout: Math.min(look, Math.max(0, deadline - performance.now())), waiters: HoldLine.sleepers };
      const waiting = this.#memory.waitUntil(HoldLine.word, { bits: 32, not: found }, { ...limits, signal });
      const changed = await waiting.then(isTrue, isNoTimeout);
      if (!changed && this.#takeOver()) return;
      this.#checkDeadline(deadline, timeout);
    }
  }

  enterSync(timeout: number): void {
    if (this.#swap() !== 0) this.#waitSync(timeout);
  }

  #waitSync(timeout: number): void {
    const deadline = performance.now() + timeout;
    for (let look = FIRST_LOOK; ; look = LOOK) {
      const found = this.#swap();
      if (found === 0) return;
      const limits = { timeout: Math.min(look, Math.max(0, deadline - performance.now())), waiters: HoldLine.sleepers };
      if (!this.#sleepSync(found, limits) && this.#takeOver()) return;
      this.#checkDeadline(deadline, timeout);
    }
  }

  /**
   * Sleepers set their word before they look at the lock's for the last time, so none is missed. The store is a full
   * fence, so a plain look at their word will do.
   */
  leave(): void {
    this.#span.check();
    Atomics.store(this.#words, HoldLine.word / 4, 0);
    if (this.#words[HoldLine.sleepers / 4] !== 0) wake(this.#span, HoldLine.word, HoldLine.sleepers);
  }

  /** @returns what was found: 0 where the lock is this participant's now */
  #swap(): number {
    this.#span.check();
    const found = Atomics.compareExchange(this.#words, HoldLine.word / 4, 0, this.#mine) >>> 0;
    this.#span.check();
    return found;
  }

  /** Takes the place of an owner that has ended. */
  #takeOver(): boolean {
    const found = Atomics.load(this.#words, HoldLine.word / 4);
    if (found === 0 || this.#isOwned(found >>> 0)) return false;
    return Atomics.compareExchange(this.#words, HoldLine.word / 4, found, this.#mine) === found;
  }

  /** @throws {FamfsError} ERR_FAMFS_CORRUPT */
  #isOwned(word: number): boolean {
    const { memory } = this.#participant;
    const index = this.#ownerOf(word);
    return packOwner(index, slotClaim(memory, index).incarnation) === word && this.#waiting.matters(index);
  }

  #ownerOf(word: number): number {
    const index = ownerOf(word, this.#participant.memory.layout.participants);
    if (index === undefined) throw corrupt("the mutex", `the owner ${word}`);
    return index;
  }

  #checkDeadline(deadline: number, timeout: number): void {
    if (performance.now() < deadline) return;
    const word = Atomics.load(this.#words, HoldLine.word / 4) >>> 0;
    // It was given back this moment: one more attempt is due to who waited so long.
    if (word !== 0) throw this.#waiting.late(this.#ownerOf(word), timeout);
  }

  #sleepSync(found: number, limits: WaitSyncOptions): boolean {
    try {
      this.#memory.waitUntilSync(HoldLine.word, { bits: 32, not: found }, limits);
      return true;
    } catch (error) {
      return isNoTimeout(error);
    }
  }
}

function isTrue(): boolean {
  return true;
}

/** @returns false for a time-out */
function isNoTimeout(error: unknown): boolean {
  if (error instanceof FamfsError && error.code === "ERR_FAMFS_TIMEOUT") return false;
  throw error;
}
