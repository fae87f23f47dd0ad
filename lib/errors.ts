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
  ERR_FAMFS_INVALID_SCHEMA: "A schema cannot be as described: a name, size, type, alignment or nesting is not allowed.",
  ERR_FAMFS_SCHEMA_TEXT: "A text is not the text of a schema.",
  ERR_FAMFS_SCHEMA_MISMATCH: "Data were written with another schema than the one expected.",
  ERR_FAMFS_UNKNOWN_FIELD: "A record has a name that is no field of its schema.",
  ERR_FAMFS_ENCODING: "A string cannot be written as UTF-8, or bytes read as a string are not UTF-8.",
} as const;

/** A stable error code; see docs/errors.md. */
export type FamfsErrorCode = keyof typeof ERROR_CODES;

/** What the operating system said, where an error comes from it. */
export interface SystemErrorDetails {
  /** The system's error number, negative as everywhere in Node (`-2` is ENOENT). */
  errno?: number | undefined;
  /** The system call that failed. */
  syscall?: string | undefined;
  /** The path it was called with. */
  path?: string | undefined;
  /** The error that this one explains. */
  cause?: unknown;
}

/**
 * The one error class of this library. `code` is stable across versions, `message` is for people: it says what was
 * expected, what was found and what to do.
 */
export class FamfsError extends Error {
  override readonly name = "FamfsError";
  /** The stable code, `ERR_FAMFS_…`. */
  readonly code: FamfsErrorCode;
  /** The system's error number, negative as everywhere in Node; present only where the system reported one. */
  declare readonly errno?: number;
  /** The system call that failed, where there was one. */
  declare readonly syscall?: string;
  /** The path concerned, where there is one. */
  declare readonly path?: string;

  /**
   * @param code one of {@link ERROR_CODES}
   * @param message expected, found and what to do, in this order
   * @param details what the system said
   */
  constructor(code: FamfsErrorCode, message: string, details: SystemErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    for (const key of ["errno", "syscall", "path"] as const) {
      const value = details[key];
      if (value !== undefined) Object.defineProperty(this, key, { value, enumerable: true });
    }
  }
}
