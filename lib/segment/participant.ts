import { setMaxListeners } from "node:events";
import { threadId } from "node:worker_threads";
import { FamfsError } from "../errors.js";
import { integer } from "../guards.js";
import { failPoint } from "../memory/fail-point.js";
import { startHeartbeat } from "../memory/heartbeat.js";
import type { OpenFile } from "../memory/open-file.js";
import { Bakery, lockTimeout } from "./bakery.js";
import type { SegmentDirectory } from "./directory.js";
import { HostBlock } from "./host.js";
import { publishIdentity, readIdentity } from "./identity.js";
import { Participant as Block } from "./layout.js";
import { Liveness, type Sight, type Standing, slotClaim } from "./liveness.js";
import type { SegmentMemory } from "./memory.js";
import type { Patience } from "./patience.js";
import { hasRevoked, revoke, revokerOf } from "./revocation.js";
import { type BootedHost, type ClaimedSlot, leaveSlot, markDead } from "./slot.js";
import { takeOver } from "./take-over.js";

/** How a participant got its place. */
export interface Membership {
  readonly memory: SegmentMemory;
  readonly directory: SegmentDirectory;
  readonly sight: Sight;
  /** Holds the slot's lock, and ends with the participant. */
  readonly lockFile: OpenFile;
  readonly host: BootedHost;
  readonly slot: ClaimedSlot;
  readonly name: string;
  /** In milliseconds. */
  readonly lease: number;
}

/** Heartbeats in a lease. */
const BEATS = 8;

export function intervalOf(lease: number): number {
  return Math.max(5, Math.floor(lease / BEATS));
}

/**
 * Somebody who takes part in a segment: one `join()`, in a process or a worker. Everything that stores to structures
 * does so as a participant. Made by {@link Segment.join}; docs/participants.md.
 */
export class Participant {
  /** Its number in the segment: the host's index times the slots of a host, plus the slot. */
  readonly index: number;
  readonly host: number;
  readonly slot: number;
  /** Tells it from the earlier ones in its slot. */
  readonly incarnation: number;
  readonly name: string;
  /** @internal */
  readonly memory: SegmentMemory;
  /** @internal */
  readonly directory: SegmentDirectory;
  /** @internal */
  readonly liveness: Liveness;
  readonly #membership: Membership;
  readonly #bakery: Bakery;
  readonly #stopHeartbeat: () => void;
  readonly #timer: NodeJS.Timeout;
  readonly #leaving = new AbortController();
  /** Ends when everything asked for before has: one word can be in one line only. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #works = new Set<Promise<unknown>>();
  #left: Promise<void> | undefined;
  /** Why it can do nothing any more. */
  #refusal: (() => FamfsError) | undefined;

  /** @internal The slot is claimed; now everybody sees who has it. */
  constructor(membership: Membership) {
    const { memory, sight, host, slot, name } = membership;
    this.#membership = membership;
    this.memory = memory;
    this.directory = membership.directory;
    this.index = slot.index;
    this.host = host.host;
    this.slot = slot.index % memory.layout.participantsPerHost;
    this.incarnation = slot.incarnation;
    this.name = name;
    this.liveness = new Liveness(memory, sight);
    // As many as wait: more than ten are no leak.
    setMaxListeners(0, this.#leaving.signal);
    const words = bakeryWords(memory);
    this.#bakery = new Bakery(words, this.index, {
      count: memory.layout.participants,
      matters: (index) => this.matters(index),
      late: (index, timeout) => lockTimeout(describeParticipant(memory, index), timeout),
    });
    const interval = intervalOf(membership.lease);
    const at = memory.layout.participantAt(this.index);
    const leftInWord = words(this.index).observe();
    takeOver(memory.control, at + Block.identityWord, memory.layout.participantSize - Block.identityWord);
    this.#bakery.reset(leftInWord);
    this.#stopHeartbeat = startHeartbeat(memory.control.span, at + Block.heartbeat, interval);
    this.#publishIdentity(interval);
    this.#timer = setInterval(() => this.#look(), interval).unref();
    // When the instance closes, the kernel is to see that nobody has the slot any more.
    void memory.mapping.released.then(() => this.#letGo());
  }

  #publishIdentity(interval: number): void {
    const { host, lease, sight } = this.#membership;
    const { incarnation, name } = this;
    const who = { incarnation, bootCount: host.bootCount, pid: process.pid, thread: threadId, node: sight.node };
    failPoint("segment.identity.publish");
    publishIdentity(this.memory, this.index, { ...who, lease, interval, joinedAt: Date.now(), name });
  }

  /** True after {@link Participant.leave}, or once the segment was closed. */
  get left(): boolean {
    return this.#left !== undefined || this.memory.mapping.closed;
  }

  /**
   * Says that every participant of a host is dead, as an operator who has seen it switched off knows it. What they held
   * is then given to others. If one of them goes on nevertheless, its operations end with ERR_FAMFS_FENCED.
   * @param host the index of another host
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_FENCED, ERR_FAMFS_CLOSED
   */
  declareDead(host: number): void {
    const { layout } = this.memory;
    integer("host", host, 0, layout.hosts - 1);
    if (host === this.host) {
      throw new FamfsError("ERR_FAMFS_OUT_OF_RANGE", `host must be another host than this one, found ${host}`);
    }
    this.check();
    for (let slot = 0; slot < layout.participantsPerHost; slot++) {
      const index = host * layout.participantsPerHost + slot;
      const { incarnation, state } = slotClaim(this.memory, index);
      if (state === "held") revoke(this.memory, this.index, index, incarnation, true);
    }
  }

  /**
   * Gives the place back: known dead for everybody, at once. Leaving twice does nothing.
   * @returns resolves when what this participant was at has ended
   */
  leave(): Promise<void> {
    this.#left ??= this.#leave();
    return this.#left;
  }

  /** {@link Participant.leave}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  /** @internal Aborted when it begins to leave: what waits as this participant ends then. */
  get leaving(): AbortSignal {
    return this.#leaving.signal;
  }

  async #leave(): Promise<void> {
    this.#refusal = left;
    this.#leaving.abort(left());
    await Promise.allSettled(this.#works);
    clearInterval(this.#timer);
    this.#stopHeartbeat();
    if (!this.memory.mapping.closed) leaveSlot(this.memory, this.#membership.slot);
    this.#letGo();
  }

  #letGo(): void {
    clearInterval(this.#timer);
    this.#membership.lockFile.close();
  }

  /** @internal @throws {FamfsError} ERR_FAMFS_CLOSED, ERR_FAMFS_FENCED */
  check(): void {
    if (this.#refusal !== undefined) throw this.#refusal();
  }

  /**
   * @internal After a ticketed value was published, before success is reported (R8c).
   * @throws {FamfsError} ERR_FAMFS_FENCED, from then on at every call
   */
  checkNotFenced(): void {
    this.check();
    const reason = this.#reasonToStop();
    if (reason === undefined) return;
    this.#refusal = () => fenced(reason);
    throw this.#refusal();
  }

  #reasonToStop(): string | undefined {
    const { memory, index, incarnation } = this;
    const revoker = revokerOf(memory, index, incarnation);
    if (revoker !== undefined) return describeParticipant(memory, revoker);
    const claim = slotClaim(memory, index);
    const { bootCount } = new HostBlock(memory, this.host).claim();
    if (bootCount !== this.#membership.host.bootCount) return `host ${this.host} after another boot, or a replacement`;
    if (claim.incarnation !== incarnation || claim.state !== "held") return "another process of its host";
    return undefined;
  }

  /** @internal Whether a lock must wait for another one. One that is silent is fenced. */
  matters(index: number): boolean {
    const claim = slotClaim(this.memory, index);
    if (hasRevoked(this.memory, this.index, index, claim.incarnation)) return false;
    const standing = this.liveness.look(index, claim);
    if (standing !== "silent") return standing === "alive";
    revoke(this.memory, this.index, index, claim.incarnation);
    failPoint("segment.fenced");
    return false;
  }

  /**
   * @internal How another one looks whose stores in place must not be overtaken (R8): nobody is fenced. `"lost"`: it is
   * said to be dead, and what it stored may still be in its host's caches.
   */
  standingOf(index: number): Standing | "lost" {
    const { memory, liveness } = this;
    const claim = slotClaim(memory, index);
    const standing = liveness.look(index, claim);
    if (standing !== "dead" || memory.mapping.coherence === "coherent") return standing;
    if (liveness.isSettled(index, claim)) return "dead";
    // If it was of this host, this writes back what it had guarded.
    markDead(memory, this.#membership.host, this.#membership.sight);
    return liveness.isSettled(index, slotClaim(memory, index)) ? "dead" : "lost";
  }

  /** @internal Work that {@link Participant.leave} waits for. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.check();
    const working = work();
    this.#works.add(working);
    try {
      return await working;
    } finally {
      this.#works.delete(working);
    }
  }

  /**
   * @internal Does something while nobody else does under the segment's lock.
   * @param action gets the lock's ticket; it must be done when it returns
   * @throws {FamfsError} ERR_FAMFS_TIMEOUT, ERR_FAMFS_CLOSED, ERR_FAMFS_FENCED
   */
  exclusively<T>({ timeout, signal }: Patience, action: (ticket: number) => T): Promise<T> {
    const signals = signal === undefined ? [this.#leaving.signal] : [this.#leaving.signal, signal];
    const mine = this.#turn.then(async () => {
      this.check();
      await this.#bakery.lock({ timeout, signal: AbortSignal.any(signals) });
      try {
        return action(this.#bakery.ticket);
      } finally {
        this.#bakery.leave();
      }
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  /** Now and then: who of this host has died? */
  #look(): void {
    try {
      markDead(this.memory, this.#membership.host, this.#membership.sight);
    } catch (error) {
      // The memory is gone, or damaged: whoever uses the segment is told. Not a timer's business.
      if (!(error instanceof FamfsError)) throw error;
      clearInterval(this.#timer);
    }
  }
}

function bakeryWords(memory: SegmentMemory) {
  return (index: number) => memory.word(memory.layout.participantAt(index) + Block.bakery, 64, "segment.bakery");
}

/** For messages: who has a slot, or the earlier one who had it. */
export function describeParticipant(memory: SegmentMemory, index: number, incarnation?: number): string {
  const { participantsPerHost } = memory.layout;
  const place = `participant ${index} (host ${memory.layout.hostOf(index)}, slot ${index % participantsPerHost}`;
  const identity = readIdentity(memory, index);
  if (identity === undefined || identity.incarnation !== (incarnation ?? identity.incarnation)) return `${place})`;
  const name = identity.name === "" ? "" : ` ${JSON.stringify(identity.name)}`;
  return `${place}, process ${identity.pid}${name})`;
}

/** The error for using a participant that has left. */
export function left(): FamfsError {
  return new FamfsError("ERR_FAMFS_CLOSED", "this participant has left its segment; join again");
}

function fenced(by: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_FENCED",
    `this participant was fenced by ${by}: it had been silent for longer than its lease, or was said to be dead. Whether its last operation counts is unknown; look, then leave() and join() again`,
  );
}
