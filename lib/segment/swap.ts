import { fullFence } from "../memory/coherence.js";
import type { CommitWord } from "../memory/commit-word.js";
import type { Mapping } from "../memory/mapping.js";
import { takeOver } from "./take-over.js";

/**
 * Replaces the value of a word, if it is still the one that was observed, and writes it back. It is atomic among the
 * processes of one host only (F5), so the word lies in a line that no other host stores to. Full fences on both sides:
 * what this thread has written back before is in memory before the new value is.
 * @param memory the mapping or window that the word was made of
 * @returns whether it was
 */
export function compareAndSwap(memory: Mapping, word: CommitWord, before: number, after: number): boolean {
  takeOver(memory, word.offset, 8);
  const cell = memory.view(BigInt64Array, word.offset, 1);
  if (Atomics.compareExchange(cell, 0, BigInt(before), BigInt(after)) !== BigInt(before)) return false;
  memory.writeBack(word.offset, 8, word.site);
  fullFence(word.site);
  return true;
}
