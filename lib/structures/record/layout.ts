import { WRITER_SPACING } from "../../memory/coherence.js";
import { alignUp } from "../../segment/layout.js";

/*
 * A record's own bytes: the line of the role, then one lane, or a lane for each participant (`writers: "any"`).
 *
 *   0        role of the writer, u64, in a line of the host that it is bound to; unused with `writers: "any"`
 *   128      lane 0: selector, u64, in a line of its own: the number of the newest version, 0 where there is none
 *   256        slot of even versions: commit word, u64, in a line of its own: twice the version, odd while it is written
 *   384          the version's bytes: the record, zeros up to a multiple of 8, then its trailer
 *   ...        slot of odd versions: as that of even ones
 *   ...      lane 1 and so on
 */

/** The kind and version that an entry names. */
export const RECORD = { kind: "record", version: 1 } as const;

/** In the entry's options, u32 each: the host that the writer is bound to, and an index into {@link WRITERS}. */
export const RecordOptions = { host: 0, writers: 4, size: 8 } as const;

/** Who may write: the holder of the role, or everybody, each in a lane of its own. */
export const WRITERS = ["one", "any"] as const;

export const ROLE = 0;
const LANES = WRITER_SPACING;

/** A lane, in bytes from its start. */
export const Lane = { selector: 0, slots: WRITER_SPACING } as const;

/** A slot, in bytes from its start. */
export const Slot = { word: 0, bytes: WRITER_SPACING } as const;

/**
 * What follows the record, in bytes from its start: the token that the version was written with (0 with one writer), and
 * CRC-32C of everything before the checksum (0 on coherent memory, where nothing can be missing).
 */
export const Trailer = { token: 0, crc: 8, size: 16 } as const;

/** Where the trailer begins, in bytes from the start of a version's bytes. */
export function trailerAt(recordSize: number): number {
  return alignUp(recordSize, 8);
}

/** Of a version's bytes. */
export function versionSize(recordSize: number): number {
  return trailerAt(recordSize) + Trailer.size;
}

export function slotSize(recordSize: number): number {
  return Slot.bytes + alignUp(versionSize(recordSize), WRITER_SPACING);
}

function laneSize(recordSize: number): number {
  return Lane.slots + 2 * slotSize(recordSize);
}

export function laneAt(recordSize: number, lane: number): number {
  return LANES + lane * laneSize(recordSize);
}

/** Of all of a record's own bytes. */
export function bodySize(recordSize: number, lanes: number): number {
  return laneAt(recordSize, lanes);
}
