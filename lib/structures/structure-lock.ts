import { WRITER_SPACING } from "../memory/coherence.js";
import type { CommitWord } from "../memory/commit-word.js";
import type { Mapping } from "../memory/mapping.js";
import { Bakery, lockTimeout, type Others } from "../segment/bakery.js";
import { slotClaim } from "../segment/liveness.js";
import { describeParticipant, type Participant } from "../segment/participant.js";
import type { Patience } from "../segment/patience.js";

/** A participant's line of such a lock: the bakery's word, and the incarnation that stored it. */
export const LockLine = { word: 0, incarnation: 8, size: WRITER_SPACING } as const;

/** Whom a lock waits for, of those whose words count. */
export type Waiting = Pick<Others, "matters" | "late">;

/** Of what carries a ticket (R8): who is silent is fenced, and passed over. */
export function fencing(participant: Participant): Waiting {
  return {
    matters: (index) => participant.matters(index),
    late: (index, timeout) => lockTimeout(describeParticipant(participant.memory, index), timeout),
  };
}

/**
 * A participant's view of a lock that a structure has for itself. A participant that dies leaves its word behind, and
 * whoever gets its slot may never open the structure: so a word counts only while its participant has the slot.
 */
export class StructureLock {
  readonly #bakery: Bakery;

  /** @param lines the lines of all participants, from the start of this window on */
  constructor(participant: Participant, lines: Mapping, site: string, waiting: Waiting) {
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
        (incarnations[i] as CommitWord).observe() === slotClaim(memory, i).incarnation && waiting.matters(i),
      late: waiting.late,
    });
    this.#bakery.reset((words[index] as CommitWord).observe());
    (incarnations[index] as CommitWord).set(incarnation);
  }

  /** Of the last entry: higher than that of every earlier one of anybody. */
  get ticket(): number {
    return this.#bakery.ticket;
  }

  /** Enters if nobody is in the way. @throws {FamfsError} what `matters` throws */
  tryEnter(): boolean {
    let inside = false;
    try {
      this.#bakery.enter();
      inside = this.#bakery.isInside();
    } finally {
      if (!inside) this.#bakery.leave();
    }
    return inside;
  }

  /** @throws {FamfsError} what `late` and `matters` say; the signal's reason */
  enter(patience: Patience): Promise<void> {
    return this.#bakery.lock(patience);
  }

  /** On this thread. @throws {FamfsError} what `late` and `matters` say */
  enterSync(timeout: number): void {
    this.#bakery.lockSync(timeout);
  }

  leave(): void {
    this.#bakery.leave();
  }
}
