import { WRITER_SPACING } from "../../memory/coherence.js";
import { alignUp } from "../../segment/layout.js";

/*
 * A broadcast's own bytes. All of them are stored by processes of the host that the writer is bound to.
 *
 *   0     role of the writer, u64, in a line of its own
 *   128   tail, u64, in a line of its own: how many messages were committed
 *   256   slots, one after the other: message number n, from 0, is in slot n modulo their number
 *
 * There are `capacity + run` slots: those of the newest `capacity` messages can be read, while those of up to `run`
 * further ones are being written.
 */

/** The kind and version that an entry names. */
export const BROADCAST = { kind: "broadcast", version: 1 } as const;

/** In the entry's options, u32 each: the host that the writer is bound to, and the most messages of one commit. */
export const BroadcastOptions = { host: 0, run: 4, size: 8 } as const;

export const ROLE = 0;
export const TAIL = WRITER_SPACING;
export const SLOTS = 2 * WRITER_SPACING;

/** Of every CPU at least; a slot that is not larger lies in one. */
const LINE = 64;

/**
 * What follows a message that is longer than a line, in bytes from its start: the message's number, u64, and CRC-32C of
 * everything before the checksum. On coherent memory, where nothing can be missing, nothing is stored there.
 */
export const Trailer = { number: 0, crc: 8, size: 16 } as const;

/** Where the trailer begins, in bytes from the start of a slot; undefined where a message fits into a line. */
export function trailerAt(messageSize: number): number | undefined {
  return messageSize <= LINE ? undefined : alignUp(messageSize, 8);
}

/** From one slot to the next: a power of two up to a line, then whole lines, and a multiple of the schema's alignment. */
export function slotSize({ size, align }: { readonly size: number; readonly align: number }): number {
  const trailer = trailerAt(size);
  if (trailer === undefined) return 2 ** Math.ceil(Math.log2(Math.max(size, 8)));
  return alignUp(trailer + Trailer.size, Math.max(LINE, align));
}

/** Of all of a broadcast's own bytes. */
export function bodySize(slot: number, capacity: number, run: number): number {
  return SLOTS + slot * (capacity + run);
}
