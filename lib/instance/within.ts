import type { Limits } from "../guards.js";

/** As long as a timer can be set for, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Waits for work, but not longer than it may take. What the work asked of the system cannot be taken back: it goes on, and
 * nobody hears of its end.
 * @param tooLate makes the error for when the time is over
 * @throws that error, the signal's reason, and what the work throws
 */
export async function within<T>(limits: Limits, work: () => Promise<T>, tooLate: () => Error): Promise<T> {
  const { timeout, signal } = limits;
  signal?.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let abort: (() => void) | undefined;
  const over = new Promise<never>((_, reject) => {
    if (timeout <= LONGEST_TIMER) timer = setTimeout(() => reject(tooLate()), timeout);
    abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([work(), over]);
  } finally {
    clearTimeout(timer);
    if (abort !== undefined) signal?.removeEventListener("abort", abort);
  }
}
