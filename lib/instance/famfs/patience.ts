import { setTimeout as pause } from "node:timers/promises";
import { FamfsError } from "../../errors.js";

/**
 * For how long something half-visible is looked at again, in milliseconds. A writer publishes the count of entries
 * before the entries and then writes back the whole log, which takes a slow device some 100 ms.
 */
export const PATIENCE = 1000;

/** The longest pause between two looks, in milliseconds. */
const LONGEST_PAUSE = 64;

/**
 * Looks at what a writer on another host may be in the middle of storing, until it is whole: as long as `look` throws
 * ERR_FAMFS_CORRUPT, and not longer than `patience` milliseconds; then that error stands.
 */
export async function untilWhole<T>(look: () => T | Promise<T>, patience: number): Promise<T> {
  const end = performance.now() + patience;
  for (let wait = 1; ; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
    try {
      return await look();
    } catch (error) {
      const halfVisible = error instanceof FamfsError && error.code === "ERR_FAMFS_CORRUPT";
      if (!halfVisible || performance.now() + wait > end) throw error;
    }
    await pause(wait);
  }
}
