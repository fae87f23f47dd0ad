import { simulateHosts } from "famfs/testing";
import type { Litmus, Operation, Party } from "./litmus.js";

/** How often each outcome was seen. */
export type Outcomes = Map<string, number>;

/** Chance of the interleaving, apart from that of the memory. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}

/**
 * Runs a litmus test on simulated memory in one thread: participants take turns between their operations and in the
 * middle of them. The seed alone settles what happens. Ends early when `until` says so.
 */
export async function runInterleaved(
  litmus: Litmus,
  { rounds, seed, until }: { rounds: number; seed: number; until?: (outcome: string) => boolean },
): Promise<Outcomes> {
  await using simulation = await simulateHosts(litmus.parties, { size: litmus.size, seed, background: false });
  const registers = new Int32Array(litmus.registers);
  const programs = simulation.hosts.map((host, index) => litmus.program(partyOf(host), index, registers));
  const outcomes: Outcomes = new Map();
  const random = randomOf(seed);
  const turns = new Turns(programs, random);
  simulation.interleave(() => turns.interrupt());
  for (let round = 1; round <= rounds; round++) {
    turns.play(round);
    const outcome = litmus.outcome(round, registers);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (until?.(outcome)) break;
  }
  return outcomes;
}

function partyOf(host: Awaited<ReturnType<typeof simulateHosts>>["hosts"][0]): Party {
  return {
    mapping: host.mapping,
    storeFence: () => host.storeFence("fence"),
    fullFence: () => host.fullFence("fence"),
    pass: () => host.pass(),
  };
}

/** Who acts next, round by round. */
class Turns {
  readonly #programs: readonly (readonly Operation[])[];
  readonly #random: () => number;
  readonly #at: number[];
  #round = 0;
  #acting = -1;
  /** How likely it is, in this round, that another acts in the middle of an operation. */
  #eager = 0;

  constructor(programs: readonly (readonly Operation[])[], random: () => number) {
    this.#programs = programs;
    this.#random = random;
    this.#at = programs.map(() => 0);
  }

  play(round: number): void {
    this.#round = round;
    this.#eager = this.#random() * this.#random();
    this.#at.fill(0);
    for (let next = this.#pick(-1); next >= 0; next = this.#pick(-1)) {
      this.#acting = next;
      this.#act(next);
    }
    this.#acting = -1;
  }

  /** In the middle of one's operation another may do some of its own. */
  interrupt(): void {
    while (this.#acting >= 0 && this.#random() < this.#eager) {
      const other = this.#pick(this.#acting);
      if (other < 0) return;
      this.#act(other);
    }
  }

  #act(index: number): void {
    const operation = this.#programs[index]?.[this.#at[index] ?? 0];
    this.#at[index] = (this.#at[index] ?? 0) + 1;
    operation?.(this.#round);
  }

  #pick(besides: number): number {
    const ready = [...this.#programs.keys()].filter(
      (index) => index !== besides && (this.#at[index] ?? 0) < (this.#programs[index]?.length ?? 0),
    );
    return ready[Math.floor(this.#random() * ready.length)] ?? -1;
  }
}
