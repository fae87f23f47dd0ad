import { FamfsError } from "../errors.js";
import { failPoint } from "../memory/fail-point.js";
import type { Mapping } from "../memory/mapping.js";
import { MOST_INCARNATIONS } from "./claim.js";
import { MAX_PARTICIPANTS } from "./layout.js";
import { slotClaim } from "./liveness.js";
import { describeParticipant, type Participant } from "./participant.js";
import { compareAndSwap } from "./swap.js";

/*
 * Roles: the one writer of a record, the consumer of a queue (R8b). A role belongs to one host, in a line of which it has
 * a claim word: the slot of its holder and the incarnation, 0 where nobody has it.
 */

/** Where a role is. */
export interface RolePlace {
  /** A window with the role's word, which lies in a line that only processes of `host` store to. */
  readonly memory: Mapping;
  /** Of the word, 64 bits, in the window. */
  readonly offset: number;
  readonly host: number;
  /** Such as `"the writer of \"prices\""`. */
  readonly what: string;
}

/** A role that this participant has. */
export class Role {
  /** Whether somebody had it before and ended without giving it back: what it was at may be half-done. */
  readonly inherited: boolean;
  readonly #release: () => void;

  /** @internal */
  constructor(inherited: boolean, release: () => void) {
    this.inherited = inherited;
    this.#release = release;
  }

  /** Gives it back. Where the memory is closed or gone, there is nothing to give back to. */
  release(): void {
    this.#release();
  }
}

/**
 * Takes a role for a participant.
 * @throws {FamfsError} ERR_FAMFS_ROLE_ELSEWHERE, ERR_FAMFS_ROLE_TAKEN, ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED,
 * ERR_FAMFS_FENCED
 */
export function takeRole(participant: Participant, { memory, offset, host, what }: RolePlace): Role {
  participant.check();
  if (participant.host !== host) {
    throw new FamfsError(
      "ERR_FAMFS_ROLE_ELSEWHERE",
      `${what} is bound to host ${host}, this participant is of host ${participant.host}; open it there, or make it with { host: ${participant.host} }`,
    );
  }
  const word = memory.commitWord(offset, { bits: 64, site: "segment.role" });
  const mine = participant.incarnation * MAX_PARTICIPANTS + participant.slot;
  for (let tries = 0; tries <= MAX_PARTICIPANTS; tries++) {
    const before = word.observe();
    const holder = holderOf(participant, before, what);
    if (holder?.alive) throw taken(participant, holder.index, what);
    failPoint("segment.role.free");
    if (!compareAndSwap(memory, word, before, mine)) continue;
    return new Role(before !== 0, () => {
      const { closed, failure } = participant.memory.mapping;
      if (!closed && failure === undefined) compareAndSwap(memory, word, mine, 0);
    });
  }
  throw taken(participant, participant.index, what);
}

/** What a role's word says of its holder; undefined where nobody has it. */
export function unpackRole(word: number): { readonly slot: number; readonly incarnation: number } | undefined {
  if (word === 0) return undefined;
  return { slot: word % MAX_PARTICIPANTS, incarnation: Math.floor(word / MAX_PARTICIPANTS) };
}

function holderOf({ memory, liveness, host }: Participant, word: number, what: string) {
  const held = unpackRole(word);
  if (held === undefined) return undefined;
  const { slot, incarnation } = held;
  const { participantsPerHost } = memory.layout;
  if (slot >= participantsPerHost || incarnation > MOST_INCARNATIONS) {
    throw new FamfsError("ERR_FAMFS_CORRUPT", `${what} has slot ${slot} as its holder: something else wrote there`);
  }
  const index = host * participantsPerHost + slot;
  const claim = slotClaim(memory, index);
  return { index, alive: claim.incarnation === incarnation && liveness.mayStore(index, claim) };
}

function taken({ memory }: Participant, holder: number, what: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_ROLE_TAKEN",
    `${describeParticipant(memory, holder)} is ${what}; there is one at a time: let it leave, or wait until it is known dead`,
  );
}
