import { usedWord } from "../../segment/entry.js";
import { HostBlock } from "../../segment/host.js";
import type { Segment } from "../../segment/segment.js";
import { attempt, type Problem } from "./problem.js";

/** A host index that was ever taken. */
export interface ShownHost {
  readonly host: number;
  /** How often the index was taken. */
  readonly bootCount?: number;
  /** Drawn by its kernel at its boot; absent where none is whole. */
  readonly bootId?: string | undefined;
  readonly machineId?: string | undefined;
  /** How many entries of its part of the directory are used. */
  readonly entries?: number;
  readonly problem?: Problem;
}

/** Whose the host indexes are; those that nobody has taken are left out. */
export function lookAtHosts(segment: Segment): ShownHost[] {
  return Array.from({ length: segment.hosts }, (_, host) => {
    const found = attempt(segment, () => lookAt(segment, host));
    return found === undefined ? [] : [{ host, ...found }];
  }).flat();
}

function lookAt({ memory }: Segment, host: number) {
  const block = new HostBlock(memory, host);
  const { bootCount } = block.claim();
  const entries = usedWord(memory, host).observe();
  if (bootCount === 0 && entries === 0) return undefined;
  const identity = block.identity();
  return { bootCount, bootId: identity?.bootId, machineId: identity?.machineId, entries };
}
