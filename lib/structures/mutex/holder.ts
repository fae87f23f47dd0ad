import { FamfsError } from "../../errors.js";
import { Cell } from "../../memory/cell.js";
import type { CommitWord } from "../../memory/commit-word.js";
import { failPoint } from "../../memory/fail-point.js";
import type { Mapping } from "../../memory/mapping.js";
import type { DataRange } from "../../segment/directory.js";
import { GuardRecord } from "../../segment/guarded.js";
import { left, type Participant } from "../../segment/participant.js";
import type { Patience } from "../../segment/patience.js";
import { corrupt } from "../checks.js";
import { StructureLock } from "../structure-lock.js";
import { type Exclusion, inPlace } from "./exclusion.js";
import { type Holding, MutexGuard } from "./guard.js";
import { HoldLine, LOCK_AT } from "./layout.js";
import { SwapLock } from "./swap-lock.js";
import { Turns } from "./turns.js";

/** More holds than there can be in centuries. */
const MOST_TOKENS = 2 ** 51;

const NO_RANGES: Float64Array = new Float64Array();

/** One participant's side of a mutex, however often it opens it. Of its callers one at a time holds the mutex. */
export class Holder implements Holding {
  readonly #participant: Participant;
  readonly #exclusion: Exclusion;
  /** The same on coherent memory, where entering may be one instruction. */
  readonly #swapLock: SwapLock | undefined;
  readonly #memory: Mapping;
  readonly #hold: CommitWord;
  /** The same word, for who has entered. */
  readonly #last: Cell;
  readonly #record: GuardRecord | undefined;
  readonly #turns = new Turns();
  #token = 0;
  #ranges: Float64Array = NO_RANGES;

  /** @param hold the word, of the segment's mapping: what is guarded is written back before it */
  constructor(participant: Participant, name: string, { body, hold }: { body: DataRange; hold: CommitWord }) {
    const { memory, index } = participant;
    const waiting = inPlace(participant, name);
    this.#participant = participant;
    this.#memory = memory.mapping;
    this.#hold = hold;
    this.#last = new Cell(memory.mapping.span, hold.offset, 64);
    if (memory.mapping.coherence === "coherent") {
      this.#swapLock = new SwapLock(participant, memory.mapping.window(body.offset, HoldLine.size), waiting);
      this.#exclusion = this.#swapLock;
    } else {
      const lines = memory.mapping.window(body.offset + LOCK_AT, body.length - LOCK_AT);
      this.#exclusion = new StructureLock(participant, lines, "mutex.lock", waiting);
      this.#record = new GuardRecord(memory, body.offset, index);
    }
  }

  /** @returns undefined where somebody else has the mutex */
  tryLock(ranges: Float64Array): MutexGuard | undefined {
    this.#participant.check();
    if (!this.#turns.tryTake()) return undefined;
    let inside = false;
    try {
      inside = this.#exclusion.tryEnter();
    } finally {
      if (!inside) this.#turns.give();
    }
    return inside ? this.#begin(ranges) : undefined;
  }

  /** @returns undefined where that takes waiting, or a longer look */
  lockAtOnce(ranges: Float64Array): MutexGuard | undefined {
    this.#participant.check();
    if (this.#swapLock === undefined || !this.#turns.tryTake()) return undefined;
    if (this.#swapLock.enterAtOnce()) return this.#begin(ranges);
    this.#turns.give();
    return undefined;
  }

  lock(ranges: Float64Array, { timeout, signal }: Patience): Promise<MutexGuard> {
    const { leaving } = this.#participant;
    const either = signal === undefined ? leaving : AbortSignal.any([leaving, signal]);
    return this.#participant.during(async () => {
      either.throwIfAborted();
      const deadline = performance.now() + timeout;
      await this.#turns.take({ timeout, signal: either });
      try {
        await this.#exclusion.enter({ timeout: Math.max(0, deadline - performance.now()), signal: either });
      } catch (error) {
        this.#turns.give();
        throw error;
      }
      return this.#begin(ranges);
    });
  }

  lockSync(ranges: Float64Array, timeout: number): MutexGuard {
    this.#participant.check();
    if (!this.#turns.tryTake()) throw reentrant();
    try {
      this.#exclusion.enterSync(timeout);
    } catch (error) {
      this.#turns.give();
      throw error;
    }
    return this.#begin(ranges);
  }

  /** R5: what is guarded is invalidated before the first load or store. That it is held is in memory before that. */
  #begin(ranges: Float64Array): MutexGuard {
    try {
      failPoint("mutex.entered");
      const before = this.#lookAtHold();
      if (before >= 2 * MOST_TOKENS) throw corrupt("the mutex", `the hold ${before}`);
      const last = Math.floor(before / 2);
      this.#token = last + 1;
      this.#ranges = ranges;
      this.#record?.set(ranges);
      this.#storeHold(2 * this.#token + 1, NO_RANGES);
      for (let i = 0; i < ranges.length && this.#record !== undefined; i += 2)
        this.#memory.invalidate(ranges[i] as number, ranges[i + 1] as number, "mutex.guarded");
      failPoint("mutex.held");
      return new MutexGuard(this.#token, before > 2 * last, this);
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  /** R5: what is guarded is written back before the mutex is given back. */
  end(whole: boolean): void {
    try {
      if (this.#participant.left) throw left();
      failPoint("mutex.release");
      this.#storeHold(2 * this.#token + (whole ? 0 : 1), this.#ranges);
      failPoint("mutex.released");
    } catch (error) {
      // What waits for this caller's turn is to hear of it by itself.
      this.#turns.give();
      throw error;
    }
    this.#leave();
  }

  /** R1: its line is handed over with the mutex, as what is guarded is. */
  #lookAtHold(): number {
    if (this.#swapLock === undefined) this.#memory.invalidate(this.#hold.offset, 8, this.#hold.site);
    return this.#last.peek();
  }

  /** On coherent memory the words by which the mutex changes hands order it. */
  #storeHold(value: number, ranges: Float64Array): void {
    if (this.#swapLock !== undefined) this.#last.put(value);
    else if (ranges.length === 0) this.#hold.publish(value, this.#hold.offset, 0);
    else this.#hold.publishRanges(value, ranges);
  }

  #leave(): void {
    try {
      this.#exclusion.leave();
    } finally {
      this.#turns.give();
    }
  }
}

function reentrant(): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_REENTRANT",
    "lockSync() would wait for this thread itself: another caller of its participant has the mutex, or waits for it; release that guard, or await lock()",
  );
}
