/*
 * Claim words: who has a place that the processes of one host compete for. They are changed by compare-and-swap, which
 * is atomic inside a host only (F5), so each lies in a line that only its host stores to. 53 bits, so that they are safe
 * integers.
 */

/** What a slot's claim word says. */
export interface SlotClaim {
  /** `"dead"`: its holder ended without leaving, and somebody of its host has seen that. */
  readonly state: "free" | "held" | "left" | "dead";
  /** Of the node (device, inode, boot) on which the holder's lock is. */
  readonly nodeHash: number;
  /** The host's boot count, as much of it as there is room for. */
  readonly boot: number;
  readonly incarnation: number;
}

const STATES = ["free", "held", "left", "dead"] as const;

export const NODE_HASHES = 1 << 13;
export const BOOTS = 1 << 12;
export const MOST_INCARNATIONS = 2 ** 26 - 1;

/** Bits 0-1 the state, 2-14 the node's hash, 15-26 the boot count, 27-52 the incarnation. */
export function packSlot({ state, nodeHash, boot, incarnation }: SlotClaim): number {
  return incarnation * 2 ** 27 + (boot % BOOTS) * 2 ** 15 + nodeHash * 4 + STATES.indexOf(state);
}

export function unpackSlot(word: number): SlotClaim {
  return {
    state: STATES[word % 4] as SlotClaim["state"],
    nodeHash: Math.floor(word / 4) % NODE_HASHES,
    boot: Math.floor(word / 2 ** 15) % BOOTS,
    incarnation: Math.floor(word / 2 ** 27),
  };
}

/** What a host's claim word says: 0 in both while nobody has had the host. */
export interface HostClaim {
  readonly bootCount: number;
  readonly bootHash: number;
}

export const MOST_BOOTS = 2 ** 21 - 1;

/** Bits 0-31 the hash of the boot id, 32-52 the boot count. */
export function packHost({ bootCount, bootHash }: HostClaim): number {
  return bootCount * 2 ** 32 + bootHash;
}

export function unpackHost(word: number): HostClaim {
  return { bootCount: Math.floor(word / 2 ** 32), bootHash: word % 2 ** 32 };
}
