import type { Participant, Segment } from "famfs";
import { joined, type TestSegment, testSegment } from "../support/segment.js";
import type { Task } from "./peer.js";
import { type Carrier, type Peer, startPeer } from "./peers.js";
import type { Mode, Subject } from "./subject.js";

/** Calls of parties wait so long for others, in milliseconds: also on a busy machine. */
export const PATIENCE = 15_000;

/** Longer than a busy machine stops anybody: nobody here is to look silent, in milliseconds. */
const LEASE = 1600;

/** Of parties; the creator has another one. */
const HOSTS = 2;

/** A segment with a structure `"it"`, made by a participant of host 0 that uses it no further. */
export interface Stage {
  readonly segment: Segment;
  readonly creator: Participant;
  /** A structure as its creator got it. */
  readonly structure: unknown;
  /** The segment of a party's host, in this process. */
  segmentOf(who: number): Promise<Segment>;
  /** Joins in this process, as a party or in its place. */
  join(who: number): Promise<Participant>;
  /** A party in another process or worker. */
  start(carrier: Carrier, who: number, what: Task["what"]): Promise<Peer>;
  /** Of a party. */
  hostOf(who: number): number;
}

/** @param parties for how many there is room, beside the creator */
export async function stage(subject: Subject, mode: Mode, parties: number, size = 1 << 20): Promise<Stage> {
  const hostOf = (who: number) => 1 + (who % HOSTS);
  const shape = { size, hosts: 1 + HOSTS, participantsPerHost: Math.ceil(parties / HOSTS) };
  const set = await testSegment(mode, shape);
  const creator = await joined(set.segment, 0, "creator");
  const segmentOn = segmentsOf(set);
  const of = (host: number) => Array.from({ length: parties }, (_, who) => hostOf(who)).filter((one) => one === host);
  const counts = Array.from({ length: 1 + HOSTS }, (_, host) => of(host).length);
  const structure = await subject.create(creator, "it", { host: hostOf(0), parties: counts });
  const segmentOf = (who: number) => segmentOn(hostOf(who));
  return {
    ...{ segment: set.segment, creator, structure, hostOf, segmentOf },
    join: async (who) => joined(await segmentOf(who), hostOf(who), `party ${who}`),
    start(carrier, who, what) {
      const { path } = set.instance;
      const where = { subject: subject.name, path, coherence: mode, host: hostOf(who) };
      return startPeer(carrier, { ...where, who, what, lease: LEASE, patience: PATIENCE });
    },
  };
}

/** The segment as a host sees it, in this process. */
function segmentsOf(set: TestSegment): (host: number) => Promise<Segment> {
  const segments = new Map<number, Promise<Segment>>();
  return (host) => {
    const segment = segments.get(host) ?? set.reopen(host);
    segments.set(host, segment);
    return segment;
  };
}
