import { readIdentity } from "../../segment/identity.js";
import { slotClaim } from "../../segment/liveness.js";
import type { Segment } from "../../segment/segment.js";
import { attempt, type Problem } from "./problem.js";

/** A participant that holds a slot, or held it last. */
export interface ShownParticipant {
  readonly index: number;
  readonly host: number;
  readonly slot: number;
  readonly incarnation?: number;
  /** `"unknown"`: alive or silent, which a single look does not tell. `"left"`: it gave its slot back. */
  readonly standing?: "alive" | "silent" | "unknown" | "dead" | "left";
  /** How far its heartbeat has come. */
  readonly heartbeat?: number;
  /** For how long it has stood still at least, by the clock of who looks, in milliseconds; 0 at the first look. */
  readonly stillFor?: number;
  readonly name?: string | undefined;
  readonly pid?: number | undefined;
  /** Of a worker; 0 in the main thread. */
  readonly thread?: number | undefined;
  /** In milliseconds. */
  readonly lease?: number | undefined;
  /** By its own host's clock. */
  readonly joinedAt?: string | undefined;
  readonly problem?: Problem;
}

/** A heartbeat, and since when it has been there. */
interface Beat {
  readonly incarnation: number;
  readonly heartbeat: number;
  /** By this process's clock, in milliseconds. */
  readonly since: number;
  /** Whether it was seen to move. */
  readonly moves: boolean;
}

/** Looks at the participants of a segment again and again: silence shows only after a lease. */
export class Participants {
  readonly #segment: Segment;
  readonly #beats = new Map<number, Beat>();

  constructor(segment: Segment) {
    this.#segment = segment;
  }

  /** All whose slots were ever taken, by index. */
  look(): ShownParticipant[] {
    const { layout } = this.#segment.memory;
    return Array.from({ length: layout.participants }, (_, index) => {
      const place = { index, host: layout.hostOf(index), slot: index % layout.participantsPerHost };
      const found = attempt(this.#segment, () => this.#lookAt(index));
      return found === undefined ? [] : [{ ...place, ...found }];
    }).flat();
  }

  #lookAt(index: number) {
    const { memory, liveness } = this.#segment;
    const claim = slotClaim(memory, index);
    if (claim.state === "free") return undefined;
    const { incarnation } = claim;
    const heartbeat = memory.heartbeat(index).observe();
    const { since, moves } = this.#beat(index, incarnation, heartbeat);
    const seen = claim.state === "left" ? "left" : liveness.look(index, claim);
    const identity = readIdentity(memory, index);
    const known = identity?.incarnation === incarnation ? identity : undefined;
    return {
      incarnation,
      standing: seen === "alive" && !moves ? "unknown" : seen,
      heartbeat,
      ...(claim.state === "held" && { stillFor: Math.round(performance.now() - since) }),
      name: known?.name,
      pid: known?.pid,
      thread: known?.thread,
      lease: known?.lease,
      joinedAt: known && dateText(known.joinedAt),
    } as const;
  }

  #beat(index: number, incarnation: number, heartbeat: number): Beat {
    const before = this.#beats.get(index);
    const same = before?.incarnation === incarnation;
    if (same && before.heartbeat === heartbeat) return before;
    const beat = { incarnation, heartbeat, since: performance.now(), moves: same };
    this.#beats.set(index, beat);
    return beat;
  }
}

/** Undefined for what is no time of a calendar. */
function dateText(milliseconds: number): string | undefined {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
