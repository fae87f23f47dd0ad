import { getSystemErrorName } from "node:util";
import type { NativeBinding } from "../../types/native.js";
import { FamfsError, type FamfsErrorCode } from "../errors.js";
import { type LoadedAddon, loadAddon } from "./load.js";

let loaded: LoadedAddon | undefined;

function load(): LoadedAddon {
  loaded ??= loadAddon();
  return loaded;
}

/** The addon, loaded at first use. @throws {FamfsError} see {@link loadAddon} */
export function native(): NativeBinding {
  return load().addon;
}

/** The status words of all mappings, written by the addon; {@link Status} says what they mean. */
export function statusWords(): Int32Array {
  return load().status;
}

/** The values of a status word (src-native/region_table.h). */
export const Status = { closed: 0, open: 1, failed: 2 } as const;

/** The kernel's page size in bytes. */
export function pageSize(): number {
  return native().pageSize();
}

/** What a system call reported, by Node's fs or by the addon. */
export interface SystemFailure {
  /** The name, such as `ENOENT`. */
  readonly name: string;
  /** Negative. */
  readonly errno: number;
  readonly syscall: string;
}

/** Reads what the system said out of an error of Node's fs or of the addon; undefined where it is none of them. */
export function systemFailure(error: unknown): SystemFailure | undefined {
  if (!(error instanceof Error) || error instanceof FamfsError) return undefined;
  const { errno, syscall } = error as NodeJS.ErrnoException;
  return typeof errno === "number" && errno !== 0 ? failureOf(errno, syscall ?? "unknown") : undefined;
}

/** Memory with an error that it cannot correct. Node has no name for it. */
const EHWPOISON = 133;

/** A failure from its error number, of either sign. */
export function failureOf(errno: number, syscall: string): SystemFailure {
  const negative = -Math.abs(errno);
  return { name: negative === -EHWPOISON ? "EHWPOISON" : getSystemErrorName(negative), errno: negative, syscall };
}

/** The {@link FamfsError} for what the system said. */
export function systemError(code: FamfsErrorCode, message: string, failure: SystemFailure, path?: string): FamfsError {
  const { name, errno, syscall } = failure;
  return new FamfsError(code, `${message} (${syscall}: ${name})`, { errno, syscall, path });
}
