import { setTimeout as sleep } from "node:timers/promises";
import { FamfsError } from "../errors.js";
import type { CommitWord } from "../memory/commit-word.js";
import { failPoint } from "../memory/fail-point.js";
import { sleepSync } from "../memory/sleep.js";
import type { Patience } from "./patience.js";

/*
 * Lamport's bakery: mutual exclusion between participants of which each stores to its own word only (R5). bakery.pml
 * beside it is its model. A word is a ticket times 4 and a state. Tickets are never reset: they are the lock's tokens.
 */

const IDLE = 0;
const CHOOSING = 1;
const IN_LINE = 2;

const MOST_TICKETS = 2 ** 50;

/** What a lock must know of the others. */
export interface Others {
  readonly count: number;
  /** Whether another one must be waited for: it is neither known dead, nor fenced by this participant. */
  matters(index: number): boolean;
  /** The error of who waited for one that matters for too long, in milliseconds. */
  late(index: number, timeout: number): FamfsError;
}

/** One participant's view of a lock between participants. */
export class Bakery {
  readonly #word: (index: number) => CommitWord;
  readonly #me: number;
  readonly #others: Others;
  #ticket = 0;
  /** The first one that is not known to be behind this one. */
  #next = 0;

  /**
   * @param word each participant's word; `me`'s is stored to
   */
  constructor(word: (index: number) => CommitWord, me: number, others: Others) {
    this.#word = word;
    this.#me = me;
    this.#others = others;
  }

  /** The token of this participant's last entry: higher than that of every earlier one of anybody (R8b). */
  get ticket(): number {
    return this.#ticket;
  }

  /** After the slot was claimed, with what its last holder left in the word: it ends, but the ticket. */
  reset(left: number): void {
    this.#ticket = Math.floor(left / 4);
    this.#publish(IDLE);
  }

  /** Takes a ticket and gets in line. */
  enter(): void {
    this.#publish(CHOOSING);
    failPoint("segment.bakery.choosing");
    let highest = this.#ticket;
    for (let index = 0; index < this.#others.count; index++) {
      if (index !== this.#me) highest = Math.max(highest, Math.floor(this.#word(index).observe() / 4));
    }
    if (highest >= MOST_TICKETS) throw this.#corrupt(highest);
    this.#ticket = highest + 1;
    this.#next = 0;
    this.#publish(IN_LINE);
    failPoint("segment.bakery.in-line");
  }

  /** Looks whether it is this participant's turn. */
  isInside(): boolean {
    for (; this.#next < this.#others.count; this.#next++) {
      if (this.#next !== this.#me && this.#isAhead(this.#next) && this.#others.matters(this.#next)) return false;
    }
    return true;
  }

  /** Whether another one is inside, in line before this one, or may still get there. */
  #isAhead(index: number): boolean {
    const value = this.#word(index).observe();
    if (value % 4 === IDLE) return false;
    if (value % 4 === CHOOSING) return true;
    const ticket = Math.floor(value / 4);
    return ticket < this.#ticket || (ticket === this.#ticket && index < this.#me);
  }

  /** Leaves the line or the lock. */
  leave(): void {
    this.#publish(IDLE);
  }

  /**
   * Waits for the lock; the event loop goes on.
   * @throws {FamfsError} what `late` says, usually ERR_FAMFS_TIMEOUT naming who has it; the signal's reason. Then it is out of the line.
   */
  async lock({ timeout, signal }: Patience): Promise<void> {
    const deadline = performance.now() + timeout;
    try {
      this.enter();
      for (let pause = 0; !this.isInside(); pause = longer(pause)) {
        this.#checkDeadline(deadline, timeout);
        await sleep(pause, undefined, { signal }).catch(() => signal?.throwIfAborted());
      }
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  /**
   * Waits for the lock on this thread.
   * @param timeout in milliseconds
   * @throws {FamfsError} what `late` says. Then it is out of the line.
   */
  lockSync(timeout: number): void {
    const deadline = performance.now() + timeout;
    try {
      this.enter();
      for (let pause = 0; !this.isInside(); pause = longer(pause)) {
        this.#checkDeadline(deadline, timeout);
        if (pause > 0) sleepSync(pause);
      }
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  #publish(state: number): void {
    const word = this.#word(this.#me);
    word.publish(this.#ticket * 4 + state, word.offset, 0);
  }

  #checkDeadline(deadline: number, timeout: number): void {
    if (performance.now() < deadline) return;
    throw this.#others.late(this.#next, timeout);
  }

  #corrupt(found: number): FamfsError {
    return new FamfsError(
      "ERR_FAMFS_CORRUPT",
      `a ticket of the lock is ${found}, expected less than ${MOST_TICKETS}: something else wrote there`,
    );
  }
}

/** The usual error of a wait. @param who is in the way */
export function lockTimeout(who: string, timeout: number): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_TIMEOUT",
    `the lock was not free within ${timeout} ms: ${who} is before this participant; try again, or look whether it is stopped`,
  );
}

/** Looks at once a few times, then less and less often, in milliseconds. */
function longer(pause: number): number {
  return pause === 0 ? 0.1 : Math.min(pause * 1.5, 10);
}
