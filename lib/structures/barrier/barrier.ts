import { FamfsError } from "../../errors.js";
import { integer, oneOf, options, wrongType } from "../../guards.js";
import { createStructure } from "../../segment/create-structure.js";
import { OPTIONS_SIZE } from "../../segment/layout.js";
import type { Participant } from "../../segment/participant.js";
import { type PatienceOptions, settlePatience } from "../../segment/patience.js";
import { type Role, takeRole } from "../../segment/role.js";
import { type OpenStructure, openStructure, type StructureSource } from "../../segment/structure.js";
import { checkParticipant, corrupt, noParticipant, participantOf } from "../checks.js";
import { BARRIER, barrierSize, MOST_PARTIES_OF_HOST, Seat } from "./layout.js";
import { Party } from "./party.js";
import { Seats } from "./seats.js";

/** Options of {@link SharedBarrier.create}. */
export interface CreateBarrierOptions extends PatienceOptions {
  /** How many parties there are: all of the creator's host, or as a list how many of host 0, host 1 and so on. */
  parties: number | readonly number[];
  /** Take a seat at once. */
  role?: "party" | undefined;
}

/** Options of {@link SharedBarrier.open}. */
export interface OpenBarrierOptions {
  /** Take a seat, of those of the participant's host. */
  role?: "party" | undefined;
}

/** Options of {@link SharedBarrier.waitSync}. */
export interface WaitBarrierSyncOptions {
  /** In milliseconds. */
  timeout: number;
}

/**
 * A fixed number of parties that go from phase to phase together: a phase is complete when all have arrived at it. A
 * party that is dead is reported to those who wait for it, one that is silent is named when their time is over.
 * docs/structures/barrier.md.
 *
 * Each party has a seat, which is bound to a host. When a party dies or leaves, a participant of the same host takes its
 * seat and goes on where it was.
 */
export class SharedBarrier {
  readonly name: string;
  /** How many parties there are. */
  readonly parties: number;
  readonly #seats: Seats;
  #party: Party | undefined;

  /** @internal */
  constructor(source: StructureSource, { entry, body }: OpenStructure, { role }: OpenBarrierOptions) {
    const { mapping, layout } = source.memory;
    const hosts = [...entry.options].flatMap((count, host) => Array.from({ length: count }, () => host));
    if (hosts.length === 0 || (hosts.at(-1) as number) >= layout.hosts || barrierSize(hosts.length) > body.length)
      throw corrupt(nameOf(entry.name), `${hosts.length} parties and a body of ${body.length} bytes`);
    this.name = entry.name;
    this.parties = hosts.length;
    this.#seats = new Seats(mapping.window(body.offset, body.length), hosts, nameOf(entry.name));
    if (role !== undefined) this.#party = this.#sitDown(participantOf(source));
  }

  /** Processes of one host compete for its seats; a seat has one holder at a time, as roles have (R8b). */
  #sitDown(participant: Participant | undefined): Party {
    const what = nameOf(this.name);
    if (participant === undefined) throw noParticipant(what, "watched", "arrive");
    const { host } = participant;
    const seats = [...this.#seats.hosts.keys()].filter((seat) => this.#seats.hosts[seat] === host);
    if (seats.length === 0) throw noSeats(what, host);
    for (const seat of seats) {
      const role = this.#tryToTake(seat, participant);
      if (role === undefined) continue;
      try {
        return new Party(this.#seats, participant, { seat, role, what });
      } catch (error) {
        role.release();
        throw error;
      }
    }
    throw allTaken(
      what,
      host,
      seats.map((seat) => this.#seats.look(seat, participant).text),
    );
  }

  #tryToTake(seat: number, participant: Participant): Role | undefined {
    const { host } = participant;
    const what = `the party of seat ${seat} of ${nameOf(this.name)}`;
    try {
      return takeRole(participant, { memory: this.#seats.memory, offset: seat * Seat.size + Seat.holder, host, what });
    } catch (error) {
      if (error instanceof FamfsError && error.code === "ERR_FAMFS_ROLE_TAKEN") return undefined;
      throw error;
    }
  }

  /**
   * Makes a barrier in the participant's segment. Nobody has arrived.
   * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NO_SPACE, ERR_FAMFS_TIMEOUT, ERR_FAMFS_FENCED,
   * ERR_FAMFS_ROLE_ELSEWHERE, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION,
   * ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED; the signal's reason
   */
  static async create(
    participant: Participant,
    name: string,
    callerOptions: CreateBarrierOptions,
  ): Promise<SharedBarrier> {
    checkParticipant(participant);
    const given = options("SharedBarrier.create", callerOptions, ["parties", "role", "timeout", "signal"]);
    const counts = checkParties(given.parties, participant);
    checkRole(given.role);
    const parties = counts.reduce((sum, count) => sum + count, 0);
    const found = await createStructure(
      participant,
      {
        ...BARRIER,
        name,
        schema: undefined,
        capacity: parties,
        options: counts,
        size: barrierSize(parties),
        initialise: () => undefined,
      },
      settlePatience(given),
    );
    return new SharedBarrier(participant, found, { role: given.role });
  }

  /**
   * Opens a barrier. A segment is enough to watch it.
   * @param source a participant, or a segment
   * @throws {FamfsError} ERR_FAMFS_NOT_FOUND, ERR_FAMFS_KIND_MISMATCH, ERR_FAMFS_UNSUPPORTED_VERSION,
   * ERR_FAMFS_ROLE_TAKEN where others have all seats of this host, ERR_FAMFS_ROLE_ELSEWHERE where it has none,
   * ERR_FAMFS_PERMISSION, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION,
   * ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED
   */
  static open(source: StructureSource, name: string, callerOptions?: OpenBarrierOptions): SharedBarrier {
    const { role } = options("SharedBarrier.open", callerOptions, ["role"]);
    checkRole(role);
    return new SharedBarrier(source, openStructure(source, name, BARRIER, undefined), { role });
  }

  /**
   * The last phase that is complete: all parties have arrived at it; 0 before the first one. It never shrinks.
   * @throws {FamfsError} ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  get phase(): number {
    let least = Number.MAX_SAFE_INTEGER;
    for (let seat = 0; seat < this.parties; seat++) least = Math.min(least, this.#seats.arrivals(seat).observe());
    return least;
  }

  /**
   * The last phase that this party, or its predecessor in the seat, has arrived at; 0 before the first one.
   * @throws {FamfsError} ERR_FAMFS_PERMISSION without a seat
   */
  get arrived(): number {
    return this.#seated().arrived;
  }

  /**
   * Says that this party has come to the end of its phase; waits for nobody. What it stored before, others see when their
   * {@link wait} returns: on memory that is not coherent, what a structure has published or what was written back with
   * `mapping.writeBack`.
   * @returns the number of the phase, from 1
   * @throws {FamfsError} ERR_FAMFS_PERMISSION without a seat, ERR_FAMFS_FENCED, ERR_FAMFS_OUT_OF_RANGE,
   * ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
   */
  arrive(): number {
    return this.#seated().arrive();
  }

  /**
   * Whether the phase that this party arrived at last is complete.
   * @throws {FamfsError} ERR_FAMFS_PERMISSION, ERR_FAMFS_CORRUPT, ERR_FAMFS_FENCED, ERR_FAMFS_CLOSED,
   * ERR_FAMFS_MEMORY_FAILURE
   */
  tryWait(): boolean {
    return this.#seated().tryWait();
  }

  /**
   * Waits until the phase that this party arrived at last is complete. After an error it can be called again.
   * @returns the number of the phase
   * @throws {FamfsError} ERR_FAMFS_PARTY_DEAD where a party that is missing is known dead or has left the segment,
   * ERR_FAMFS_TIMEOUT (names who is missing, and who of them is silent), and as {@link tryWait}; the signal's reason
   */
  async wait(callerOptions?: PatienceOptions): Promise<number> {
    const patience = settlePatience(options("wait", callerOptions, ["timeout", "signal"]));
    return this.#seated().wait(patience);
  }

  /**
   * The same on this thread, which does nothing else meanwhile: for workers.
   * @throws {FamfsError} as {@link wait}
   */
  waitSync(callerOptions: WaitBarrierSyncOptions): number {
    const given = options("waitSync", callerOptions, ["timeout"]);
    if (given.timeout === undefined) throw wrongType("timeout", "a number of milliseconds", given.timeout);
    return this.#seated().waitSync(settlePatience(given));
  }

  #seated(): Party {
    if (this.#party !== undefined) return this.#party;
    throw new FamfsError(
      "ERR_FAMFS_PERMISSION",
      `only a party of ${nameOf(this.name)} arrives and waits; open it through a participant with { role: "party" }`,
    );
  }

  /** Gives the seat back and ends waits for it, with ERR_FAMFS_CLOSED. Closing twice does nothing. */
  close(): void {
    this.#party?.close();
    this.#party = undefined;
  }

  /** {@link SharedBarrier.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** How many parties each host has. */
function checkParties(parties: unknown, { host, memory }: Participant): Uint8Array {
  const counts = new Uint8Array(OPTIONS_SIZE);
  const { hosts, participantsPerHost } = memory.layout;
  const most = Math.min(participantsPerHost, MOST_PARTIES_OF_HOST);
  if (!Array.isArray(parties)) {
    if (typeof parties !== "number") throw wrongType("parties", "a number, or a list of numbers by host", parties);
    counts[host] = integer("parties", parties, 1, most);
    return counts;
  }
  integer("the length of parties", parties.length, 1, hosts);
  parties.forEach((count, of) => {
    counts[of] = integer(`parties[${of}]`, count, 0, most);
  });
  integer(
    "the sum of parties",
    counts.reduce((sum, count) => sum + count, 0),
    1,
  );
  return counts;
}

function checkRole(role: unknown): void {
  if (role !== undefined) oneOf("role", role, ["party"]);
}

function nameOf(name: string): string {
  return `the barrier ${JSON.stringify(name)}`;
}

function noSeats(what: string, host: number): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_ROLE_ELSEWHERE",
    `${what} has no seats for parties of host ${host}; make it with { parties } that has some for this host`,
  );
}

function allTaken(what: string, host: number, seats: readonly string[]): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_ROLE_TAKEN",
    `all seats of host ${host} in ${what} are taken (${seats.join("; ")}): let a party leave, or wait until it is known dead`,
  );
}
