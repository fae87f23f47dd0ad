import { FamfsError } from "../errors.js";
import { show, string } from "../guards.js";

/**
 * Checks a text that is kept in a fixed number of bytes.
 * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_ENCODING
 */
export function text(what: string, value: unknown, room: number): string {
  const checked = string(what, value);
  const bytes = Buffer.from(checked);
  if (bytes.toString() !== checked) {
    throw new FamfsError(
      "ERR_FAMFS_ENCODING",
      `${what} must be text that can be written as UTF-8, found ${show(checked)}`,
    );
  }
  if (bytes.byteLength <= room) return checked;
  throw new FamfsError(
    "ERR_FAMFS_OUT_OF_RANGE",
    `${what} has at most ${room} bytes in UTF-8, found ${bytes.byteLength}: ${show(checked)}`,
  );
}
