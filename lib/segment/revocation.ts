import type { SegmentMemory } from "./memory.js";
import { takeOver } from "./take-over.js";

/*
 * Each participant has a word for every other one, in a lane of its own: the incarnation that it fenced, and whether an
 * operator said through it that this one is dead. They only grow: what a predecessor in the slot revoked stays revoked.
 */

/** With this bit an incarnation is known dead, not only fenced. */
const DEAD = 2 ** 31;

/** Fences an incarnation: when it returns, the fenced one's next look finds it (R8a). */
export function revoke(memory: SegmentMemory, by: number, index: number, incarnation: number, dead = false): void {
  const word = memory.revocation(by, index);
  const before = word.observe();
  if (before % DEAD > incarnation) return;
  const marked = dead || before === incarnation + DEAD;
  takeOver(memory.control, word.offset, 4);
  word.publish(incarnation + (marked ? DEAD : 0), word.offset, 0);
}

/** Whether one participant has fenced this incarnation. */
export function hasRevoked(memory: SegmentMemory, by: number, index: number, incarnation: number): boolean {
  return memory.revocation(by, index).observe() % DEAD === incarnation;
}

/** Who fenced this incarnation; undefined: nobody. */
export function revokerOf(memory: SegmentMemory, index: number, incarnation: number): number | undefined {
  for (let by = 0; by < memory.layout.participants; by++) {
    if (by !== index && hasRevoked(memory, by, index, incarnation)) return by;
  }
  return undefined;
}

/** Whether an operator said that this incarnation is dead. */
export function isDeclaredDead(memory: SegmentMemory, index: number, incarnation: number): boolean {
  for (let by = 0; by < memory.layout.participants; by++) {
    if (memory.revocation(by, index).observe() === incarnation + DEAD) return true;
  }
  return false;
}
