import { WRITER_SPACING } from "../../memory/coherence.js";
import { guardLineAt } from "../../segment/guarded.js";

/*
 * The own bytes of a mutex:
 *
 *   0    u32 word: on coherent memory who has the mutex, 0 nobody; elsewhere unused
 *   4    u32 sleepers: on coherent memory not 0 where somebody sleeps until the word changes
 *   8    u64 hold: twice the token of the last hold, plus 1 until that was given back
 *
 * On other memory a line of the lock for each participant follows (structure-lock.ts), then a line for each that says what
 * it guards (lib/segment/guarded.ts).
 */

export const HoldLine = { word: 0, sleepers: 4, hold: 8, size: WRITER_SPACING } as const;

/** Of all of the own bytes. @param lanes the number of participants; undefined on coherent memory */
export function mutexSize(lanes: number | undefined): number {
  return lanes === undefined ? HoldLine.size : guardLineAt(lanes, lanes);
}

/** Where the lines of the lock begin. */
export const LOCK_AT = HoldLine.size;

/** An owner's word has room for this many incarnations: another one of the same number comes after millions of joins. */
const INCARNATIONS = 2 ** 23;

/** The word of an owner: bits 0-8 its index plus 1, 9-31 its incarnation. */
export function packOwner(index: number, incarnation: number): number {
  return (incarnation % INCARNATIONS) * 512 + index + 1;
}

/** The index of an owner; undefined where no participant has it. */
export function ownerOf(word: number, participants: number): number | undefined {
  const index = (word % 512) - 1;
  return index >= 0 && index < participants ? index : undefined;
}
