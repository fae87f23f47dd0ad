import { WRITER_SPACING } from "../../memory/coherence.js";

/*
 * A barrier's own bytes: a seat for each party, those of the lower hosts first.
 *
 *   0   holder: u64, the claim word of the role that the party's participant has
 *   8   arrivals: u64, how many phases the party has arrived at
 *   ..  up to 128
 *
 * A seat is stored to by processes of the host that it is bound to. Arrivals never shrink.
 */

/** The kind and version that an entry names. */
export const BARRIER = { kind: "barrier", version: 1 } as const;

/** The entry's options have a byte for each host: how many of the parties are bound to it. */
export const MOST_PARTIES_OF_HOST = 255;

/** A seat, in bytes from its start. */
export const Seat = { holder: 0, arrivals: 8, size: WRITER_SPACING } as const;

/** Of all of a barrier's own bytes. */
export function barrierSize(parties: number): number {
  return parties * Seat.size;
}
