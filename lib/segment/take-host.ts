import { setTimeout as sleep } from "node:timers/promises";
import { FamfsError } from "../errors.js";
import { failPoint } from "../memory/fail-point.js";
import { BOOTS, type HostClaim, MOST_BOOTS } from "./claim.js";
import { bootHash, HostBlock, type HostIdentity } from "./host.js";
import { readIdentity } from "./identity.js";
import { LEASE, slotClaim } from "./liveness.js";
import { type Machine, sameMachine } from "./machine.js";
import type { SegmentMemory } from "./memory.js";
import { describeParticipant } from "./participant.js";
import type { BootedHost } from "./slot.js";

/** Who wants a host index. */
export interface HostRequest {
  readonly machine: Machine;
  readonly replaceHost: boolean;
  /** For how long a new claim is watched, in milliseconds: the interval of heartbeats. */
  readonly interval: number;
}

/** ERR_FAMFS_HOST_TAKEN. */
export class HostTaken extends FamfsError {
  constructor(message: string) {
    super("ERR_FAMFS_HOST_TAKEN", message);
  }
}

/** How often a claim may be lost to another process of this host. */
const TRIES = 8;

/** On coherent memory, where an index need not be configured: which to try, best first. */
export function chooseHosts(memory: SegmentMemory, machine: Machine): number[] {
  const hosts = Array.from({ length: memory.layout.hosts }, (_, host) => host);
  const rank = (host: number) => {
    const block = new HostBlock(memory, host);
    const identity = block.identity();
    if (identity?.bootId === machine.bootId) return 0;
    if (identity !== undefined && sameMachine(identity, machine)) return 1;
    return block.claim().bootCount === 0 ? 2 : 3;
  };
  const ranks = hosts.map(rank);
  return hosts.sort((a, b) => (ranks[a] as number) - (ranks[b] as number));
}

/**
 * Makes a host index this machine's, or finds that it is (R5b, R8). The caller keeps other processes of this node out.
 * @throws {HostTaken}
 */
export async function takeHost(memory: SegmentMemory, host: number, request: HostRequest): Promise<BootedHost> {
  const { machine } = request;
  const block = new HostBlock(memory, host);
  for (let tries = 0; tries < TRIES; tries++) {
    const claim = block.claim();
    const identity = identityOf(block, claim);
    if (identity?.bootId === machine.bootId) {
      if (!wasConfirmed(memory, host, claim)) await confirm(memory, host, request);
      return { host, bootCount: claim.bootCount };
    }
    const half = identity === undefined && claim.bootHash === bootHash(machine.bootId);
    if (!half && claim.bootCount > 0) await checkGone(memory, host, identity, request);
    const bootCount = half ? claim.bootCount : claim.bootCount + 1;
    if (bootCount > MOST_BOOTS)
      throw new HostTaken(`host ${host} was taken ${MOST_BOOTS} times; format the segment anew`);
    block.takeOverPart();
    if (!half && !block.swap(claim, { bootCount, bootHash: bootHash(machine.bootId) })) continue;
    failPoint("segment.host.claimed");
    block.publish({ ...machine, bootCount });
    failPoint("segment.host.published");
    await confirm(memory, host, request);
    return { host, bootCount };
  }
  throw new HostTaken(`host ${host} is being taken by others at the same time; give each host an index of its own`);
}

/** The identity that belongs to this claim; undefined where its maker died in between. */
function identityOf(block: HostBlock, claim: HostClaim): HostIdentity | undefined {
  const identity = block.identity();
  return identity?.bootCount === claim.bootCount && claim.bootCount > 0 ? identity : undefined;
}

/** Whether somebody has claimed a slot in this boot of the host: only who was alone with the index does. */
function wasConfirmed(memory: SegmentMemory, host: number, { bootCount }: HostClaim): boolean {
  const { participantsPerHost } = memory.layout;
  for (let slot = 0; slot < participantsPerHost; slot++) {
    const { incarnation, boot } = slotClaim(memory, host * participantsPerHost + slot);
    if (incarnation > 0 && boot === bootCount % BOOTS) return true;
  }
  return false;
}

/** @throws {HostTaken} unless the host that had the index has restarted, or may be replaced */
async function checkGone(
  memory: SegmentMemory,
  host: number,
  identity: HostIdentity | undefined,
  { machine, replaceHost }: HostRequest,
): Promise<void> {
  const holder =
    identity === undefined
      ? "a machine that died before it said which it is"
      : `machine ${identity.machineId}, boot ${identity.bootId}`;
  if (!replaceHost && (identity === undefined || !sameMachine(identity, machine))) {
    throw new HostTaken(
      `host ${host} belongs to ${holder}; this is machine ${machine.machineId}, boot ${machine.bootId}. Give this host an index of its own; if that machine is gone for good, pass { replaceHost: true }`,
    );
  }
  const moving = await findMoving(memory, host);
  if (moving === undefined) return;
  throw new HostTaken(
    `host ${host} is in use by ${holder}: the heartbeat of ${describeParticipant(memory, moving)} moves. Give this host an index of its own`,
  );
}

/** Watches the host's heartbeats for the longest lease of them; the first that moves. */
async function findMoving(memory: SegmentMemory, host: number): Promise<number | undefined> {
  const { participantsPerHost } = memory.layout;
  const held = Array.from({ length: participantsPerHost }, (_, slot) => host * participantsPerHost + slot).filter(
    (index) => slotClaim(memory, index).state === "held",
  );
  const lease = Math.max(0, ...held.map((index) => leaseOf(memory, index)));
  const before = held.map((index) => memory.heartbeat(index).observe());
  const end = performance.now() + lease;
  while (performance.now() < end) {
    await sleep(Math.max(1, Math.min(lease / 8, end - performance.now())));
    const moved = held.find((index, i) => memory.heartbeat(index).observe() !== before[i]);
    if (moved !== undefined) return moved;
  }
  return undefined;
}

function leaseOf(memory: SegmentMemory, index: number): number {
  const lease = readIdentity(memory, index)?.lease ?? LEASE.usual;
  return Math.min(Math.max(lease, LEASE.least), LEASE.most);
}

/**
 * Between hosts nothing stops two from claiming one index at once (F5): this finds most of such mistakes. On coherent
 * memory the claim itself decides.
 */
async function confirm(memory: SegmentMemory, host: number, { machine, interval }: HostRequest): Promise<void> {
  if (memory.mapping.coherence === "coherent") return;
  await sleep(interval);
  failPoint("segment.host.confirm");
  const block = new HostBlock(memory, host);
  const identity = identityOf(block, block.claim());
  if (identity?.bootId === machine.bootId) return;
  throw new HostTaken(
    `host ${host} was taken by ${identity === undefined ? "another machine" : `machine ${identity.machineId}`} at the same time; give each host an index of its own`,
  );
}
