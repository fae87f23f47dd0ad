import { setTimeout as delay } from "node:timers/promises";
import { isTimeout, type Patience } from "../memory/patience.js";
import { sleepSync } from "../memory/sleep.js";
import type { Side } from "./side.js";

/** How long to leave a bucket alone that should be right and is not, in milliseconds. */
const PAUSE = 1;

/**
 * Tries until something comes of it, and lets the event loop go on in between.
 * @param attempt gives false, 0 or undefined where it was too early
 */
export async function keepTrying<T>(side: Side, patience: Patience, attempt: () => T): Promise<NonNullable<T>> {
  for (;;) {
    const result = attempt();
    if (result) return result;
    if (patience.left === 0) throw patience.over(side.state);
    if (side.late) {
      await delay(PAUSE, undefined, { signal: patience.signal }).catch(() => patience.signal?.throwIfAborted());
      continue;
    }
    const { mapping, offset, not } = side.awaited;
    const { left: timeout, signal, idle } = patience;
    await mapping.waitUntil(offset, { bits: 64, not }, { timeout, signal, idle }).catch((error: unknown) => {
      throw isTimeout(error) ? patience.over(side.state) : error;
    });
  }
}

/** The same on this thread, which does nothing else meanwhile. */
export function keepTryingSync<T>(side: Side, patience: Patience, attempt: () => T): NonNullable<T> {
  for (;;) {
    const result = attempt();
    if (result) return result;
    if (patience.left === 0) throw patience.over(side.state);
    if (side.late) {
      sleepSync(PAUSE);
      continue;
    }
    const { mapping, offset, not } = side.awaited;
    const { left: timeout, idle } = patience;
    try {
      mapping.waitUntilSync(offset, { bits: 64, not }, { timeout, idle });
    } catch (error) {
      throw isTimeout(error) ? patience.over(side.state) : error;
    }
  }
}
