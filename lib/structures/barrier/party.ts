import { FamfsError } from "../../errors.js";
import { storeFence } from "../../memory/coherence.js";
import { failPoint } from "../../memory/fail-point.js";
import type { Mapping } from "../../memory/mapping.js";
import type { Participant } from "../../segment/participant.js";
import type { Patience } from "../../segment/patience.js";
import type { Role } from "../../segment/role.js";
import { Seat } from "./layout.js";
import type { Seats } from "./seats.js";

/** A wait looks so often whether those that are missing are dead, in milliseconds. */
const LOOK = 20;

/** An error names so many of those that are missing. */
const NAMED = 8;

/** What a participant does that has a seat. */
export class Party {
  readonly #seats: Seats;
  readonly #seat: number = 0;
  readonly #role: Role;
  readonly #participant: Participant;
  readonly #what: string;
  /** A window of its own: what ends with the party, waits here. */
  readonly #waits: Mapping;
  #arrived = 0;

  /** @param place the seat, the role that holds it, and what the barrier is called in messages */
  constructor(seats: Seats, participant: Participant, place: { seat: number; role: Role; what: string }) {
    this.#seats = seats;
    this.#participant = participant;
    ({ seat: this.#seat, role: this.#role, what: this.#what } = place);
    this.#arrived = seats.arrivals(this.#seat).observe();
    this.#waits = seats.memory.window(0, seats.memory.byteLength);
  }

  get arrived(): number {
    return this.#arrived;
  }

  arrive(): number {
    this.#check();
    // What the caller has written back by itself is in memory before others see that this party has arrived.
    if (this.#seats.memory.coherence !== "coherent") storeFence("barrier.arrive");
    failPoint("barrier.arrive");
    this.#seats.arrivals(this.#seat).set(this.#arrived + 1);
    this.#arrived++;
    failPoint("barrier.arrived");
    return this.#arrived;
  }

  tryWait(): boolean {
    this.#check();
    return this.#seats.firstMissing(this.#arrived) === undefined;
  }

  async wait({ timeout, signal }: Patience): Promise<number> {
    this.#check();
    signal?.throwIfAborted();
    const phase = this.#arrived;
    const end = performance.now() + timeout;
    for (let seat = this.#seats.firstMissing(phase); seat !== undefined; ) {
      const left = Math.max(end - performance.now(), 0);
      const options = { timeout: Math.min(left, LOOK), signal };
      const came = this.#waits.waitUntil(...this.#arrivalAt(seat, phase), options);
      if ((await came.catch((error: unknown) => this.#ignoreTimeout(error))) === undefined)
        this.#lookAtMissing(seat, phase, left <= LOOK ? timeout : undefined);
      seat = this.#seats.firstMissing(phase, seat);
    }
    return phase;
  }

  waitSync({ timeout }: Patience): number {
    this.#check();
    const phase = this.#arrived;
    const end = performance.now() + timeout;
    for (let seat = this.#seats.firstMissing(phase); seat !== undefined; ) {
      const left = Math.max(end - performance.now(), 0);
      try {
        this.#waits.waitUntilSync(...this.#arrivalAt(seat, phase), { timeout: Math.min(left, LOOK) });
      } catch (error) {
        this.#ignoreTimeout(error);
        this.#lookAtMissing(seat, phase, left <= LOOK ? timeout : undefined);
      }
      seat = this.#seats.firstMissing(phase, seat);
    }
    return phase;
  }

  close(): void {
    this.#role.release();
    this.#waits.close();
  }

  #check(): void {
    if (this.#waits.closed && !this.#seats.memory.closed) throw seatGivenBack(this.#what);
    this.#participant.check();
  }

  #arrivalAt(seat: number, phase: number) {
    return [seat * Seat.size + Seat.arrivals, { bits: 64, atLeast: phase }] as const;
  }

  #ignoreTimeout(error: unknown): undefined {
    if (error instanceof FamfsError && error.code === "ERR_FAMFS_TIMEOUT") return;
    if (error instanceof FamfsError) this.#check();
    throw error;
  }

  /**
   * @param timeout that is over; undefined where it is not
   * @throws {FamfsError} ERR_FAMFS_PARTY_DEAD, ERR_FAMFS_TIMEOUT
   */
  #lookAtMissing(from: number, phase: number, timeout: number | undefined): void {
    this.#check();
    const missing: string[] = [];
    for (let seat = from; seat < this.#seats.hosts.length; seat++) {
      const look = this.#seats.look(seat, this.#participant);
      // Looked at afterwards: who arrived and then died has arrived.
      if (this.#seats.arrivals(seat).observe() >= phase) continue;
      if (look.dead) throw partyDead(this.#what, phase, look.text);
      missing.push(look.text);
    }
    if (timeout !== undefined && missing.length > 0) throw tooLate(this.#what, phase, { timeout, missing });
  }
}

function partyDead(what: string, phase: number, party: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_PARTY_DEAD",
    `phase ${phase} of ${what} waits for ${party}; open it there with { role: "party" } to take its place, then wait again`,
  );
}

function tooLate(
  what: string,
  phase: number,
  { timeout, missing }: { timeout: number; missing: string[] },
): FamfsError {
  const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : "";
  return new FamfsError(
    "ERR_FAMFS_TIMEOUT",
    `phase ${phase} of ${what} was not complete within ${timeout} ms: it waits for ${missing.slice(0, NAMED).join("; ")}${more}`,
  );
}

function seatGivenBack(what: string): FamfsError {
  return new FamfsError("ERR_FAMFS_CLOSED", `the seat in ${what} was given back; open it again with { role: "party" }`);
}
