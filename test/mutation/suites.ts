import { LITMUS_TESTS } from "../litmus/all.js";
import { runInterleaved } from "../litmus/interleaved.js";
import { torture } from "../pcq/torture.js";

/** Something that must notice when a step is left out. */
export interface Suite {
  readonly name: string;
  /** Runs it on simulated memory of this process; resolves to what broke, or to undefined. */
  run(seed: number): Promise<string | undefined>;
}

/** With it every mutant of the litmus tests below was found; most need a few rounds. */
const ROUNDS = 20_000;

/** Structures add theirs here. */
export const SUITES: readonly Suite[] = [...LITMUS_TESTS.map(suiteOf), { name: "pcq", run: runQueue }];

function runQueue(seed: number): Promise<string | undefined> {
  return torture({ seed, calls: 1000, moves: 50, buckets: 3, bucketSize: 64 });
}

function suiteOf(litmus: (typeof LITMUS_TESTS)[number]): Suite {
  return {
    name: litmus.name,
    async run(seed) {
      let broken: string | undefined;
      const until = (outcome: string) => {
        if (!(outcome in litmus.allowed)) broken = outcome;
        return broken !== undefined;
      };
      await runInterleaved(litmus, { rounds: ROUNDS, seed, until });
      return broken;
    },
  };
}
