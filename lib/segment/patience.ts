import { type Limits, limits } from "../guards.js";

/** How long a wait may last, as a caller says it. */
export interface PatienceOptions {
  /** In milliseconds. Default 10000. */
  timeout?: number | undefined;
  /** Ends the wait; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** How long a wait may last. */
export type Patience = Limits;

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
export function settlePatience({ timeout = 10_000, signal }: PatienceOptions): Patience {
  return limits(timeout, signal);
}
