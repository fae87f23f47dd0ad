import { FamfsError } from "../errors.js";
import { wrongType } from "../guards.js";

/** How long a wait may last, as a caller says it. */
export interface PatienceOptions {
  /** In milliseconds. Default 10000. */
  timeout?: number | undefined;
  /** Ends the wait; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** How long a wait may last. */
export interface Patience {
  /** In milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
export function settlePatience({ timeout = 10_000, signal }: PatienceOptions): Patience {
  if (typeof timeout !== "number") throw wrongType("timeout", "a number of milliseconds", timeout);
  if (!(timeout >= 0))
    throw new FamfsError("ERR_FAMFS_OUT_OF_RANGE", `timeout must be at least 0 milliseconds, found ${timeout}`);
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrongType("signal", "an AbortSignal", signal);
  return { timeout, signal };
}
