import { FamfsError } from "../../errors.js";
import { show } from "../../guards.js";

/** The error for a field of the medium that no writer stores; `name` says which field of what. */
export function badField(name: string, expected: string, found: string): FamfsError {
  return new FamfsError("ERR_FAMFS_CORRUPT", `${name} must be ${expected}, found ${found}`);
}

/** A u64, little-endian. @throws {FamfsError} ERR_FAMFS_CORRUPT from 2^53 on, where a number is not exact */
export function readU64(bytes: Buffer, at: number, name: string): number {
  const high = bytes.readUInt32LE(at + 4);
  if (high > 0x1f_ffff) throw badField(name, "below 2^53", `0x${bytes.readBigUInt64LE(at).toString(16)}`);
  return high * 2 ** 32 + bytes.readUInt32LE(at);
}

/** A UUID as text, in lower case: the printed order is that of the bytes. */
export function readUuid(bytes: Buffer, at: number): string {
  const hex = bytes.toString("hex", at, at + 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Where the first NUL is, or `end` where there is none before it. */
export function textEnd(bytes: Buffer, at: number, end: number): number {
  for (let i = at; i < end; i++) if (bytes[i] === 0) return i;
  return end;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A path below the mount, ended by a NUL within `size` bytes. @throws {FamfsError} ERR_FAMFS_CORRUPT */
export function readRelativePath(bytes: Buffer, at: number, size: number): string {
  const end = textEnd(bytes, at, at + size);
  if (end === at + size) throw badField("its path", `ended by a NUL within ${size} bytes`, "none");
  return checkRelativePath(decode(bytes, at, end));
}

function decode(bytes: Buffer, at: number, end: number): string {
  // Most names are ASCII, which costs a tenth of the decoder's time.
  for (let i = at; i < end; i++) {
    if ((bytes[i] as number) < 0x80) continue;
    try {
      return utf8.decode(bytes.subarray(at, end));
    } catch {
      throw badField("its path", "UTF-8", `0x${bytes.toString("hex", at, end)}`);
    }
  }
  return bytes.toString("latin1", at, end);
}

/** A part that is empty, `.` or `..`. */
const BAD_PART = /(?:^|\/)\.{0,2}(?:\/|$)/;

/** Refuses a path that does not stay below the mount. @throws {FamfsError} ERR_FAMFS_CORRUPT */
export function checkRelativePath(path: string): string {
  if (!BAD_PART.test(path) && !path.includes("\0")) return path;
  throw badField("its path", `relative, without empty parts, "." and ".."`, show(path));
}
