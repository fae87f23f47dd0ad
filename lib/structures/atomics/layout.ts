import { WRITER_SPACING } from "../../memory/coherence.js";
import { alignUp } from "../../segment/layout.js";

/*
 * The own bytes of atomics.
 *
 * On coherent memory: the elements one after the other, then from the next multiple of 128 on a u32 for each, which says
 * whether somebody sleeps until the element changes.
 *
 * On other memory: a line of the lock for each participant, then for each element a line for each participant:
 *
 *   lock    0   u64 word of the bakery: ticket * 4 + state
 *           8   u64 incarnation of the participant that stored the word
 *   element 0   version A: commit word u64, twice the ticket of the lock, odd while it is written
 *           8   its value, 8 bytes
 *           16  version B: as A; the two are written in turn
 */

/** The kind and version that an entry names. */
export const ATOMICS = { kind: "atomics", version: 1 } as const;

export const ElementLine = { versions: [0, 16], value: 8, size: WRITER_SPACING } as const;

/** On coherent memory: where the word for those who sleep at an element is. */
export function sleepersAt(index: number, length: number, elementSize: number): number {
  return alignUp(length * elementSize, WRITER_SPACING) + 4 * index;
}

/** On other memory: where a participant's line of an element is. */
export function elementLineAt(index: number, participant: number, participants: number): number {
  return (participants * (1 + index) + participant) * ElementLine.size;
}

/** Of all of the own bytes. */
export function atomicsSize(length: number, elementSize: number, lanes: number | undefined): number {
  return lanes === undefined ? sleepersAt(length, length, elementSize) : elementLineAt(length, 0, lanes);
}
