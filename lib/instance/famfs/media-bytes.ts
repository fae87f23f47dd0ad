import { crc32 } from "../../crc32.js";
import { FamfsError } from "../../errors.js";
import { show } from "../../guards.js";

/** The error for a field that has a value which no famfs known today stores. */
export function badField(name: string, expected: string, found: string): FamfsError {
  return new FamfsError("ERR_FAMFS_CORRUPT", `${name} must be ${expected}, found ${found}`);
}

/** A number as messages about the medium show it. */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** A private copy of bytes of the medium: little-endian, and never trusted. */
export class MediaBytes {
  readonly #view: DataView;

  constructor(readonly bytes: Buffer) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  bigU64(at: number): bigint {
    return this.#view.getBigUint64(at, true);
  }

  /** @throws {FamfsError} ERR_FAMFS_CORRUPT from 2^53 on, where a number is not exact */
  u64(at: number, name: string): number {
    const high = this.#view.getUint32(at + 4, true);
    if (high > 0x1f_ffff) throw badField(name, "below 2^53", hex(this.bigU64(at)));
    return high * 2 ** 32 + this.#view.getUint32(at, true);
  }

  /** Whether the u64 at `at` is the CRC of `length` bytes from `start` on. */
  hasCrc(at: number, start: number, length: number): boolean {
    return this.u32(at) === this.crc(start, length) && this.u32(at + 4) === 0;
  }

  crc(start: number, length: number): number {
    return crc32(this.bytes.subarray(start, start + length));
  }

  /** As text, in lower case: the printed order is that of the bytes. */
  uuid(at: number): string {
    const text = this.bytes.toString("hex", at, at + 16);
    return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
  }

  /** Up to a NUL or `size` bytes; what is no UTF-8 is replaced. */
  text(at: number, size: number): string {
    const text = this.bytes.toString("utf8", at, at + size);
    const end = text.indexOf("\0");
    return end < 0 ? text : text.slice(0, end);
  }

  /** A path below the mount, ended by a NUL within `size` bytes. @throws {FamfsError} ERR_FAMFS_CORRUPT */
  relativePath(at: number, size: number): string {
    const end = this.bytes.indexOf(0, at);
    if (end < 0 || end >= at + size) throw badField("its path", `ended by a NUL within ${size} bytes`, "none");
    const path = this.bytes.toString("latin1", at, end);
    // Most names are ASCII, and a log has thousands of them.
    return checkRelativePath(NOT_ASCII.test(path) ? decode(this.bytes.subarray(at, end)) : path);
  }
}

const NOT_ASCII = /[^\0-\x7f]/;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw badField("its path", "UTF-8", `0x${bytes.toString("hex")}`);
  }
}

/** A part that is empty, `.` or `..`. */
const BAD_PART = /(?:^|\/)\.{0,2}(?:\/|$)/;

/** Refuses a path that does not stay below the mount. @throws {FamfsError} ERR_FAMFS_CORRUPT */
export function checkRelativePath(path: string): string {
  if (!BAD_PART.test(path) && !path.includes("\0")) return path;
  throw badField("its path", `relative, without empty parts, "." and ".."`, show(path));
}
