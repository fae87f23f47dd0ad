import type { OpenFile } from "../memory/open-file.js";
import { BOOTS, type SlotClaim, unpackSlot } from "./claim.js";
import { HostBlock } from "./host.js";
import { type Node, nodeHash, readIdentity, sameNode } from "./identity.js";
import { Participant } from "./layout.js";
import { isLocked } from "./locks.js";
import type { SegmentMemory } from "./memory.js";
import { isDeclaredDead } from "./revocation.js";

/** How a participant looks from here (R8). `"dead"` is known for sure, and also said of a slot that nobody holds. */
export type Standing = "alive" | "silent" | "dead";

/** Leases in milliseconds. */
export const LEASE = { least: 20, most: 60_000, usual: 2000 } as const;

/** When a heartbeat was seen to move last. */
interface Seen {
  readonly incarnation: number;
  readonly beat: number;
  /** By this observer's monotonic clock, in milliseconds. */
  readonly since: number;
  readonly lease: number;
}

/** The node that an observer sees locks of. */
export interface Sight {
  /** An open of its own, which has no locks: a file does not see its own. */
  readonly file: OpenFile;
  readonly node: Node;
}

export function slotClaim(memory: SegmentMemory, index: number): SlotClaim {
  return unpackSlot(slotWord(memory, index).observe());
}

export function slotWord(memory: SegmentMemory, index: number) {
  return memory.word(memory.layout.participantAt(index) + Participant.claim, 64, "segment.claim");
}

/**
 * Whether the lock of this claim's holder is one that can be seen from here. The claim has room for a hash only: where
 * the identity is whole, it decides.
 */
export function isOnNode(memory: SegmentMemory, index: number, claim: SlotClaim, node: Node): boolean {
  if (claim.nodeHash !== nodeHash(node)) return false;
  const identity = readIdentity(memory, index);
  return identity?.incarnation !== claim.incarnation || sameNode(identity.node, node);
}

/** What one observer knows of the participants. Clocks of hosts are never compared: silence is measured here. */
export class Liveness {
  readonly #memory: SegmentMemory;
  readonly #sight: Sight;
  readonly #seen = new Map<number, Seen>();

  constructor(memory: SegmentMemory, sight: Sight) {
    this.#memory = memory;
    this.#sight = sight;
  }

  /** Looks at a participant now. Nobody is silent at the first look. */
  look(index: number, claim = slotClaim(this.#memory, index)): Standing {
    if (this.#isDead(index, claim)) return "dead";
    const seen = this.#seen.get(index);
    const beat = this.#memory.heartbeat(index).observe();
    const now = performance.now();
    if (seen === undefined || seen.incarnation !== claim.incarnation || seen.beat !== beat) {
      const lease = this.#leaseOf(index, claim.incarnation);
      this.#seen.set(index, { incarnation: claim.incarnation, beat, since: now, lease });
      return "alive";
    }
    if (now - seen.since < seen.lease) return "alive";
    return isDeclaredDead(this.#memory, index, claim.incarnation) ? "dead" : "silent";
  }

  /**
   * Whether somebody of the own host may still store to what one of its participants at a time stores to. Whom the kernel
   * sees alive may, whatever an operator has said: it does not look whether somebody has taken its place.
   */
  mayStore(index: number, claim: SlotClaim): boolean {
    if (claim.state === "held" && this.#kernelSays(index, claim) === true) return true;
    return this.look(index, claim) !== "dead";
  }

  /** Whether it is known that an incarnation has ended. */
  isKnownDead(index: number, incarnation: number): boolean {
    const claim = slotClaim(this.#memory, index);
    if (claim.incarnation !== incarnation || this.#isDead(index, claim)) return true;
    return isDeclaredDead(this.#memory, index, incarnation);
  }

  /**
   * Whether nothing that a claim's holder stored can reach memory any more (F10): its host has said that it ended, after
   * writing back what it had guarded, or has restarted.
   */
  isSettled(index: number, claim: SlotClaim): boolean {
    if (claim.state !== "held") return true;
    const host = new HostBlock(this.#memory, this.#memory.layout.hostOf(index));
    return claim.boot !== host.claim().bootCount % BOOTS;
  }

  /** For how long a heartbeat has not moved, as far as this observer has looked, in milliseconds. */
  silentFor(index: number): number {
    const seen = this.#seen.get(index);
    return seen === undefined ? 0 : performance.now() - seen.since;
  }

  #isDead(index: number, claim: SlotClaim): boolean {
    return this.isSettled(index, claim) || this.#kernelSays(index, claim) === false;
  }

  /** Whether a claim's holder lives; undefined where its lock cannot be seen from here. */
  #kernelSays(index: number, claim: SlotClaim): boolean | undefined {
    const { file, node } = this.#sight;
    if (!isOnNode(this.#memory, index, claim, node)) return undefined;
    return isLocked(file, this.#memory.layout.participantAt(index));
  }

  #leaseOf(index: number, incarnation: number): number {
    const identity = readIdentity(this.#memory, index);
    if (identity?.incarnation !== incarnation) return LEASE.usual;
    return Math.min(Math.max(identity.lease, LEASE.least), LEASE.most);
  }
}
