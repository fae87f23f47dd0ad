import { setImmediate as nextTurn } from "node:timers/promises";
import { isTimeout, type Patience } from "../../memory/patience.js";
import type { Awaited } from "./lane.js";

/** What a call waits for. */
export interface Wait<T> {
  /** One try; undefined, false or 0 where it was too early. */
  attempt(): T;
  /** What changes when the next try is worth it. */
  awaited(): readonly Awaited[];
  /** What lasted, as a sentence to which how long is added. */
  readonly state: string;
}

/** While several words are waited for on one thread, the other ones are looked at so often, in milliseconds. */
const SLICE = 1;

/**
 * For so long the event loop looks by itself, in each of its turns, before it sleeps, in milliseconds: what comes so soon,
 * such as an answer, comes without another thread, which takes longer than this to wake it.
 */
const AWAKE = 0.05;

/** Tries until something comes of it, and lets the event loop go on in between. */
export async function keepTrying<T>(wait: Wait<T>, patience: Patience): Promise<NonNullable<T>> {
  const asleep = patience.idle === "idle" ? 0 : performance.now() + AWAKE;
  for (;;) {
    const result = wait.attempt();
    if (result) return result;
    if (patience.left === 0) throw patience.over(wait.state);
    if (performance.now() < asleep && !patience.signal?.aborted) {
      await nextTurn();
      continue;
    }
    await untilAny(wait.awaited(), patience).catch((error: unknown) => {
      throw isTimeout(error) ? patience.over(wait.state) : error;
    });
  }
}

/** Resolves when one of the words changes. */
async function untilAny(words: readonly Awaited[], patience: Patience): Promise<void> {
  const [first] = words;
  if (first !== undefined && words.length === 1) return until(first, patience, patience.signal);
  const race = new AbortController();
  const onAbort = () => race.abort(patience.signal?.reason);
  patience.signal?.addEventListener("abort", onAbort, { once: true });
  const changes = words.map((word) => until(word, patience, race.signal));
  try {
    await Promise.race(changes);
  } finally {
    patience.signal?.removeEventListener("abort", onAbort);
    race.abort();
    await Promise.allSettled(changes);
  }
}

async function until(word: Awaited, { left, idle }: Patience, signal: AbortSignal | undefined): Promise<void> {
  const { memory, offset, not, sleepers } = word;
  await memory.waitUntil(offset, { bits: 64, not }, { timeout: left, signal, idle, waiters: sleepers });
}

/** The same on this thread, which does nothing else meanwhile. */
export function keepTryingSync<T>(wait: Wait<T>, patience: Patience): NonNullable<T> {
  for (;;) {
    const result = wait.attempt();
    if (result) return result;
    if (patience.left === 0) throw patience.over(wait.state);
    const [first, second] = wait.awaited();
    const { left, idle } = patience;
    if (first !== undefined) untilSync(first, second === undefined ? left : Math.min(left, SLICE), idle);
  }
}

function untilSync({ memory, offset, not, sleepers }: Awaited, timeout: number, idle: Patience["idle"]): void {
  try {
    memory.waitUntilSync(offset, { bits: 64, not }, { timeout, idle, waiters: sleepers });
  } catch (error) {
    if (!isTimeout(error)) throw error;
  }
}
