import { NODE_HASHES } from "./claim.js";
import { crc32c } from "./crc32c.js";
import { Identity, PARTICIPANT_NAME_SIZE, Participant } from "./layout.js";
import type { SegmentMemory } from "./memory.js";
import { PrivateRecord } from "./record.js";

/** What a participant tells of itself. */
export interface ParticipantIdentity {
  readonly incarnation: number;
  /** Its host's, when it joined. */
  readonly bootCount: number;
  readonly pid: number;
  /** Of a worker; 0 in the main thread. */
  readonly thread: number;
  readonly node: Node;
  /** How long its heartbeat may stand still before others take it for silent, in milliseconds. */
  readonly lease: number;
  /** How often its heartbeat moves, in milliseconds. */
  readonly interval: number;
  /** By its own clock, in milliseconds since 1970: for people only. */
  readonly joinedAt: number;
  readonly name: string;
}

/** Where a lock is kept: the inode as the kernel of a host knows it. Locks of another node tell nothing. */
export interface Node {
  readonly bootId: string;
  readonly device: bigint;
  readonly inode: bigint;
}

/** How often a copy that is being overwritten is tried again before it counts as unreadable. */
const TRIES = 64;

export function sameNode(a: Node, b: Node): boolean {
  return a.bootId === b.bootId && a.device === b.device && a.inode === b.inode;
}

/** As much of a node as a claim word has room for; never 0. */
export function nodeHash({ bootId, device, inode }: Node): number {
  return 1 + (crc32c(Buffer.from(`${bootId} ${device}:${inode}`)) % (NODE_HASHES - 1));
}

function encode(identity: ParticipantIdentity): PrivateRecord {
  const record = new PrivateRecord(Participant.identitySize);
  record.setU32(Identity.incarnation, identity.incarnation);
  record.setU32(Identity.bootCount, identity.bootCount);
  record.setU32(Identity.pid, identity.pid);
  record.setU32(Identity.thread, identity.thread);
  record.setHex(Identity.bootId, identity.node.bootId);
  record.setBig64(Identity.device, identity.node.device);
  record.setBig64(Identity.inode, identity.node.inode);
  record.setU32(Identity.lease, identity.lease);
  record.setU32(Identity.interval, identity.interval);
  record.setU64(Identity.joinedAt, identity.joinedAt);
  record.setU32(Identity.nameLength, record.setText(Identity.name, identity.name));
  return record.seal(Identity.crc);
}

function decode(record: PrivateRecord): ParticipantIdentity | undefined {
  const name = record.text(Identity.name, record.u32(Identity.nameLength), PARTICIPANT_NAME_SIZE);
  if (name === undefined || !record.sealed(Identity.crc)) return undefined;
  const node = {
    bootId: record.hex(Identity.bootId, 16),
    device: record.big64(Identity.device),
    inode: record.big64(Identity.inode),
  };
  return {
    incarnation: record.u32(Identity.incarnation),
    bootCount: record.u32(Identity.bootCount),
    pid: record.u32(Identity.pid),
    thread: record.u32(Identity.thread),
    node,
    lease: record.u32(Identity.lease),
    interval: record.u32(Identity.interval),
    joinedAt: record.u64(Identity.joinedAt),
    name,
  };
}

function identityWord(memory: SegmentMemory, index: number) {
  return memory.word(memory.layout.participantAt(index) + Participant.identityWord, 64, "segment.identity");
}

/** The identity that was published last in a slot; undefined where none is whole. */
export function readIdentity(memory: SegmentMemory, index: number): ParticipantIdentity | undefined {
  const record = new PrivateRecord(Participant.identitySize);
  const word = identityWord(memory, index);
  const at = memory.layout.participantAt(index) + Participant.identity;
  for (let tries = 0; tries < TRIES; tries++) {
    const value = word.read(at, record.bytes);
    if (value === 0) return undefined;
    if (value === undefined) continue;
    const identity = decode(record);
    if (identity !== undefined && identity.incarnation * 2 === value) return identity;
  }
  return undefined;
}

export function publishIdentity(memory: SegmentMemory, index: number, identity: ParticipantIdentity): void {
  const at = memory.layout.participantAt(index) + Participant.identity;
  identityWord(memory, index).overwrite(identity.incarnation * 2, at, encode(identity).bytes);
}
