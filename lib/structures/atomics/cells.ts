import { FamfsError } from "../../errors.js";
import { integer, wrongType } from "../../guards.js";
import type { ScalarType, ScalarValue } from "../../schema/scalars.js";
import { ScalarType as Scalar } from "../../schema/scalars.js";

/** What atomics can be made of. */
export type AtomicKind = "i32" | "u32" | "i64" | "u64";

const KINDS: readonly string[] = ["i32", "u32", "i64", "u64"] satisfies AtomicKind[];

/**
 * Where the elements are and how they are changed: by the CPU, or under a lock. Arguments were checked. What changes an
 * element returns its old value. One method an operation, because the engine inlines nothing that it has to look up.
 */
export interface AtomicCells<V extends number | bigint> {
  readonly isLockFree: boolean;
  load(index: number): V;
  add(index: number, operand: V): V;
  sub(index: number, operand: V): V;
  and(index: number, operand: V): V;
  or(index: number, operand: V): V;
  xor(index: number, operand: V): V;
  exchange(index: number, operand: V): V;
  compareExchange(index: number, expected: V, replacement: V): V;
  /** Whether somebody may store through these cells. @throws {FamfsError} why not */
  checkStore(): void;
  /** Sleeps until the element is worth another look, at most `timeout` milliseconds. */
  sleep(index: number, value: V, limits: { timeout: number; signal?: AbortSignal | undefined }): Promise<void>;
  sleepSync(index: number, value: V, timeout: number): void;
  notify(index: number): void;
}

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE */
export function checkElement<K extends AtomicKind>(element: ScalarType<K> | undefined): ScalarType<K> {
  if (element instanceof Scalar && KINDS.includes(element.kind)) return element;
  throw wrongType("element", "one of i32, u32, i64 and u64", element);
}

/** Checks a value of an element. @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
export function valueGuard(kind: AtomicKind): (name: string, value: unknown) => void {
  switch (kind) {
    case "i32":
      return (name, value) => {
        if (typeof value !== "number" || (value | 0) !== value) integer(name, value, -(2 ** 31), 2 ** 31 - 1);
      };
    case "u32":
      return (name, value) => {
        if (typeof value !== "number" || value >>> 0 !== value) integer(name, value, 0, 2 ** 32 - 1);
      };
    case "i64":
      return (name, value) => bigGuard(name, value, -(2n ** 63n), 2n ** 63n - 1n);
    case "u64":
      return (name, value) => bigGuard(name, value, 0n, 2n ** 64n - 1n);
  }
}

function bigGuard(name: string, value: unknown, min: bigint, max: bigint): void {
  if (typeof value !== "bigint") throw wrongType(name, "a bigint", value);
  if (value >= min && value <= max) return;
  throw new FamfsError("ERR_FAMFS_OUT_OF_RANGE", `${name} must be from ${min} to ${max}, found ${value}`);
}

/** The JavaScript value of an element. */
export type AtomicValue<K extends AtomicKind> = ScalarValue<K>;
