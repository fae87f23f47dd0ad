import type { CommitWord } from "../../memory/commit-word.js";
import type { Mapping } from "../../memory/mapping.js";
import { MOST_INCARNATIONS } from "../../segment/claim.js";
import { slotClaim } from "../../segment/liveness.js";
import { describeParticipant, type Participant } from "../../segment/participant.js";
import { unpackRole } from "../../segment/role.js";
import { corrupt } from "../checks.js";
import { Seat } from "./layout.js";

/** How a seat whose party is missing looks. */
export interface Look {
  /** For messages. */
  readonly text: string;
  readonly dead: boolean;
}

/** The seats of a barrier, as everybody sees them. */
export class Seats {
  /** A window over the barrier's own bytes. */
  readonly memory: Mapping;
  /** By seat: the host that it is bound to. */
  readonly hosts: readonly number[];
  readonly #what: string;
  readonly #holders: readonly CommitWord[];
  readonly #arrivals: readonly CommitWord[];

  /** @param what such as `the barrier "step"` */
  constructor(memory: Mapping, hosts: readonly number[], what: string) {
    this.memory = memory;
    this.hosts = hosts;
    this.#what = what;
    const word = (offset: number, site: string) => memory.commitWord(offset, { bits: 64, site });
    this.#holders = hosts.map((_, seat) => word(seat * Seat.size + Seat.holder, "segment.role"));
    this.#arrivals = hosts.map((_, seat) => word(seat * Seat.size + Seat.arrivals, "barrier.arrivals"));
  }

  /** How many phases the party of a seat has arrived at. */
  arrivals(seat: number): CommitWord {
    return this.#arrivals[seat] as CommitWord;
  }

  /** The first seat from one on whose party has not arrived at a phase; undefined where all have. */
  firstMissing(phase: number, from = 0): number | undefined {
    for (let seat = from; seat < this.hosts.length; seat++) if (this.arrivals(seat).observe() < phase) return seat;
    return undefined;
  }

  /** How the party of a seat looks to a participant. */
  look(seat: number, { memory, liveness }: Participant): Look {
    const host = this.hosts[seat] as number;
    const held = unpackRole((this.#holders[seat] as CommitWord).observe());
    const place = `seat ${seat} of host ${host}`;
    if (held === undefined) return { text: `${place}, which nobody has`, dead: false };
    const { participantsPerHost } = memory.layout;
    if (held.slot >= participantsPerHost || held.incarnation > MOST_INCARNATIONS)
      throw corrupt(this.#what, `slot ${held.slot} as the holder of ${place}`);
    const index = host * participantsPerHost + held.slot;
    const text = `${place}, held by ${describeParticipant(memory, index, held.incarnation)}`;
    if (liveness.isKnownDead(index, held.incarnation))
      return { text: `${text}, which is dead or has left`, dead: true };
    const standing = liveness.look(index, slotClaim(memory, index));
    return { text: standing === "silent" ? `${text}, which is silent` : text, dead: false };
  }
}
