import { FamfsError } from "./errors.js";

/** How a value looks in an error message: short, on one line, never throwing. */
export function show(value: unknown): string {
  if (typeof value === "string")
    return value.length > 80 ? `${JSON.stringify(value.slice(0, 80))}…` : JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

/** The error for an argument of the wrong type. */
export function wrongType(name: string, expected: string, found: unknown): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_INVALID_TYPE",
    `${name} must be ${expected}, found ${show(found)} (${typeof found})`,
  );
}

/**
 * Checks an offset, size or count: a safe integer from `min` to `max`, both included.
 * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE
 */
export function integer(name: string, value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== "number") throw wrongType(name, "a number", value);
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new FamfsError("ERR_FAMFS_OUT_OF_RANGE", `${name} must be an integer from ${min} to ${max}, found ${value}`);
  }
  return value;
}

/**
 * Checks that a number is a multiple of an alignment.
 * @throws {FamfsError} ERR_FAMFS_MISALIGNED, naming the two nearest values that would do
 */
export function aligned(name: string, value: number, alignment: number): number {
  if (value % alignment === 0) return value;
  const below = value - (value % alignment);
  throw new FamfsError(
    "ERR_FAMFS_MISALIGNED",
    `${name} must be a multiple of ${alignment}, found ${value}; the nearest are ${below} and ${below + alignment}`,
  );
}

/** Checks a string. @throws {FamfsError} ERR_FAMFS_INVALID_TYPE */
export function string(name: string, value: unknown): string {
  if (typeof value !== "string") throw wrongType(name, "a string", value);
  return value;
}

/** Checks a boolean. @throws {FamfsError} ERR_FAMFS_INVALID_TYPE */
export function boolean(name: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw wrongType(name, "true or false", value);
  return value;
}

/**
 * Checks that a value is one of a few strings.
 * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, listing the choices
 */
export function oneOf<const T extends string>(name: string, value: unknown, choices: readonly T[]): T {
  const expected = choices.map((choice) => JSON.stringify(choice)).join(" or ");
  if (typeof value !== "string") throw wrongType(name, expected, value);
  if (!choices.includes(value as T)) {
    throw new FamfsError("ERR_FAMFS_OUT_OF_RANGE", `${name} must be ${expected}, found ${show(value)}`);
  }
  return value as T;
}

/**
 * Checks an options object: absent or a plain object, and no key besides the known ones.
 * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_UNKNOWN_OPTION, listing the known keys
 */
export function options<T extends object>(
  call: string,
  value: T | undefined,
  known: readonly (keyof T & string)[],
): Partial<T> {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrongType(`the options of ${call}`, "an object", value);
  for (const key of Object.keys(value)) {
    if (!(known as readonly string[]).includes(key)) throw unknownOption(call, key, known);
  }
  return value;
}

/** The error for an option that a call does not know. */
export function unknownOption(call: string, key: string, known: readonly string[]): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_UNKNOWN_OPTION",
    `${call} has no option ${show(key)}; its options are ${known.join(", ")}`,
  );
}

/** How far long work has come, in bytes. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** What long work accepts. */
export interface LongWorkOptions {
  /** Ends the work early; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Called now and then while the work goes on, and once at its end. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** Checks `signal` and `onProgress`. @throws {FamfsError} ERR_FAMFS_INVALID_TYPE */
export function longWork({ signal, onProgress }: LongWorkOptions): LongWorkOptions {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrongType("signal", "an AbortSignal", signal);
  if (onProgress !== undefined && typeof onProgress !== "function")
    throw wrongType("onProgress", "a function", onProgress);
  return { signal, onProgress };
}

/** How long something may take. */
export interface Limits {
  /** In milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

/** Checks `timeout` and `signal`. @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
export function limits(timeout: unknown, signal: unknown): Limits {
  if (typeof timeout !== "number") throw wrongType("timeout", "a number of milliseconds", timeout);
  if (!(timeout >= 0))
    throw new FamfsError("ERR_FAMFS_OUT_OF_RANGE", `timeout must be at least 0 milliseconds, found ${timeout}`);
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrongType("signal", "an AbortSignal", signal);
  return { timeout, signal };
}
