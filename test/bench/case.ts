import type { Scratch } from "./scratch.js";

/** What a case gets to work with. */
export interface BenchContext {
  /** True in a reduced run: smaller files, figures that only show that the case works. */
  readonly quick: boolean;
  /** A private directory on tmpfs, removed at the end. */
  readonly scratch: Scratch;
}

/** The two sides of a case. Each call is one measurement, in the unit of the case's target. */
export interface Sides {
  ours(): number | Promise<number>;
  /** What ours is compared with; absent where the target is a plain limit. */
  yardstick?(): number | Promise<number>;
  /** Gives back what was prepared. */
  end?(): void | Promise<void>;
}

/** One line of the report. A file `<topic>.bench.ts` exports `cases`, and targets.ts says what they are held to. */
export interface BenchCase {
  /** The same as in targets.ts. */
  readonly name: string;
  /** How often both sides are measured, in turns, in a full run. */
  readonly rounds: number;
  /** Why it cannot be measured here, where it cannot: it is left out then, which is no failure. */
  leftOut?(context: BenchContext): string | undefined;
  prepare(context: BenchContext): Sides | Promise<Sides>;
}
