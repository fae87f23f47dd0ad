import { options } from "../../guards.js";
import type { CommitWord } from "../../memory/commit-word.js";
import { createStructure } from "../../segment/create-structure.js";
import { MUTEX } from "../../segment/guarded.js";
import type { Participant } from "../../segment/participant.js";
import { type PatienceOptions, settlePatience } from "../../segment/patience.js";
import { type OpenStructure, openStructure, type StructureSource } from "../../segment/structure.js";
import { checkParticipant, corrupt, noParticipant, participantOf } from "../checks.js";
import { ownOf } from "../own.js";
import type { MutexGuard } from "./guard.js";
import { Holder } from "./holder.js";
import { HoldLine, mutexSize } from "./layout.js";
import {
  checkLocking,
  type LockOptions,
  type LockSyncOptions,
  patienceOf,
  rangesOf,
  type TryLockOptions,
  timeoutOf,
} from "./options.js";

const TRY = ["guards", "repair"] as const;
const SYNC = [...TRY, "timeout"] as const;
const ASYNC = [...SYNC, "signal"] as const;

/**
 * Lets one participant at a time, of all hosts, change data in place: the arrays that it names. It is not reentrant. Who
 * has it is never robbed of it while it may still store. docs/structures/mutex.md.
 */
export class SharedMutex {
  readonly name: string;
  readonly #memory: StructureSource["memory"];
  readonly #hold: CommitWord;
  readonly #holder: Holder | undefined;

  /** @internal */
  constructor(source: StructureSource, { entry, body }: OpenStructure) {
    const { memory } = source;
    if (mutexSize(lanesOf(memory)) > body.length) throw corrupt(nameOf(entry.name), `a body of ${body.length} bytes`);
    const hold = memory.mapping.commitWord(body.offset + HoldLine.hold, { bits: 64, site: "mutex.hold" });
    this.name = entry.name;
    this.#memory = memory;
    this.#hold = hold;
    const participant = participantOf(source);
    this.#holder =
      participant && ownOf(participant, body.offset, () => new Holder(participant, entry.name, { body, hold }));
  }

  /**
   * Makes a mutex in the participant's segment. Nobody has it.
   * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NO_SPACE, ERR_FAMFS_TIMEOUT, ERR_FAMFS_FENCED,
   * ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED; the
   * signal's reason
   */
  static async create(participant: Participant, name: string, callerOptions?: PatienceOptions): Promise<SharedMutex> {
    checkParticipant(participant);
    const patience = settlePatience(options("SharedMutex.create", callerOptions, ["timeout", "signal"]));
    const size = mutexSize(lanesOf(participant.memory));
    const nothing = { schema: undefined, capacity: 1, options: new Uint8Array(), initialise: () => undefined };
    const found = await createStructure(participant, { ...MUTEX, ...nothing, name, size }, patience);
    return new SharedMutex(participant, found);
  }

  /**
   * Opens a mutex. A segment is enough for {@link token}.
   * @param source a participant, or a segment
   * @throws {FamfsError} ERR_FAMFS_NOT_FOUND, ERR_FAMFS_KIND_MISMATCH, ERR_FAMFS_UNSUPPORTED_VERSION,
   * ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED
   */
  static open(source: StructureSource, name: string): SharedMutex {
    return new SharedMutex(source, openStructure(source, name, MUTEX, undefined));
  }

  /**
   * The token of the newest hold; 0 before the first.
   * @throws {FamfsError} ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  get token(): number {
    return Math.floor(this.#hold.observe() / 2);
  }

  /**
   * Takes the mutex if nobody has it, and nobody is in line for it.
   * @param callerOptions `guards`: what is changed; `repair`: called first where the last owner died
   * @returns undefined where somebody has it, also a caller of this participant
   * @throws {FamfsError} ERR_FAMFS_OWNER_LOST, ERR_FAMFS_PERMISSION where the mutex was opened through a segment,
   * ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_MISALIGNED, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_FENCED,
   * ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE; what `repair` throws
   */
  tryLock(callerOptions?: TryLockOptions): MutexGuard | undefined {
    const given = checkLocking("tryLock", callerOptions, TRY);
    const guard = this.#mine().tryLock(rangesOf(given.guards, this.#memory.mapping));
    return guard && repaired(guard, given.repair);
  }

  /**
   * Takes the mutex; the event loop goes on. Callers of one participant get it in their order.
   * @param callerOptions besides those of {@link tryLock}: `timeout`, in milliseconds, default 10000, and `signal`
   * @throws {FamfsError} ERR_FAMFS_TIMEOUT, ERR_FAMFS_OWNER_SILENT (instead of it, where who has it or is before in line
   * has been silent for its lease), and as {@link tryLock}; the signal's reason
   */
  async lock(callerOptions?: LockOptions): Promise<MutexGuard> {
    const given = checkLocking<LockOptions>("lock", callerOptions, ASYNC);
    const patience = patienceOf(given);
    const ranges = rangesOf(given.guards, this.#memory.mapping);
    const holder = this.#mine();
    patience.signal?.throwIfAborted();
    const guard = holder.lockAtOnce(ranges) ?? (await holder.lock(ranges, patience));
    if (guard.ownerDied && given.repair !== undefined) await repairedLater(guard, given.repair);
    return guard;
  }

  /**
   * The same on this thread, which does nothing else meanwhile: for workers.
   * @param callerOptions `timeout` is required, because nothing else could end the wait
   * @throws {FamfsError} ERR_FAMFS_REENTRANT where a caller of this participant has the mutex, or waits for it; and as
   * {@link lock}
   */
  lockSync(callerOptions: LockSyncOptions): MutexGuard {
    const given = checkLocking("lockSync", callerOptions, SYNC);
    const timeout = timeoutOf(given);
    const guard = this.#mine().lockSync(rangesOf(given.guards, this.#memory.mapping), timeout);
    return repaired(guard, given.repair);
  }

  #mine(): Holder {
    if (this.#holder === undefined) throw noParticipant(nameOf(this.name), "looked at", "lock it");
    return this.#holder;
  }
}

/** On coherent memory nobody has a line of its own. */
function lanesOf({ mapping, layout }: StructureSource["memory"]): number | undefined {
  return mapping.coherence === "coherent" ? undefined : layout.participants;
}

function nameOf(name: string): string {
  return `the mutex ${JSON.stringify(name)}`;
}

function repaired(guard: MutexGuard, repair: TryLockOptions["repair"]): MutexGuard {
  if (!guard.ownerDied || repair === undefined) return guard;
  try {
    repair(guard);
  } catch (error) {
    guard.abandon();
    throw error;
  }
  return guard;
}

async function repairedLater(guard: MutexGuard, repair: NonNullable<LockOptions["repair"]>): Promise<void> {
  try {
    await repair(guard);
  } catch (error) {
    guard.abandon();
    throw error;
  }
}
