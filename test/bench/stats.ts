import type { Target } from "./targets.js";

/** The middle of some figures and the quartiles around it. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

function quantile(sorted: readonly number[], part: number): number {
  const at = part * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  const above = sorted[Math.ceil(at)] as number;
  return below + (above - below) * (at - Math.floor(at));
}

/** Median and quartiles. */
export function spreadOf(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

/** One round: ours, and the yardstick measured right after it. */
export interface Round {
  readonly ours: number;
  readonly yardstick?: number | undefined;
}

/** What a round says about the target: each round is compared by itself, so a slow phase of the machine hits both. */
export function compared({ ours, yardstick = 0 }: Round, { compare }: Target): number {
  if (compare === "speed") return yardstick / ours;
  return compare === "difference" ? ours - yardstick : ours;
}

/** `"near"`: the median misses, but by less than the spread. */
export type Verdict = "met" | "near" | "missed";

/** A median misses by more than its spread where the better quartile misses too. */
export function judge({ median, low, high }: Spread, { atMost = Infinity, atLeast = -Infinity }: Target): Verdict {
  if (median <= atMost && median >= atLeast) return "met";
  return low <= atMost && high >= atLeast ? "near" : "missed";
}
