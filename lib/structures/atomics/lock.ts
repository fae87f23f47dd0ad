import type { CommitWord } from "../../memory/commit-word.js";
import type { Mapping } from "../../memory/mapping.js";
import { Bakery } from "../../segment/bakery.js";
import { slotClaim } from "../../segment/liveness.js";
import { describeParticipant, type Participant } from "../../segment/participant.js";
import { LockLine } from "./layout.js";

/**
 * A participant's view of a lock that a structure has for itself. A participant that dies leaves its word behind, and
 * whoever gets its slot may never open the structure: so a word counts only while its participant has the slot.
 */
export class StructureLock {
  readonly #bakery: Bakery;

  constructor(participant: Participant, lines: Mapping, site: string) {
    const { memory, index, incarnation } = participant;
    const words: CommitWord[] = [];
    const incarnations: CommitWord[] = [];
    for (let i = 0; i < memory.layout.participants; i++) {
      const line = i * LockLine.size;
      words.push(lines.commitWord(line + LockLine.word, { bits: 64, site }));
      incarnations.push(lines.commitWord(line + LockLine.incarnation, { bits: 64, site }));
    }
    this.#bakery = new Bakery((i) => words[i] as CommitWord, index, {
      count: memory.layout.participants,
      matters: (i) =>
        (incarnations[i] as CommitWord).observe() === slotClaim(memory, i).incarnation && participant.matters(i),
      describe: (i) => describeParticipant(memory, i),
    });
    this.#bakery.reset((words[index] as CommitWord).observe());
    (incarnations[index] as CommitWord).publish(incarnation, 0, 0);
  }

  /** The token of the last entry. */
  get ticket(): number {
    return this.#bakery.ticket;
  }

  /** @throws {FamfsError} ERR_FAMFS_TIMEOUT naming who has it */
  enter(timeout: number): void {
    this.#bakery.lockSync(timeout);
  }

  leave(): void {
    this.#bakery.leave();
  }
}
