import type { FailureKind } from "../types/native.js";

/**
 * Every code a {@link FamfsError} can carry, with its meaning in one sentence.
 * docs/errors.md explains each; a test holds the two lists together.
 */
export const ERROR_CODES = {
  ERR_FAMFS_INVALID_TYPE: "An argument has the wrong type.",
  ERR_FAMFS_OUT_OF_RANGE: "A number lies outside the range that is allowed here.",
  ERR_FAMFS_MISALIGNED: "An offset or length is not a multiple of what is required here.",
  ERR_FAMFS_UNKNOWN_OPTION: "An options object has a key that this call does not know.",
  ERR_FAMFS_INVALID_NAME: "A file name is empty, absolute, or has a part that is not allowed.",
  ERR_FAMFS_CLOSED: "The object, or the mapping behind it, was closed.",
  ERR_FAMFS_PAST_END: "A range ends behind the end of the file or mapping.",
  ERR_FAMFS_BUFFER_LIMIT: "The running Node allows no ArrayBuffer of this size.",
  ERR_FAMFS_NO_PATH: "No instance was named.",
  ERR_FAMFS_NOT_FOUND: "The path does not exist.",
  ERR_FAMFS_EXISTS: "The name is taken, or taken with another size.",
  ERR_FAMFS_IS_DIRECTORY: "The path is a directory where a file was expected.",
  ERR_FAMFS_NOT_A_DIRECTORY: "The path is a file where a directory was expected.",
  ERR_FAMFS_NOT_A_FILE: "The path is neither a file nor a directory.",
  ERR_FAMFS_PERMISSION: "The system or the way of opening does not allow this.",
  ERR_FAMFS_UNSUPPORTED_FILESYSTEM: "The path lies on a file system that does not do what is needed.",
  ERR_FAMFS_NO_SPACE: "The file system has too little room.",
  ERR_FAMFS_FILE_LIMIT: "Too many files are open.",
  ERR_FAMFS_MAP_LIMIT: "Too many mappings are open.",
  ERR_FAMFS_ADDRESS_SPACE: "The mapping does not fit into the address space that is left.",
  ERR_FAMFS_STALE_HANDLE: "A handle names a file that is another one by now, or gone.",
  ERR_FAMFS_MEMORY_FAILURE: "The memory behind a mapping is not there.",
  ERR_FAMFS_FAULT_GUARD_DECIDED: "Whether faults are contained was decided before, otherwise.",
  ERR_FAMFS_UNSUPPORTED_OPERATION: "This kind of instance cannot do that.",
  ERR_FAMFS_UNSUPPORTED_VERSION: "What is on the medium has a version that this library does not know.",
  ERR_FAMFS_INSTANCE_REPLACED: "Another famfs was made on the device since the instance was opened.",
  ERR_FAMFS_DEVICE_FAILED: "The kernel gave up the device after a memory error, or lost it.",
  ERR_FAMFS_FILE_DEAD: "The file cannot be used until its famfs is repaired: it was truncated, or never mapped.",
  ERR_FAMFS_DAEMON_DEAD: "The daemon that serves this famfs is gone.",
  ERR_FAMFS_READ_ONLY_CLIENT: "A file of another host's famfs is read-only here.",
  ERR_FAMFS_WRITE_DISABLED: "Whoever runs this famfs has taken away writing.",
  ERR_FAMFS_DEVICE_MODE: "The dax device is in a mode in which it cannot be mapped.",
  ERR_FAMFS_DEVICE_IN_USE: "The dax device carries a famfs, or is mounted.",
  ERR_FAMFS_NOT_MASTER: "Only the master of this famfs can do that, and this host is a client.",
  ERR_FAMFS_LOG_FULL: "The log of this famfs has no room for another entry.",
  ERR_FAMFS_CLI_MISSING: "The command `famfs` was not found.",
  ERR_FAMFS_CLI_TIMEOUT: "The command `famfs` did not end in time.",
  ERR_FAMFS_CLI_FAILED: "The command `famfs` failed, or did not do what it said.",
  ERR_FAMFS_HOST_REQUIRED: "The host's number must be given here.",
  ERR_FAMFS_SIMULATION: "Simulated memory cannot be had.",
  ERR_FAMFS_RULE_BROKEN: "Simulated memory saw a rule about who stores to a line broken.",
  ERR_FAMFS_WRITEBACK: "The CPU cannot write cache lines back, or not as FAMFS_WRITEBACK asks.",
  ERR_FAMFS_LINE_SIZE: "The CPU's cache lines are too wide for incoherent memory.",
  ERR_FAMFS_CORRUPT: "Shared memory holds what no writer of this library stores.",
  ERR_FAMFS_TIMEOUT: "What was waited for did not happen in time.",
  ERR_FAMFS_COHERENCE_MISMATCH: "The segment was made for another kind of coherence than its opener declares.",
  ERR_FAMFS_NOT_A_SEGMENT: "The file has no segment, or none that can be used: a half-made one, or a left-over.",
  ERR_FAMFS_KIND_MISMATCH: "A structure is of another kind than it was opened as.",
  ERR_FAMFS_HOST_TAKEN: "The index of the host belongs to another machine.",
  ERR_FAMFS_SLOTS_EXHAUSTED: "All slots for participants of this host are taken.",
  ERR_FAMFS_FENCED: "The participant lost its place; whether its last operation counts is unknown.",
  ERR_FAMFS_ROLE_TAKEN: "Another participant of this host has the role.",
  ERR_FAMFS_INVALID_STATE: "The call does not fit what was called before it.",
  ERR_FAMFS_ROLE_ELSEWHERE: "The role belongs to another host.",
  ERR_FAMFS_OWNER_SILENT: "Who has a mutex, or is before this participant in its line, has not moved for its lease.",
  ERR_FAMFS_OWNER_LOST: "Who had a mutex is said to be dead, and its host has not written back what it guarded.",
  ERR_FAMFS_REENTRANT: "The thread would wait for a mutex that it has itself.",
  ERR_FAMFS_LAPPED: "A reader fell too far behind, and the messages in between are gone.",
  ERR_FAMFS_PARTY_DEAD: "A party that has not arrived at a barrier is dead, or has left.",
  ERR_FAMFS_SYSTEM: "The system refused for a reason that has no code of its own here.",
  ERR_FAMFS_UNSUPPORTED_KERNEL: "The kernel is too old for this call.",
  ERR_FAMFS_UNSUPPORTED_PLATFORM: "Memory can be mapped on Linux x64 and arm64 only.",
  ERR_FAMFS_UNSUPPORTED_LIBC: "The prebuilt addon does not fit this C library.",
  ERR_FAMFS_ADDON_MISSING: "No addon was found.",
  ERR_FAMFS_ADDON_BROKEN: "The addon was found but could not be loaded.",
  ERR_FAMFS_ELECTRON: "The runtime refuses ArrayBuffers over memory that is not its own.",
  ERR_FAMFS_INVALID_SCHEMA: "A schema cannot be as described: a name, size, type, alignment or nesting is not allowed.",
  ERR_FAMFS_SCHEMA_TEXT: "A text is not the text of a schema.",
  ERR_FAMFS_SCHEMA_MISMATCH: "Data were written with another schema than the one expected.",
  ERR_FAMFS_UNKNOWN_FIELD: "A record has a name that is no field of its schema.",
  ERR_FAMFS_ENCODING: "A string cannot be written as UTF-8, or bytes read as a string are not UTF-8.",
} as const;

/** A stable error code; see docs/errors.md. */
export type FamfsErrorCode = keyof typeof ERROR_CODES;

export type { FailureKind };

/** The first fault of a mapping. */
export interface MemoryFailure {
  readonly kind: FailureKind;
  /** The file. */
  readonly path: string;
  /**
   * The part that was replaced by private memory: its start, in bytes from the start of the mapping. A window tells the
   * offset in the mapping that it is a part of.
   */
  readonly offset: number;
  /** Its length in bytes. */
  readonly length: number;
  /** Its virtual addresses, first and behind the last, in hexadecimal as in /proc/self/maps and in the kernel's log. */
  readonly addresses: string;
}

/** What an error knows besides its message: mostly what the operating system said. */
export interface SystemErrorDetails {
  /** The system's error number, negative as everywhere in Node (`-2` is ENOENT). */
  errno?: number | undefined;
  /** The system call that failed. */
  syscall?: string | undefined;
  /** The path it was called with. */
  path?: string | undefined;
  /** How the mapping failed. */
  failure?: MemoryFailure | undefined;
  /** How many messages a lapped reader has lost. */
  lost?: number | undefined;
  /** The error that this one explains. */
  cause?: unknown;
}

/**
 * The one error class of this library. `code` is stable across versions, `message` is for people: it says what was
 * expected, what was found and what to do.
 */
export class FamfsError extends Error {
  static {
    // On the prototype, as for the errors of the language: it is no property of each error.
    Object.defineProperty(FamfsError.prototype, "name", { value: "FamfsError", configurable: true, writable: true });
  }

  /** The stable code, `ERR_FAMFS_…`. */
  readonly code: FamfsErrorCode;
  /** The system's error number, negative as everywhere in Node; present only where the system reported one. */
  declare readonly errno?: number;
  /** The system call that failed, where there was one. */
  declare readonly syscall?: string;
  /** The path concerned, where there is one. */
  declare readonly path?: string;
  /** How the mapping failed; present with ERR_FAMFS_MEMORY_FAILURE of a failed mapping. */
  declare readonly failure?: MemoryFailure;
  /** How many messages the reader never got; present with ERR_FAMFS_LAPPED. */
  declare readonly lost?: number;

  /**
   * @param code one of {@link ERROR_CODES}
   * @param message expected, found and what to do, in this order
   * @param details what the system said, and what else is known
   */
  constructor(code: FamfsErrorCode, message: string, details: SystemErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    for (const key of ["errno", "syscall", "path", "failure", "lost"] as const) {
      const value = details[key];
      if (value !== undefined) Object.defineProperty(this, key, { value, enumerable: true });
    }
  }
}
