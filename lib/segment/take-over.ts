import type { Mapping } from "../memory/mapping.js";

/**
 * Before this host's first store to lines that another one has written, or that it has only read so far (R1): what its
 * caches have of them is dropped.
 */
export function takeOver(memory: Mapping, offset: number, length: number): void {
  memory.invalidate(offset, length, "segment.take-over");
}
