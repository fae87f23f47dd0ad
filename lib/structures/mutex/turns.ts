import { FamfsError } from "../../errors.js";
import type { Patience } from "../../segment/patience.js";

/** Longer timers there are not, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * The callers of one participant take turns, first come, first served: one at a time has the mutex, or waits for it among
 * the participants.
 */
export class Turns {
  #taken = false;
  readonly #waiting: (() => void)[] = [];

  tryTake(): boolean {
    if (this.#taken) return false;
    this.#taken = true;
    return true;
  }

  /** @throws {FamfsError} ERR_FAMFS_TIMEOUT; the signal's reason */
  take({ timeout, signal }: Patience): Promise<void> {
    if (this.tryTake()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const finish = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      const onTurn = () => {
        finish();
        resolve();
      };
      const end = (error: unknown) => {
        finish();
        this.#waiting.splice(this.#waiting.indexOf(onTurn), 1);
        reject(error);
      };
      const onAbort = () => end(signal?.reason);
      const timer = setTimeout(() => end(late(timeout)), Math.min(timeout, LONGEST_TIMER));
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(onTurn);
    });
  }

  /** To who has waited longest. */
  give(): void {
    if (this.#waiting.length === 0) this.#taken = false;
    else this.#waiting.shift()?.();
  }
}

function late(timeout: number): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_TIMEOUT",
    `another caller of this participant had the mutex, or waited for it, for ${timeout} ms; release() its guard. A mutex is not reentrant: who has it must not lock it again`,
  );
}
