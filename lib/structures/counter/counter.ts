import { FamfsError } from "../../errors.js";
import { integer, options } from "../../guards.js";
import type { CommitWord } from "../../memory/commit-word.js";
import { failPoint } from "../../memory/fail-point.js";
import { createStructure } from "../../segment/create-structure.js";
import type { Participant } from "../../segment/participant.js";
import { type PatienceOptions, settlePatience } from "../../segment/patience.js";
import { type OpenStructure, openStructure, type StructureSource } from "../../segment/structure.js";
import { checkParticipant, corrupt, noParticipant, participantOf } from "../checks.js";
import { ownOf } from "../own.js";
import { COUNTER, CounterLane, counterSize } from "./layout.js";

/** A word that only grows, of which this participant is the one writer. */
class Total {
  readonly #word: CommitWord;
  #value = 0;

  constructor(word: CommitWord) {
    this.#word = word;
    this.#value = word.observe();
  }

  grow(amount: number): void {
    const value = this.#value + amount;
    if (value > Number.MAX_SAFE_INTEGER) throw full(this.#value, amount);
    failPoint("counter.add");
    this.#word.set(value);
    this.#value = value;
  }
}

/** What a participant adds to. */
class OwnLane {
  readonly participant: Participant;
  readonly added: Total;
  readonly subtracted: Total;

  constructor(participant: Participant, { added, subtracted }: LaneWords) {
    this.participant = participant;
    this.added = new Total(added);
    this.subtracted = new Total(subtracted);
  }
}

interface LaneWords {
  readonly added: CommitWord;
  readonly subtracted: CommitWord;
}

/**
 * A number that every participant of every host adds to, without a lock: each has a lane of its own, and the value is
 * the sum of the lanes. What was added is never lost, also when its participant dies. docs/structures/counter.md.
 */
export class SharedCounter {
  readonly name: string;
  readonly #lanes: readonly LaneWords[];
  readonly #own: OwnLane | undefined;

  /** @internal */
  constructor(source: StructureSource, { entry, body }: OpenStructure) {
    const { mapping, layout } = source.memory;
    if (counterSize(layout.participants) > body.length)
      throw corrupt(nameOf(entry.name), `a body of ${body.length} bytes`);
    const memory = mapping.window(body.offset, body.length);
    const word = (offset: number) => memory.commitWord(offset, { bits: 64, site: "counter.lane" });
    this.name = entry.name;
    this.#lanes = Array.from({ length: layout.participants }, (_, i) => {
      const lane = i * CounterLane.size;
      return { added: word(lane + CounterLane.added), subtracted: word(lane + CounterLane.subtracted) };
    });
    const participant = participantOf(source);
    if (participant === undefined) return;
    const words = this.#lanes[participant.index] as LaneWords;
    this.#own = ownOf(participant, body.offset, () => new OwnLane(participant, words));
  }

  /**
   * Makes a counter in the participant's segment. Its value is 0.
   * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NO_SPACE, ERR_FAMFS_TIMEOUT, ERR_FAMFS_FENCED,
   * ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED; the
   * signal's reason
   */
  static async create(participant: Participant, name: string, callerOptions?: PatienceOptions): Promise<SharedCounter> {
    checkParticipant(participant);
    const patience = settlePatience(options("SharedCounter.create", callerOptions, ["timeout", "signal"]));
    const size = counterSize(participant.memory.layout.participants);
    const nothing = { schema: undefined, capacity: 1, options: new Uint8Array(), initialise: () => undefined };
    return new SharedCounter(
      participant,
      await createStructure(participant, { ...COUNTER, ...nothing, name, size }, patience),
    );
  }

  /**
   * Opens a counter. A segment is enough to read it.
   * @param source a participant, or a segment
   * @throws {FamfsError} ERR_FAMFS_NOT_FOUND, ERR_FAMFS_KIND_MISMATCH, ERR_FAMFS_UNSUPPORTED_VERSION,
   * ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED
   */
  static open(source: StructureSource, name: string): SharedCounter {
    return new SharedCounter(source, openStructure(source, name, COUNTER, undefined));
  }

  /**
   * Adds a number. When it returns, every host sees the sum.
   * @param amount a safe integer; negative ones are taken away. Default 1
   * @throws {FamfsError} ERR_FAMFS_PERMISSION where the counter was opened through a segment, ERR_FAMFS_OUT_OF_RANGE
   * where this slot's lane would pass 2^53, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_FENCED, ERR_FAMFS_CLOSED,
   * ERR_FAMFS_MEMORY_FAILURE
   */
  add(amount = 1): void {
    const own = this.#own;
    if (own === undefined) throw noParticipant(nameOf(this.name), "read", "add");
    if (!Number.isSafeInteger(amount)) integer("amount", amount, Number.MIN_SAFE_INTEGER);
    own.participant.check();
    if (amount > 0) own.added.grow(amount);
    else if (amount < 0) own.subtracted.grow(-amount);
  }

  /**
   * The sum now: everything counts whose `add` returned before, and each `add` meanwhile as a whole or not at all.
   * @throws {FamfsError} ERR_FAMFS_OUT_OF_RANGE where it is no safe integer, ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED,
   * ERR_FAMFS_MEMORY_FAILURE
   */
  get value(): number {
    let added = 0;
    let subtracted = 0;
    for (const lane of this.#lanes) {
      subtracted += lane.subtracted.observe();
      added += lane.added.observe();
    }
    if (added <= Number.MAX_SAFE_INTEGER && subtracted <= Number.MAX_SAFE_INTEGER) return added - subtracted;
    return this.#largeValue();
  }

  #largeValue(): number {
    const sum = (words: CommitWord[]) => words.reduce((total, word) => total + BigInt(word.observe()), 0n);
    const value = sum(this.#lanes.map(({ added }) => added)) - sum(this.#lanes.map(({ subtracted }) => subtracted));
    if (value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER) return Number(value);
    throw new FamfsError(
      "ERR_FAMFS_OUT_OF_RANGE",
      `the counter ${JSON.stringify(this.name)} is ${value}, which no number holds exactly; count in larger units`,
    );
  }
}

function full(value: number, amount: number): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_OUT_OF_RANGE",
    `this slot's participants have counted ${value} and cannot add ${amount}: a lane ends at ${Number.MAX_SAFE_INTEGER}; count in larger units, or in another counter`,
  );
}

function nameOf(name: string): string {
  return `the counter ${JSON.stringify(name)}`;
}
