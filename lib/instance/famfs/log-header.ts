import { ENTRY_SIZE } from "./log-entry.js";
import { badField, hex, type MediaBytes } from "./media-bytes.js";

export const HEADER_SIZE = 48;
const MAGIC = 0xbad_cafe_f00dn;

/** What the log's header says. */
export interface Header {
  /** Entries that there is room for. */
  readonly capacity: number;
  /** Entries that there are. */
  readonly used: number;
}

/** Entries that there is room for in a log of so many bytes. */
export function capacityOf(length: number): number {
  return Math.floor((length - HEADER_SIZE) / ENTRY_SIZE);
}

/** @throws {FamfsError} ERR_FAMFS_CORRUPT */
export function parseHeader(media: MediaBytes, logLength: number): Header {
  const magic = media.bigU64(0);
  if (magic !== MAGIC) throw badField("the magic number", hex(MAGIC), hex(magic));
  if (!media.hasCrc(24, 0, 24)) throw badField("the header's CRC", hex(media.crc(0, 24)), hex(media.bigU64(24)));
  const length = media.u64(8, "the length");
  if (length !== logLength) throw badField("the length", `${logLength} as in the superblock`, `${length}`);
  const most = capacityOf(length);
  const capacity = media.u64(16, "the last index") + 1;
  if (capacity > most) throw badField("the last index", `below ${most}`, `${capacity - 1}`);
  const used = media.u64(40, "the next index");
  if (used > capacity) throw badField("the next index", `${capacity} at most`, `${used}`);
  // The two move together, and no checksum covers them: one alone would hide entries, or show some that are not there.
  const sequence = media.u64(32, "the next sequence number");
  if (sequence !== used) throw badField("the next sequence number", `the next index, ${used}`, `${sequence}`);
  return { capacity, used };
}
