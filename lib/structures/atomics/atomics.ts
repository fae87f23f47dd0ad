import { FamfsError } from "../../errors.js";
import { integer, options, wrongType } from "../../guards.js";
import type { ScalarType } from "../../schema/scalars.js";
import { createStructure } from "../../segment/create-structure.js";
import type { Participant } from "../../segment/participant.js";
import { settlePatience } from "../../segment/patience.js";
import { type OpenStructure, openStructure, type StructureSource } from "../../segment/structure.js";
import { checkParticipant, corrupt, participantOf, textOf } from "../checks.js";
import { ownOf } from "../own.js";
import { fencing, StructureLock } from "../structure-lock.js";
import { type AtomicCells, type AtomicKind, type AtomicValue, valueGuard } from "./cells.js";
import { HardwareCells } from "./hardware-cells.js";
import { ATOMICS, atomicsSize } from "./layout.js";
import { LockedCells } from "./locked-cells.js";
import {
  type CreateAtomicsOptions,
  checkOpening,
  OPEN_OPTIONS,
  type OpenAtomicsOptions,
  type WaitAtomicOptions,
  type WaitAtomicSyncOptions,
} from "./options.js";

/** What a wait found: the element differed at once, differed in time, or did not. */
export type WaitOutcome = "not-equal" | "ok" | "timed-out";

/**
 * Integers that every participant of every host reads and changes, each operation as a whole. On coherent memory they are
 * the CPU's atomic instructions. On incoherent memory there are none between hosts (F5), so an operation that stores
 * takes a lock; `load` never does. docs/structures/atomics.md has the cost.
 */
export class SharedAtomics<K extends AtomicKind = AtomicKind> {
  readonly name: string;
  readonly element: ScalarType<K>;
  readonly length: number = 0;
  readonly #cells: AtomicCells<AtomicValue<K>>;
  readonly #guard: (name: string, value: unknown) => void;

  /** @internal */
  constructor(source: StructureSource, { entry, body }: OpenStructure, opts: OpenAtomicsOptions<K>) {
    const { mapping, layout } = source.memory;
    const lockFree = mapping.coherence === "coherent";
    const lanes = lockFree ? undefined : layout.participants;
    if (opts.require === "lock-free" && !lockFree) throw notLockFree(entry.name, mapping.coherence);
    if (atomicsSize(entry.capacity, opts.element.size, lanes) > body.length)
      throw corrupt(`the atomics ${JSON.stringify(entry.name)}`, `a body of ${body.length} bytes`);
    this.name = entry.name;
    this.element = opts.element;
    this.length = entry.capacity;
    this.#guard = valueGuard(opts.element.kind);
    const memory = mapping.window(body.offset, body.length);
    const participant = participantOf(source);
    const { kind } = opts.element;
    if (lockFree) {
      this.#cells = new HardwareCells(memory, kind, this.length, participant) as unknown as AtomicCells<AtomicValue<K>>;
      return;
    }
    const storer = participant && {
      participant,
      lock: ownOf(
        participant,
        body.offset,
        () => new StructureLock(participant, memory, "atomics.lock", fencing(participant)),
      ),
      timeout: opts.operationTimeout ?? 1000,
    };
    this.#cells = new LockedCells<AtomicValue<K>>(memory, kind, layout.participants, storer);
  }

  /**
   * Makes atomics in the participant's segment, all zero.
   * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NO_SPACE, ERR_FAMFS_TIMEOUT, ERR_FAMFS_FENCED,
   * ERR_FAMFS_UNSUPPORTED_OPERATION (not lock-free, where that is required), ERR_FAMFS_INVALID_TYPE,
   * ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED; the signal's reason
   */
  static async create<K extends AtomicKind>(
    participant: Participant,
    name: string,
    callerOptions: CreateAtomicsOptions<K>,
  ): Promise<SharedAtomics<K>> {
    checkParticipant(participant);
    const known = [...OPEN_OPTIONS, "length", "timeout", "signal"] as const;
    const given = options("SharedAtomics.create", callerOptions, known);
    const opening = checkOpening(given);
    const { mapping, layout } = participant.memory;
    const capacity = integer("length", given.length, 1, 2 ** 32 - 1);
    const lanes = mapping.coherence === "coherent" ? undefined : layout.participants;
    if (opening.require === "lock-free" && lanes !== undefined) throw notLockFree(name, mapping.coherence);
    const found = await createStructure(
      participant,
      {
        ...ATOMICS,
        name,
        schema: textOf(opening.element),
        capacity,
        options: new Uint8Array(),
        size: atomicsSize(capacity, opening.element.size, lanes),
        initialise: () => undefined,
      },
      settlePatience(given),
    );
    return new SharedAtomics(participant, found, opening);
  }

  /**
   * Opens atomics. A segment is enough to load and to wait.
   * @param source a participant, or a segment
   * @throws {FamfsError} ERR_FAMFS_NOT_FOUND, ERR_FAMFS_KIND_MISMATCH, ERR_FAMFS_SCHEMA_MISMATCH,
   * ERR_FAMFS_UNSUPPORTED_VERSION, ERR_FAMFS_UNSUPPORTED_OPERATION, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE,
   * ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED
   */
  static open<K extends AtomicKind>(
    source: StructureSource,
    name: string,
    callerOptions: OpenAtomicsOptions<K>,
  ): SharedAtomics<K> {
    const opening = checkOpening(options("SharedAtomics.open", callerOptions, OPEN_OPTIONS));
    return new SharedAtomics(source, openStructure(source, name, ATOMICS, textOf(opening.element)), opening);
  }

  /** Whether the CPU's instructions are used: on coherent memory. */
  get isLockFree(): boolean {
    return this.#cells.isLockFree;
  }

  /**
   * The element's value. Takes no lock. On incoherent memory ERR_FAMFS_TIMEOUT where others store at each of 100 attempts.
   * @throws {FamfsError} ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED,
   * ERR_FAMFS_MEMORY_FAILURE
   */
  load(index: number): AtomicValue<K> {
    this.#checkIndex(index);
    return this.#cells.load(index);
  }

  /**
   * Replaces the element's value; returns the new one.
   * @throws {FamfsError} ERR_FAMFS_TIMEOUT where the lock was not free within `operationTimeout` (nothing was stored),
   * ERR_FAMFS_FENCED (outcome unknown), ERR_FAMFS_PERMISSION, and as {@link load}
   */
  store(index: number, value: AtomicValue<K>): AtomicValue<K> {
    this.exchange(index, value);
    return value;
  }

  /** Replaces the element's value; returns the old one. @throws {FamfsError} as {@link store} */
  exchange(index: number, value: AtomicValue<K>): AtomicValue<K> {
    this.#checkUpdate(index, value);
    return this.#cells.exchange(index, value);
  }

  /** Adds, wrapping around; returns the old value. @throws {FamfsError} as {@link store} */
  add(index: number, value: AtomicValue<K>): AtomicValue<K> {
    this.#checkUpdate(index, value);
    return this.#cells.add(index, value);
  }

  /** Subtracts, wrapping around; returns the old value. @throws {FamfsError} as {@link store} */
  sub(index: number, value: AtomicValue<K>): AtomicValue<K> {
    this.#checkUpdate(index, value);
    return this.#cells.sub(index, value);
  }

  /** Bitwise and; returns the old value. @throws {FamfsError} as {@link store} */
  and(index: number, value: AtomicValue<K>): AtomicValue<K> {
    this.#checkUpdate(index, value);
    return this.#cells.and(index, value);
  }

  /** Bitwise or; returns the old value. @throws {FamfsError} as {@link store} */
  or(index: number, value: AtomicValue<K>): AtomicValue<K> {
    this.#checkUpdate(index, value);
    return this.#cells.or(index, value);
  }

  /** Bitwise exclusive or; returns the old value. @throws {FamfsError} as {@link store} */
  xor(index: number, value: AtomicValue<K>): AtomicValue<K> {
    this.#checkUpdate(index, value);
    return this.#cells.xor(index, value);
  }

  /**
   * Replaces the element's value if it is `expected`.
   * @returns the old value: `expected` where it was replaced
   * @throws {FamfsError} as {@link store}
   */
  compareExchange(index: number, expected: AtomicValue<K>, replacement: AtomicValue<K>): AtomicValue<K> {
    this.#checkIndex(index);
    this.#guard("expected", expected);
    this.#guard("replacement", replacement);
    this.#cells.checkStore();
    return this.#cells.compareExchange(index, expected, replacement);
  }

  #checkUpdate(index: number, value: AtomicValue<K>): void {
    this.#checkIndex(index);
    this.#guard("value", value);
    this.#cells.checkStore();
  }

  /**
   * Waits until the element is another than `value`; the event loop goes on. Between hosts, and where nobody notifies,
   * it looks again every few milliseconds.
   * @throws {FamfsError} as {@link load}; the signal's reason
   */
  async wait(index: number, value: AtomicValue<K>, callerOptions?: WaitAtomicOptions): Promise<WaitOutcome> {
    const given = options("wait", callerOptions, ["timeout", "signal"]);
    const { timeout, signal } = settlePatience({ ...given, timeout: given.timeout ?? Number.POSITIVE_INFINITY });
    this.#checkIndex(index);
    this.#guard("value", value);
    signal?.throwIfAborted();
    if (this.#cells.load(index) !== value) return "not-equal";
    const end = performance.now() + timeout;
    for (let left = timeout; left > 0; left = end - performance.now()) {
      await this.#cells.sleep(index, value, { timeout: left, signal }).catch((error: unknown) => {
        signal?.throwIfAborted();
        throw error;
      });
      if (this.#cells.load(index) !== value) return "ok";
    }
    return "timed-out";
  }

  /** The same on this thread, which does nothing else meanwhile: for workers. @throws {FamfsError} as {@link load} */
  waitSync(index: number, value: AtomicValue<K>, callerOptions: WaitAtomicSyncOptions): WaitOutcome {
    const given = options("waitSync", callerOptions, ["timeout"]);
    if (given.timeout === undefined) throw wrongType("timeout", "a number of milliseconds", given.timeout);
    const { timeout } = settlePatience(given);
    this.#checkIndex(index);
    this.#guard("value", value);
    if (this.#cells.load(index) !== value) return "not-equal";
    const end = performance.now() + timeout;
    for (let left = timeout; left > 0; left = end - performance.now()) {
      this.#cells.sleepSync(index, value, left);
      if (this.#cells.load(index) !== value) return "ok";
    }
    return "timed-out";
  }

  /**
   * Lets those who wait at an element look at once, on coherent memory; elsewhere they look by themselves.
   * @throws {FamfsError} ERR_FAMFS_PERMISSION, and as {@link load}
   */
  notify(index: number): void {
    this.#checkIndex(index);
    this.#cells.checkStore();
    this.#cells.notify(index);
  }

  #checkIndex(index: number): void {
    if (index >>> 0 !== index || index >= this.length) integer("index", index, 0, this.length - 1);
  }
}

function notLockFree(name: string, coherence: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_UNSUPPORTED_OPERATION",
    `${JSON.stringify(name)} would need a lock on ${coherence} memory, where no instruction is atomic between hosts; leave out require: "lock-free", or use coherent memory`,
  );
}
