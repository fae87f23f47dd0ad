import type { Mapping } from "famfs";

/** One participant: its mapping, and its host's fences. */
export interface Party {
  readonly mapping: Mapping;
  storeFence(): void;
  fullFence(): void;
  /** Something may happen here; used between plain stores, which simulated memory does not see. */
  pass(): void;
}

/** One operation of a program, in a round; rounds count from 1. */
export type Operation = (round: number) => void;

/**
 * A litmus test: what each participant does in a round, and which outcomes the memory model allows. Rounds do not reset
 * anything: values grow with the round. A round begins when all participants have finished the one before.
 */
export interface Litmus {
  readonly name: string;
  readonly parties: number;
  /** Of the shared memory, in bytes. */
  readonly size: number;
  /** How many results a round has. */
  readonly registers: number;
  /** The operations of a participant, in order; they leave their results in the registers. */
  program(party: Party, index: number, registers: Int32Array): readonly Operation[];
  /** What the registers say after a round. */
  outcome(round: number, registers: Int32Array): string;
  /** Outcomes that R1 to R9 allow, each with the reason. */
  readonly allowed: Readonly<Record<string, string>>;
  /** Outcomes that they forbid, each with what it would mean. */
  readonly forbidden: Readonly<Record<string, string>>;
  /** Steps without which a forbidden outcome appears on simulated memory, and which. */
  readonly needs: Readonly<Record<string, string>>;
}

/** A value as a reader found it, in a round whose writer stores `round`: before this round it was `round - 1`. */
export function age(value: number, round: number): "new" | "old" | "stale" {
  if (value === round) return "new";
  return value === round - 1 ? "old" : "stale";
}
