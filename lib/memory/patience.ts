import { FamfsError } from "../errors.js";
import { oneOf, options, unknownOption, wrongType } from "../guards.js";
import { IDLES, type Idle } from "./wait.js";

/** Options of calls of queues that block. */
export interface QueueSyncOptions {
  /** In milliseconds. */
  timeout: number;
  /** What the thread does meanwhile, as for {@link Mapping.waitUntilSync}. Default `"balanced"`. */
  idle?: Idle | undefined;
}

/** Options of calls of queues that wait. */
export interface QueueWaitOptions {
  /** In milliseconds. Default: no end. */
  timeout?: number | undefined;
  /** Ends the wait; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** What the waiting thread does meanwhile, as for {@link Mapping.waitUntil}. Default `"balanced"`. */
  idle?: Idle | undefined;
}

/** Node's timers go no further, in milliseconds: some 24 days. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** How long a call may wait. */
export class Patience {
  readonly signal: AbortSignal | undefined;
  readonly idle: Idle;
  readonly #timeout: number;
  readonly #end: number;

  constructor({ timeout = Number.POSITIVE_INFINITY, signal, idle = "balanced" }: QueueWaitOptions) {
    this.signal = signal;
    this.idle = idle;
    this.#timeout = timeout;
    this.#end = performance.now() + timeout;
  }

  /**
   * Of a call that waits.
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION; the signal's reason
   */
  static of(call: string, callerOptions: QueueWaitOptions | undefined): Patience {
    const given = options(call, callerOptions, ["timeout", "signal", "idle"]);
    const { signal } = given;
    checkTimes(given);
    if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrongType("signal", "an AbortSignal", signal);
    signal?.throwIfAborted();
    return new Patience(given);
  }

  /** In milliseconds, at least 0. */
  get left(): number {
    return Math.max(0, this.#end - performance.now());
  }

  /** The error where it has ended; `state` is what lasted, such as "the queue /q was full". */
  over(state: string): FamfsError {
    return new FamfsError("ERR_FAMFS_TIMEOUT", `${state} for ${this.#timeout} ms`);
  }

  /** Resolves with `event`, or rejects when patience ends before. */
  async until(event: Promise<unknown>, state: string): Promise<void> {
    const { left, signal } = this;
    let timer: NodeJS.Timeout | undefined;
    let onAbort = () => {};
    const end = new Promise<never>((_, reject) => {
      if (left < LONGEST_TIMER) timer = setTimeout(() => reject(this.over(state)), left);
      onAbort = () => reject(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
    try {
      await Promise.race([event, end]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }
}

/**
 * Of a call that blocks; allocates nothing.
 * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION
 */
export function checkSyncOptions(call: string, given: QueueSyncOptions): void {
  if (typeof given !== "object" || given === null)
    throw wrongType(`the options of ${call}`, "an object with a timeout", given);
  for (const key in given) {
    if (key !== "timeout" && key !== "idle") throw unknownOption(call, key, ["timeout", "idle"]);
  }
  if (given.timeout === undefined) throw wrongType("timeout", "a number of milliseconds", undefined);
  checkTimes(given);
}

function checkTimes({ timeout, idle }: QueueWaitOptions): void {
  if (timeout !== undefined) {
    if (typeof timeout !== "number") throw wrongType("timeout", "a number of milliseconds", timeout);
    if (!(timeout >= 0))
      throw new FamfsError("ERR_FAMFS_OUT_OF_RANGE", `timeout must be at least 0 milliseconds, found ${timeout}`);
  }
  if (idle !== undefined) oneOf("idle", idle, IDLES);
}

/** Whether an error says that patience ended. */
export function isTimeout(error: unknown): boolean {
  return error instanceof FamfsError && error.code === "ERR_FAMFS_TIMEOUT";
}
