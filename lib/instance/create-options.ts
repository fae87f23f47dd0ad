import { FamfsError } from "../errors.js";
import { boolean, integer, type LongWorkOptions, longWork, oneOf, options } from "../guards.js";
import type { Access } from "../memory/open-file.js";
import type { CreateRequest } from "./backend.js";

/**
 * How a file of a famfs is dealt to parts of its dax device, so that reading a lot of it uses all of the device's
 * bandwidth. Elsewhere it has no effect.
 */
export interface Interleave {
  /** Into how many parts (strips), 1 to 16. */
  strips: number;
  /**
   * How many bytes go to one strip before it is the turn of the next: a power of two, and a multiple of the famfs's
   * allocation unit, which is 2 MiB as a rule.
   */
  chunkSize: number;
  /** Into how many parts the device is cut, each strip in one of its own: `strips` to 64. Default: as many as strips. */
  buckets?: number | undefined;
}

/** What is said of a file to be made. */
export interface FileOptions {
  /** Permission bits; the umask is taken off. Default 0o644. */
  mode?: number | undefined;
  /** On famfs: how it is dealt to parts of the device. Default: as the famfs was set up, which is in a row. */
  interleave?: Interleave | undefined;
}

/** What is said of a file that is made empty. */
interface EmptyFileOptions extends FileOptions {
  /** Size in bytes, at least 1. */
  size: number;
  /** What to do where the name is taken: an error (the default), or open it, if its size is the same. */
  ifExists?: "error" | "open" | undefined;
  /**
   * Whether its memory is made zero. Default true; with false a file on famfs holds whatever the memory held before, which
   * may look like anything.
   */
  zero?: boolean | undefined;
}

/** Options of {@link Instance.create}. */
export interface CreateOptions extends EmptyFileOptions, LongWorkOptions {}

/** One file of {@link Instance.createMany}. */
export interface FileToCreate extends EmptyFileOptions {
  /** Relative to the instance. */
  name: string;
}

/** What became of one file of {@link Instance.createMany}. */
export interface CreateOutcome {
  readonly name: string;
  /** `"existed"`: it was there, with the same size, and `ifExists` is `"open"`. */
  readonly result: "created" | "existed" | "failed";
  /** Why it failed: a {@link FamfsError}, or the signal's reason; else undefined. */
  readonly error: unknown;
}

/** Options of {@link Instance.copyIn}. */
export interface CopyInOptions extends FileOptions, LongWorkOptions {}

/** Options of {@link Instance.mkdir}. */
export interface FolderOptions {
  /** Make the folders above it too, and accept one that exists. Default false. */
  recursive?: boolean | undefined;
  /** Permission bits; the umask is taken off. Default 0o755. */
  mode?: number | undefined;
}

/** Options of {@link Instance.waitForFile}. */
export interface WaitForFileOptions {
  /** Default `"read-only"`. */
  access?: Access | undefined;
  /** In milliseconds; `Infinity` for no end. Default 10,000. */
  timeout?: number | undefined;
  /** Ends the wait; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** What {@link Instance.replay} found in the log. */
export interface ReplayCounts {
  /** Entries in all. */
  readonly entries: number;
  /** Those that this host did not know yet. */
  readonly newFiles: number;
  readonly newFolders: number;
}

/** Limits of famfs's format. */
const MAX_STRIPS = 16;
const MAX_BUCKETS = 64;
/** In bytes: the least allocation unit. */
const LEAST_CHUNK = 4096;

const FILE_OPTIONS = ["mode", "interleave"] as const;
const EMPTY_FILE_OPTIONS = [...FILE_OPTIONS, "size", "ifExists", "zero"] as const;
const WORK = ["signal", "onProgress"] as const;

/** An {@link Interleave}, checked. */
export interface SettledInterleave {
  readonly strips: number;
  readonly chunkSize: number;
  readonly buckets: number;
}

/** {@link FolderOptions}, checked. */
export interface SettledFolder {
  readonly recursive: boolean;
  readonly mode: number;
}

/** A file to be made, checked. */
export interface SettledCreate {
  readonly request: CreateRequest;
  readonly ifExists: "error" | "open";
}

/** Checks what {@link Instance.create} was given. @throws {FamfsError} as that says */
export function settleCreate(given: CreateOptions): SettledCreate {
  return settleEmpty(options("create", given, [...EMPTY_FILE_OPTIONS, ...WORK]));
}

/** Checks a file that {@link Instance.createMany} was given. @throws {FamfsError} as that says */
export function settleOneOfMany(given: FileToCreate): SettledCreate & { readonly name: unknown } {
  const { name, ...rest } = options("a file of createMany", given, ["name", ...EMPTY_FILE_OPTIONS]);
  return { name, ...settleEmpty(rest) };
}

function settleEmpty({ zero = true, ifExists = "error", ...given }: Partial<CreateOptions>): SettledCreate {
  boolean("zero", zero);
  oneOf("ifExists", ifExists, ["error", "open"]);
  const size = integer("size", given.size, 1);
  return { request: { ...settleFile(given), size, contents: zero ? "zero" : "any" }, ifExists };
}

/** Checks what {@link Instance.copyIn} was given. @throws {FamfsError} as that says */
export function settleCopy(given: CopyInOptions | undefined) {
  return settleFile(options("copyIn", given, [...FILE_OPTIONS, ...WORK]));
}

/** Checks `signal` and `onProgress` of a call. @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_UNKNOWN_OPTION */
export function settleWork(call: "createMany" | "replay", given: LongWorkOptions | undefined): LongWorkOptions {
  return longWork(options(call, given, call === "replay" ? ["signal"] : WORK));
}

function settleFile({ mode = 0o644, interleave, ...given }: Partial<CopyInOptions>) {
  integer("mode", mode, 0, 0o777);
  return { mode, interleave: interleave === undefined ? undefined : settleInterleave(interleave), ...longWork(given) };
}

function settleInterleave(given: Interleave): SettledInterleave {
  const known = options("interleave", given, ["strips", "chunkSize", "buckets"]);
  const strips = integer("interleave.strips", known.strips, 1, MAX_STRIPS);
  const buckets = integer("interleave.buckets", known.buckets ?? strips, strips, MAX_BUCKETS);
  const chunkSize = integer("interleave.chunkSize", known.chunkSize, LEAST_CHUNK);
  if (Number.isInteger(Math.log2(chunkSize))) return { strips, chunkSize, buckets };
  throw new FamfsError(
    "ERR_FAMFS_MISALIGNED",
    `interleave.chunkSize must be a power of two, found ${chunkSize}; the nearest is ${2 ** Math.round(Math.log2(chunkSize))}`,
  );
}

/** Checks what {@link Instance.mkdir} was given. @throws {FamfsError} as that says */
export function settleFolder(given: FolderOptions | undefined): SettledFolder {
  const { recursive = false, mode = 0o755 } = options("mkdir", given, ["recursive", "mode"]);
  return { recursive: boolean("recursive", recursive), mode: integer("mode", mode, 0, 0o777) };
}
