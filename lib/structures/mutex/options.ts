import { FamfsError } from "../../errors.js";
import { aligned, integer, unknownOption, wrongType } from "../../guards.js";
import { WRITER_SPACING } from "../../memory/coherence.js";
import { Mapping } from "../../memory/mapping.js";
import { GuardLine } from "../../segment/guarded.js";
import { type Patience, settlePatience } from "../../segment/patience.js";
import { SharedArray } from "../array.js";
import type { MutexGuard } from "./guard.js";

/** What a mutex guards: an array of its segment, or some of its elements. */
export type Guarded =
  | SharedArray
  | {
      readonly array: SharedArray;
      /** The first element. Default 0. */
      readonly from?: number | undefined;
      /** The element to stop before. Default: the array's length. */
      readonly to?: number | undefined;
    };

/** Options of {@link SharedMutex.tryLock}. */
export interface TryLockOptions {
  /**
   * What is changed under the lock, at most 8 ranges of arrays in the same segment. They are invalidated on entry and
   * written back on exit, which memory that is not coherent needs. Each begins, and ends but for the array's end, at a
   * multiple of 128 bytes: hosts must not share lines.
   */
  guards?: readonly Guarded[] | undefined;
  /**
   * Called first where the last owner died, before anybody else can have the mutex. What it throws is thrown, and the
   * next guard has `ownerDied` again.
   */
  repair?: ((guard: MutexGuard) => void) | undefined;
}

/** Options of {@link SharedMutex.lockSync}. */
export interface LockSyncOptions extends TryLockOptions {
  /** For how long to wait, in milliseconds. */
  timeout: number;
}

/** Options of {@link SharedMutex.lock}. */
export interface LockOptions extends Omit<TryLockOptions, "repair"> {
  /** For how long to wait, in milliseconds. Default 10000. */
  timeout?: number | undefined;
  /** Ends the wait; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** As in {@link TryLockOptions}; what it returns is awaited. */
  repair?: ((guard: MutexGuard) => void | Promise<void>) | undefined;
}

/** The options of a call, checked. */
export function checkLocking<T extends TryLockOptions>(
  call: string,
  given: T | undefined,
  known: readonly string[],
): T {
  if (given === undefined) return NONE as T;
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw wrongType(`the options of ${call}`, "an object", given);
  for (const key in given) if (!known.includes(key)) throw unknownOption(call, key, known);
  if (given.repair !== undefined && typeof given.repair !== "function")
    throw wrongType("repair", "a function", given.repair);
  return given;
}

const NONE = {};
const USUAL = settlePatience({});

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
export function patienceOf(given: LockOptions): Patience {
  return given.timeout === undefined && given.signal === undefined ? USUAL : settlePatience(given);
}

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
export function timeoutOf({ timeout }: Partial<LockSyncOptions>): number {
  if (typeof timeout !== "number") throw wrongType("timeout", "a number of milliseconds", timeout);
  if (!(timeout >= 0)) settlePatience({ timeout });
  return timeout;
}

const NO_RANGES = new Float64Array();

/**
 * Offsets and lengths in turn, in bytes from the start of the segment.
 * @param memory of the segment
 * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_MISALIGNED
 */
export function rangesOf(guards: readonly Guarded[] | undefined, memory: Mapping): Float64Array {
  if (guards === undefined) return NO_RANGES;
  if (!Array.isArray(guards)) throw wrongType("guards", "an array", guards);
  if (guards.length > GuardLine.most)
    throw new FamfsError(
      "ERR_FAMFS_OUT_OF_RANGE",
      `guards must be at most ${GuardLine.most} ranges, found ${guards.length}; guard whole arrays, or put what belongs together into one`,
    );
  const ranges = new Float64Array(2 * guards.length);
  guards.forEach((guarded: Guarded, i) => {
    const { offset, length } = rangeOf(`guards[${i}]`, guarded, memory);
    ranges[2 * i] = offset;
    ranges[2 * i + 1] = length;
  });
  return ranges;
}

function rangeOf(name: string, guarded: Guarded, memory: Mapping): { offset: number; length: number } {
  const { array, from = 0, to } = guarded instanceof SharedArray ? { array: guarded } : partOf(name, guarded);
  const { length, stride, place } = array;
  const { window } = place;
  if (!(window instanceof Mapping) || window.span.region !== memory.span.region)
    throw wrongType(name, "an array that was opened through the segment or a participant of the mutex", guarded);
  window.span.check();
  const first = integer(`${name}.from`, from, 0, length - 1);
  const end = to === undefined ? length : integer(`${name}.to`, to, first + 1, length);
  const start = window.span.base + place.start;
  const offset = aligned(`the first byte of ${name} in its segment`, start + first * stride, WRITER_SPACING);
  if (end < length) aligned(`the end of ${name} in its segment, in bytes,`, start + end * stride, WRITER_SPACING);
  return { offset, length: (end - first) * stride };
}

function partOf(name: string, guarded: Exclude<Guarded, SharedArray>): Exclude<Guarded, SharedArray> {
  if (typeof guarded !== "object" || guarded === null || !(guarded.array instanceof SharedArray))
    throw wrongType(name, "a shared array, or { array, from, to }", guarded);
  for (const key in guarded)
    if (key !== "array" && key !== "from" && key !== "to") throw unknownOption(name, key, ["array", "from", "to"]);
  return guarded;
}
