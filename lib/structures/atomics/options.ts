import { oneOf, wrongType } from "../../guards.js";
import type { ScalarType } from "../../schema/scalars.js";
import { type AtomicKind, checkElement } from "./cells.js";

/** Options of {@link SharedAtomics.open}. */
export interface OpenAtomicsOptions<K extends AtomicKind> {
  /** The type of the elements: `i32`, `u32`, `i64` or `u64`. */
  element: ScalarType<K>;
  /** For how long an operation may wait for the lock that incoherent memory needs, in milliseconds. Default 1000. */
  operationTimeout?: number | undefined;
  /** `"lock-free"`: refuse memory on which a lock is needed. */
  require?: "lock-free" | undefined;
}

/** Options of {@link SharedAtomics.create}. */
export interface CreateAtomicsOptions<K extends AtomicKind> extends OpenAtomicsOptions<K> {
  /** How many elements, from 1. They are zero. */
  length: number;
  /** For how long making it may take, in milliseconds. Default 10000. */
  timeout?: number | undefined;
  /** Ends the making; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Options of {@link SharedAtomics.wait}. */
export interface WaitAtomicOptions {
  /** In milliseconds. Default: no end. */
  timeout?: number | undefined;
  /** Ends the wait; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Options of {@link SharedAtomics.waitSync}. */
export interface WaitAtomicSyncOptions {
  /** In milliseconds. */
  timeout: number;
}

/** The keys of {@link OpenAtomicsOptions}. */
export const OPEN_OPTIONS = ["element", "operationTimeout", "require"] as const;

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
export function checkOpening<K extends AtomicKind>(given: Partial<OpenAtomicsOptions<K>>): OpenAtomicsOptions<K> {
  const { operationTimeout, require } = given;
  if (operationTimeout !== undefined && !(typeof operationTimeout === "number" && operationTimeout >= 0))
    throw wrongType("operationTimeout", "a number of milliseconds from 0", operationTimeout);
  if (require !== undefined) oneOf("require", require, ["lock-free"]);
  return { element: checkElement(given.element), operationTimeout, require };
}
