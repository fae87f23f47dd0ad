import type { Participant } from "../segment/participant.js";

const owned = new WeakMap<Participant, Map<number, unknown>>();

/**
 * What a participant has of a structure only once, however often it opens it: its lane, of which it alone knows how far
 * it is.
 * @param at where that lies in the segment, in bytes
 */
export function ownOf<T>(participant: Participant, at: number, make: () => T): T {
  let all = owned.get(participant);
  if (all === undefined) {
    all = new Map();
    owned.set(participant, all);
  }
  if (!all.has(at)) all.set(at, make());
  return all.get(at) as T;
}
