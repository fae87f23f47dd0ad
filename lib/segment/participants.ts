import { readIdentity } from "./identity.js";
import { type Liveness, type Standing, slotClaim } from "./liveness.js";
import type { SegmentMemory } from "./memory.js";

/** A participant, as {@link Segment.participants} lists it. */
export interface ParticipantInfo {
  /** Its number in the segment. */
  readonly index: number;
  readonly host: number;
  readonly slot: number;
  readonly incarnation: number;
  /** `"dead"` is known for sure; `"silent"` may be paused, and go on. */
  readonly standing: Standing;
  /** How far its heartbeat has come. */
  readonly heartbeat: number;
  /** Undefined while it is just joining, or where it died doing so. */
  readonly name: string | undefined;
  readonly pid: number | undefined;
  /** Of a worker; 0 in the main thread. */
  readonly thread: number | undefined;
  /** In milliseconds. */
  readonly lease: number | undefined;
  /** By its own host's clock. */
  readonly joinedAt: Date | undefined;
}

export function listParticipants(memory: SegmentMemory, liveness: Liveness): ParticipantInfo[] {
  const list: ParticipantInfo[] = [];
  for (let index = 0; index < memory.layout.participants; index++) {
    const info = look(memory, liveness, index);
    if (info !== undefined) list.push(info);
  }
  return list;
}

function look(memory: SegmentMemory, liveness: Liveness, index: number): ParticipantInfo | undefined {
  const claim = slotClaim(memory, index);
  if (claim.state !== "held" && claim.state !== "dead") return undefined;
  const standing = liveness.look(index, claim);
  const heartbeat = memory.heartbeat(index).observe();
  const { participantsPerHost } = memory.layout;
  const place = { host: memory.layout.hostOf(index), slot: index % participantsPerHost };
  const identity = readIdentity(memory, index);
  const known = identity?.incarnation === claim.incarnation ? identity : undefined;
  return {
    index,
    ...place,
    incarnation: claim.incarnation,
    standing,
    heartbeat,
    name: known?.name,
    pid: known?.pid,
    thread: known?.thread,
    lease: known?.lease,
    joinedAt: known === undefined ? undefined : new Date(known.joinedAt),
  };
}
