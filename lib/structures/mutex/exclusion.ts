import { FamfsError } from "../../errors.js";
import { lockTimeout } from "../../segment/bakery.js";
import { describeParticipant, type Participant } from "../../segment/participant.js";
import type { Patience } from "../../segment/patience.js";
import type { Waiting } from "../structure-lock.js";

/** How participants exclude each other. A participant enters once at a time. */
export interface Exclusion {
  /** Enters if nobody is in the way, or only somebody whose end is settled. @throws {FamfsError} ERR_FAMFS_OWNER_LOST */
  tryEnter(): boolean;
  /** @throws {FamfsError} what {@link inPlace} says; the signal's reason */
  enter(patience: Patience): Promise<void>;
  /** On this thread. @throws {FamfsError} what {@link inPlace} says */
  enterSync(timeout: number): void;
  leave(): void;
}

/**
 * Of what changes data in place (R8): a late store cannot be refused, so nobody is passed over before it has ended and
 * everything that it stored is in memory.
 */
export function inPlace(participant: Participant, name: string): Waiting {
  const { memory, liveness } = participant;
  return {
    matters(index) {
      const standing = participant.standingOf(index);
      if (standing === "lost") throw ownerLost(name, describeParticipant(memory, index), memory.layout.hostOf(index));
      return standing !== "dead";
    },
    late(index, timeout) {
      const who = describeParticipant(memory, index);
      if (participant.standingOf(index) !== "silent") return lockTimeout(who, timeout);
      return ownerSilent(name, { who, timeout, age: liveness.silentFor(index) });
    },
  };
}

function ownerLost(name: string, who: string, host: number): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_OWNER_LOST",
    `the mutex ${JSON.stringify(name)} stays closed: ${who} has it or was in line for it and is said to be dead, and what it stored may still be in the caches of its host; let somebody join on host ${host}, which writes that back, or restart that host and join there`,
  );
}

function ownerSilent(name: string, { who, timeout, age }: { who: string; timeout: number; age: number }): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_OWNER_SILENT",
    `the mutex ${JSON.stringify(name)} was not free within ${timeout} ms: ${who} has it or is in line for it, and has not moved for ${Math.round(age)} ms. It may be paused and go on, so nobody takes its place; let it go on, or end it`,
  );
}
