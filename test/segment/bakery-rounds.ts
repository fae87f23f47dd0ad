import type { CommitWord } from "../../lib/memory/commit-word.js";
import { Bakery, lockTimeout } from "../../lib/segment/bakery.js";
import { type SimulatedHost, simulateHosts } from "../../lib/testing/index.js";

/** How long the lock is tortured. */
export interface BakeryRun {
  readonly seed: number;
  /** Entries of all participants together. */
  readonly entries: number;
}

const PARTICIPANTS = 3;

/** Each in a line of its own: the words, and what the lock guards. */
const LINE = 128;
const GUARDED = PARTICIPANTS * LINE;

/** A participant on a simulated host of its own, which does one step at a time. */
class Party {
  readonly #host: SimulatedHost;
  readonly #bakery: Bakery;
  readonly #guarded: Int32Array;
  #state: "outside" | "in line" | "inside" = "outside";
  busy = false;
  tickets: number[] = [];

  constructor(host: SimulatedHost) {
    this.#host = host;
    const words: CommitWord[] = Array.from({ length: PARTICIPANTS }, (_, i) =>
      host.mapping.commitWord(i * LINE, { bits: 64, site: "bakery" }),
    );
    this.#guarded = host.mapping.view(Int32Array, GUARDED, 1);
    this.#bakery = new Bakery((index) => words[index] as CommitWord, host.index, {
      count: PARTICIPANTS,
      matters: () => true,
      late: (index, timeout) => lockTimeout(String(index), timeout),
    });
  }

  get isInside(): boolean {
    return this.#state === "inside";
  }

  step(): void {
    this.busy = true;
    if (this.#state === "outside") this.#enter();
    else if (this.#state === "in line") this.#look();
    else this.#leave();
    this.busy = false;
  }

  #enter(): void {
    this.#bakery.enter();
    this.#state = "in line";
  }

  /** R5: entering, what is guarded is invalidated before the first load; leaving, it is written back first. */
  #look(): void {
    if (!this.#bakery.isInside()) return;
    this.#state = "inside";
    this.tickets.push(this.#bakery.ticket);
    this.#host.mapping.invalidate(GUARDED, 4, "guarded");
    this.#guarded[0] = (this.#guarded[0] as number) + 1;
  }

  #leave(): void {
    this.#host.mapping.writeBack(GUARDED, 4, "guarded");
    this.#host.storeFence("guarded");
    this.#state = "outside";
    this.#bakery.leave();
  }

  get count(): number {
    return this.#guarded[0] as number;
  }
}

/**
 * Participants enter and leave, one thread playing all of them and each acting in the middle of the others' calls.
 * @returns what broke; undefined where nothing did
 */
export async function runBakery({ seed, entries }: BakeryRun): Promise<string | undefined> {
  const simulation = await simulateHosts(PARTICIPANTS, { size: 4096, seed, background: false });
  const parties = simulation.hosts.map((host) => new Party(host));
  let state = seed;
  // A linear congruence is enough to choose who acts.
  const next = (count: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
  let broken: string | undefined;
  let entered = 0;
  const act = () => {
    const party = parties[next(PARTICIPANTS)] as Party;
    if (party.busy || broken !== undefined) return;
    const before = party.isInside;
    party.step();
    if (before || !party.isInside) return;
    entered++;
    if (parties.filter((one) => one.isInside).length > 1) broken = "two were inside";
    else if (party.count !== entered) broken = `the one inside counted ${party.count} after ${entered} entries`;
  };
  simulation.interleave(act);
  try {
    for (let steps = 0; entered < entries && broken === undefined; steps++) {
      if (steps > entries * 10_000) broken = "nobody got in any more";
      act();
    }
    simulation.interleave(undefined);
    broken ??= ticketsGrow(parties);
    if (broken === undefined) simulation.check();
    return broken;
  } finally {
    void simulation.reports;
    await simulation.close();
  }
}

function ticketsGrow(parties: readonly Party[]): string | undefined {
  const falling = parties.some(({ tickets }) => tickets.some((ticket, i) => ticket <= (tickets[i - 1] ?? 0)));
  return falling ? "a token was not higher than the one before" : undefined;
}
