import { WRITER_SPACING } from "../../memory/coherence.js";
import { alignUp } from "../../segment/layout.js";

/*
 * A map's own bytes: the line of the role, the number of keys, then the slots.
 *
 *   0     role of the writer, u64, in a line of the host that it is bound to
 *   128   size: how many keys there are, u64, in a line of its own
 *   256   slots, two for each key that there is room for
 *
 * A slot, K bytes for the key (a multiple of 8) and V for the value:
 *
 *   0     word, u64: 4 * changes + 2 where there is a key; the value is in half A where `changes` is odd, else in B
 *   8     reach, u32: how many slots further the keys go whose home this slot is
 *   12    length of the key, u32, in bytes
 *   16    checksum of key and half A, u32; 20 that of key and half B; 0 on coherent memory, where nothing can be missing
 *   24    key, then zeros: an i64, or UTF-8
 *   ..    half A, half B: values, zeros up to a multiple of 8, written in turn
 *
 * A key is in its home, the slot that its hash names, or in one of the `reach` slots behind it, and never moves.
 */

/** The kind and version that an entry names. */
export const MAP = { kind: "map", version: 1 } as const;

/** In the entry's options, u32 each: the host that the writer is bound to, bytes of a string's key (0: integers), seed. */
export const MapOptions = { host: 0, keySize: 4, seed: 8, size: 12 } as const;

/** A map, in bytes from its start. */
export const MapBody = { role: 0, size: WRITER_SPACING, slots: 2 * WRITER_SPACING } as const;

/** A slot, in bytes from its start. */
export const MapSlot = { word: 0, reach: 8, length: 12, checksums: 16, key: 24 } as const;

/** Slots begin at a multiple of this many bytes, so that all of one before its key, and the key of an integer, are in one line. */
const SLOT_ALIGNMENT = 32;

/** Of a key and of a half in a slot, in bytes. */
export function padded(size: number): number {
  return alignUp(size, 8);
}

/** Of the bytes of a key: strings of at most `keySize` bytes, or integers where that is 0. */
export function keyBytes(keySize: number): number {
  return keySize === 0 ? 8 : padded(keySize);
}

/** Of a slot, in bytes. */
export function slotSize(keySize: number, valueSize: number): number {
  return alignUp(MapSlot.key + keyBytes(keySize) + 2 * padded(valueSize), SLOT_ALIGNMENT);
}

/** Twice as many as keys: so chains stay short, also after many deletes. */
export function slotCount(capacity: number): number {
  return 2 * capacity;
}

/**
 * A key is at most this many slots behind its home. Chains of this length do not come about by chance; a set of keys that
 * was chosen to collide ends here.
 */
export function mostReach(slots: number): number {
  return Math.min(slots - 1, 4095);
}

/** Of all of a map's own bytes. */
export function mapSize(capacity: number, keySize: number, valueSize: number): number {
  return MapBody.slots + slotCount(capacity) * slotSize(keySize, valueSize);
}
