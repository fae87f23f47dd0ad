import { setTimeout as sleep } from "node:timers/promises";
import { FamfsError } from "../../errors.js";
import type { CommitWord } from "../../memory/commit-word.js";
import { failPoint } from "../../memory/fail-point.js";
import type { Mapping } from "../../memory/mapping.js";
import { sleepSync } from "../../memory/sleep.js";
import type { Participant } from "../../segment/participant.js";
import { noParticipant } from "../checks.js";
import type { StructureLock } from "../structure-lock.js";
import { type Arithmetic, arithmeticOf, type Operation } from "./arithmetic.js";
import type { AtomicCells, AtomicKind } from "./cells.js";
import { ElementLine, elementLineAt } from "./layout.js";
import { NewestValue } from "./newest.js";

/** A wait looks again after this long at first and at last, in milliseconds. */
const FIRST_PAUSE = 0.2;
const LAST_PAUSE = 10;

/** A load goes over the lines so often; each time somebody has stored meanwhile. */
const ATTEMPTS = 100;

/** What a participant needs to store. */
export interface Storer {
  readonly participant: Participant;
  readonly lock: StructureLock;
  /** For how long an operation may wait for the lock, in milliseconds. */
  readonly timeout: number;
}

/**
 * Elements on incoherent memory (R5): each participant stores value and ticket into its own lines, under a lock made of
 * loads and stores; the value with the highest ticket is the element's. What a fenced participant stores late has a lower
 * one and changes nothing.
 */
export class LockedCells<V extends number | bigint> implements AtomicCells<V> {
  readonly isLockFree = false;
  readonly #memory: Mapping;
  readonly #participants: number;
  readonly #storer: Storer | undefined;
  readonly #arithmetic: Arithmetic<V>;
  readonly #words = new Map<number, CommitWord>();
  readonly #newest: NewestValue;
  readonly #source = new Uint8Array(8);
  readonly #data = new DataView(this.#source.buffer);
  #pause = FIRST_PAUSE;

  constructor(memory: Mapping, kind: AtomicKind, participants: number, storer: Storer | undefined) {
    this.#memory = memory;
    this.#participants = participants;
    this.#storer = storer;
    this.#arithmetic = arithmeticOf(kind) as unknown as Arithmetic<V>;
    this.#newest = new NewestValue((at) => this.#word(at));
  }

  /**
   * Without the lock, goes over the lines until one time nothing higher is found: what a fenced participant stores late, in
   * a line that is still to come, may be the highest of what was found, although a line already passed is higher by then.
   */
  load(index: number): V {
    this.#newest.begin();
    for (let attempt = 0; attempt < ATTEMPTS; attempt++)
      if (!this.#pass(index)) return this.#arithmetic.valueOf(this.#newest);
    throw neverStill(index);
  }

  /** Under the lock nobody else stores a higher one meanwhile. */
  #find(index: number): NewestValue {
    this.#newest.begin();
    this.#pass(index);
    return this.#newest;
  }

  /** Whether a line had a higher ticket than is known. */
  #pass(index: number): boolean {
    let risen = false;
    for (let participant = 0; participant < this.#participants; participant++)
      if (this.#newest.look(elementLineAt(index, participant, this.#participants))) risen = true;
    return risen;
  }

  add(index: number, operand: V): V {
    return this.#change(index, "add", operand);
  }

  sub(index: number, operand: V): V {
    return this.#change(index, "sub", operand);
  }

  and(index: number, operand: V): V {
    return this.#change(index, "and", operand);
  }

  or(index: number, operand: V): V {
    return this.#change(index, "or", operand);
  }

  xor(index: number, operand: V): V {
    return this.#change(index, "xor", operand);
  }

  exchange(index: number, operand: V): V {
    return this.#change(index, "exchange", operand);
  }

  compareExchange(index: number, expected: V, replacement: V): V {
    return this.#change(index, "exchange", replacement, expected);
  }

  /** @param expected where the old value is another one, it stays; undefined: it may be any */
  #change(index: number, operation: Operation, operand: V, expected?: V): V {
    const { participant, lock, timeout } = this.#storing();
    lock.enterSync(timeout);
    try {
      const old = this.#arithmetic.valueOf(this.#find(index));
      if (expected === undefined || old === expected) {
        this.#arithmetic.put(this.#data, this.#arithmetic.apply(operation, old, operand));
        this.#store(index, participant.index, lock.ticket);
      }
      participant.checkNotFenced();
      return old;
    } finally {
      lock.leave();
    }
  }

  /** Stores the value that was put. The older version of the two makes room, so that one is whole at each moment. */
  #store(index: number, participant: number, ticket: number): void {
    const line = elementLineAt(index, participant, this.#participants);
    const a = this.#word(line + ElementLine.versions[0]);
    const b = this.#word(line + ElementLine.versions[1]);
    const ofA = a.observe();
    const ofB = b.observe();
    const word = ofB % 2 === 0 && (ofA % 2 === 1 || ofA < ofB) ? a : b;
    failPoint("atomics.store");
    word.overwrite(2 * ticket, word.offset + ElementLine.value, this.#source);
    failPoint("atomics.stored");
  }

  checkStore(): void {
    this.#storing().participant.check();
  }

  #storing(): Storer {
    if (this.#storer === undefined) throw noParticipant("these atomics", "loaded", "store");
    return this.#storer;
  }

  async sleep(_index: number, _value: V, limits: { timeout: number; signal?: AbortSignal }): Promise<void> {
    await sleep(this.#nextPause(limits.timeout), undefined, { signal: limits.signal });
  }

  sleepSync(_index: number, _value: V, timeout: number): void {
    sleepSync(this.#nextPause(timeout));
  }

  #nextPause(timeout: number): number {
    const pause = Math.min(this.#pause, timeout);
    this.#pause = Math.min(this.#pause * 1.5, LAST_PAUSE);
    return pause;
  }

  /** Nobody wakes another host: those who wait look by themselves. */
  notify(): void {
    this.#pause = FIRST_PAUSE;
  }

  #word(at: number): CommitWord {
    let word = this.#words.get(at);
    if (word === undefined) {
      word = this.#memory.commitWord(at, { bits: 64, site: "atomics.element" });
      this.#words.set(at, word);
    }
    return word;
  }
}

function neverStill(index: number): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_TIMEOUT",
    `element ${index} was stored to during each of ${ATTEMPTS} attempts to load it; try again`,
  );
}
