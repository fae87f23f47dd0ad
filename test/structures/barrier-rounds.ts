import type { Participant } from "../../lib/segment/participant.js";
import type { Role } from "../../lib/segment/role.js";
import { barrierSize } from "../../lib/structures/barrier/layout.js";
import { Party } from "../../lib/structures/barrier/party.js";
import { Seats } from "../../lib/structures/barrier/seats.js";
import { type SimulatedHost, simulateHosts } from "../../lib/testing/index.js";

/** How long a barrier is tortured. */
export interface BarrierRun {
  readonly seed: number;
  readonly phases: number;
}

const PARTIES = 3;

/** Behind the seats: some lines for each party, all with the number of the phase that its data are of. */
const DATA = barrierSize(PARTIES);
const DATA_SIZE = 256;

/** A party on a simulated host of its own, which does one step at a time. */
class Member {
  readonly #host: SimulatedHost;
  readonly #index: number;
  #party: Party;
  readonly #seats: Seats;
  readonly #data: Int32Array;
  #waiting = false;
  busy = false;
  /** Arrivals that have begun, and those that have returned. */
  begun = 0;
  arrived = 0;

  constructor(host: SimulatedHost, index: number) {
    this.#host = host;
    this.#index = index;
    const hosts = Array.from({ length: PARTIES }, (_, seat) => seat);
    this.#seats = new Seats(host.mapping.window(0, DATA), hosts, "it");
    this.#data = host.mapping.view(Int32Array, DATA);
    this.#party = this.#sitDown();
  }

  #sitDown(): Party {
    const participant = { check() {} } as unknown as Participant;
    return new Party(this.#seats, participant, { seat: this.#index, role: { release() {} } as Role, what: "it" });
  }

  /** @returns what broke */
  step(others: readonly Member[], random: () => number): string | undefined {
    this.busy = true;
    const broken = this.#waiting ? this.#look(others) : this.#arrive(random);
    this.busy = false;
    return broken;
  }

  /** Data first, written back and not fenced. */
  #arrive(random: () => number): undefined {
    const at = this.#index * DATA_SIZE;
    this.#data.fill(this.arrived + 1, at / 4, (at + DATA_SIZE) / 4);
    this.#host.mapping.writeBack(DATA + at, DATA_SIZE, "data");
    this.begun++;
    this.#party.arrive();
    this.arrived = this.begun;
    this.#waiting = true;
    // A successor in the seat goes on where it was.
    if (random() < 0.2) this.#party = this.#sitDown();
  }

  #look(others: readonly Member[]): string | undefined {
    const phase = this.arrived;
    if (this.#party.arrived !== phase) return `a successor has arrived at ${this.#party.arrived}, not at ${phase}`;
    const allHere = others.every((other) => other.arrived >= phase);
    if (!this.#party.tryWait()) return allHere ? `phase ${phase} was not seen to be complete` : undefined;
    if (others.some((other) => other.begun < phase)) return `phase ${phase} was complete too early`;
    for (let index = 0; index < PARTIES; index++) {
      const at = index * DATA_SIZE;
      if (index !== this.#index) this.#host.mapping.invalidate(DATA + at, DATA_SIZE, "data");
      const found = Math.min(...this.#data.subarray(at / 4, (at + DATA_SIZE) / 4));
      if (found < phase) return `data of phase ${found} were found in phase ${phase}`;
    }
    this.#waiting = false;
    return undefined;
  }
}

/**
 * Parties go from phase to phase, one thread playing all of them and each acting in the middle of the others' calls.
 * @returns what broke; undefined where nothing did
 */
export async function runBarrier({ seed, phases }: BarrierRun): Promise<string | undefined> {
  const simulation = await simulateHosts(PARTIES, { size: DATA + PARTIES * DATA_SIZE, seed, background: false });
  const members = simulation.hosts.map((host, index) => new Member(host, index));
  let state = seed;
  // A linear congruence is enough to choose who acts.
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  let broken: string | undefined;
  const act = () => {
    const member = members[Math.floor(random() * PARTIES)] as Member;
    if (member.busy || broken !== undefined) return;
    const found = member.step(members, random);
    broken ??= found;
  };
  simulation.interleave(act);
  try {
    for (let steps = 0; members.some(({ arrived }) => arrived < phases) && broken === undefined; steps++) {
      if (steps > phases * 10_000) broken = "nobody went on any more";
      act();
    }
    simulation.interleave(undefined);
    if (broken === undefined) simulation.check();
    return broken;
  } finally {
    void simulation.reports;
    await simulation.close();
  }
}
