import { WRITER_SPACING } from "../../memory/coherence.js";

/*
 * A counter's own bytes: a lane for each participant, in the order of their indexes.
 *
 *   0   added: u64, the sum of everything that this slot's participants added
 *   8   subtracted: u64, the same of what they took away
 *   ..  up to 128
 *
 * Each word is stored whole, and neither ever shrinks.
 */

/** The kind and version that an entry names. */
export const COUNTER = { kind: "counter", version: 1 } as const;

/** A lane, in bytes from its start. */
export const CounterLane = { added: 0, subtracted: 8, size: WRITER_SPACING } as const;

/** Of all of a counter's own bytes. */
export function counterSize(participants: number): number {
  return participants * CounterLane.size;
}
