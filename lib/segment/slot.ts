import { FamfsError } from "../errors.js";
import { failPoint } from "../memory/fail-point.js";
import type { OpenFile } from "../memory/open-file.js";
import { BOOTS, MOST_INCARNATIONS, packSlot, type SlotClaim, unpackSlot } from "./claim.js";
import { flushEntries } from "./entry.js";
import { flushGuarded } from "./guarded.js";
import { nodeHash, readIdentity } from "./identity.js";
import { isOnNode, type Sight, slotWord } from "./liveness.js";
import { isLocked, tryLock, unlock } from "./locks.js";
import type { SegmentMemory } from "./memory.js";
import { compareAndSwap } from "./swap.js";

/** A slot that was claimed. */
export interface ClaimedSlot {
  /** Of the participant. */
  readonly index: number;
  readonly incarnation: number;
}

/** The host whose slots are meant. */
export interface BootedHost {
  readonly host: number;
  readonly bootCount: number;
}

function indexesOf({ layout }: SegmentMemory, host: number): number[] {
  return Array.from({ length: layout.participantsPerHost }, (_, slot) => host * layout.participantsPerHost + slot);
}

/**
 * Claims a slot of the own host: its lock, then its word.
 * @param lockFile what the lock is taken on, and ends with
 * @throws {FamfsError} ERR_FAMFS_SLOTS_EXHAUSTED
 */
export function claimSlot(
  memory: SegmentMemory,
  { host, bootCount }: BootedHost,
  sight: Sight,
  lockFile: OpenFile,
): ClaimedSlot {
  const indexes = indexesOf(memory, host);
  for (const index of indexes) {
    const lockAt = memory.layout.participantAt(index);
    if (!tryLock(lockFile, lockAt)) continue;
    const incarnation = tryClaim(memory, index, bootCount, sight);
    if (incarnation !== undefined) return { index, incarnation };
    unlock(lockFile, lockAt);
  }
  throw exhausted(memory, host, indexes);
}

/** With the slot's lock held: whoever of this node had the slot is gone. */
function tryClaim(memory: SegmentMemory, index: number, bootCount: number, sight: Sight): number | undefined {
  const word = slotWord(memory, index);
  const before = word.observe();
  const claim = unpackSlot(before);
  const isFree = claim.state !== "held" || claim.boot !== bootCount % BOOTS;
  if (!isFree && !isOnNode(memory, index, claim, sight.node)) return undefined;
  if (claim.incarnation >= MOST_INCARNATIONS) return undefined;
  if (claim.state === "held") flushLeft(memory, index);
  const incarnation = claim.incarnation + 1;
  const after = packSlot({ state: "held", nodeHash: nodeHash(sight.node), boot: bootCount, incarnation });
  if (!compareAndSwap(memory.control, word, before, after)) return undefined;
  failPoint("segment.slot.claimed");
  return incarnation;
}

/** Writes back what one of the own host may have stored before it ended. */
function flushLeft(memory: SegmentMemory, index: number): void {
  flushEntries(memory, memory.layout.hostOf(index));
  flushGuarded(memory, index);
}

/** Gives the slot back. The lock goes with its file. */
export function leaveSlot(memory: SegmentMemory, { index, incarnation }: ClaimedSlot): void {
  // It may have a mutex, whose next owner finds that it was not given back.
  flushGuarded(memory, index);
  changeState(memory, index, incarnation, "left");
}

/** Marks those of the own host whose locks are gone, so that every host knows that they are dead. */
export function markDead(memory: SegmentMemory, { host, bootCount }: BootedHost, { file, node }: Sight): void {
  for (const index of indexesOf(memory, host)) {
    const claim = unpackSlot(slotWord(memory, index).observe());
    if (claim.state !== "held" || claim.boot !== bootCount % BOOTS) continue;
    if (!isOnNode(memory, index, claim, node) || isLocked(file, memory.layout.participantAt(index))) continue;
    // F10: what it stored and did not write back must not appear after it counts as dead.
    flushLeft(memory, index);
    failPoint("segment.dead.flushed");
    changeState(memory, index, claim.incarnation, "dead");
  }
}

function changeState(memory: SegmentMemory, index: number, incarnation: number, state: SlotClaim["state"]): void {
  const word = slotWord(memory, index);
  const before = word.observe();
  const claim = unpackSlot(before);
  if (claim.state === "held" && claim.incarnation === incarnation)
    compareAndSwap(memory.control, word, before, packSlot({ ...claim, state }));
}

function exhausted(memory: SegmentMemory, host: number, indexes: readonly number[]): FamfsError {
  const now = Date.now();
  const holders = indexes.map((index) => {
    const identity = readIdentity(memory, index);
    if (identity === undefined)
      return `slot ${index % memory.layout.participantsPerHost}: somebody who is just joining`;
    const age = Math.max(0, Math.round((now - identity.joinedAt) / 1000));
    const name = identity.name === "" ? "" : ` ${JSON.stringify(identity.name)}`;
    return `slot ${index % memory.layout.participantsPerHost}: process ${identity.pid}${name}, for ${age} s`;
  });
  return new FamfsError(
    "ERR_FAMFS_SLOTS_EXHAUSTED",
    `host ${host} has ${indexes.length} slots for participants and all are taken (${holders.join("; ")}); let one leave, or make the segment with more participantsPerHost`,
  );
}
