import { Bench } from "tinybench";

/** The median of several rounds and the half distance between their quartiles. */
export interface Spread {
  readonly median: number;
  readonly spread: number;
}

/** Medians of two tasks and of their ratio, over all rounds. */
export interface Comparison {
  readonly ours: Spread;
  readonly rival: Spread;
  readonly ratio: Spread;
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.round(q * (sorted.length - 1))] as number;
}

/** Median and half the distance between the quartiles. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), spread: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2 };
}

async function once(task: () => void, time: number): Promise<number> {
  const bench = new Bench({ time, warmup: false });
  bench.add("task", task);
  await bench.run();
  const result = bench.tasks[0]?.result;
  if (result === undefined || !("latency" in result)) throw new Error("the task did not finish");
  return result.latency.p50;
}

/** Two tasks that do the same. */
export interface Pair {
  readonly ours: () => void;
  readonly rival: () => void;
}

const INSTANCES = 5;
const ROUNDS = 5;

/**
 * Runs both tasks in turns, so that a slower phase of the machine hits both, and makes them anew several times, as the
 * engine does not compile the same text the same way each time. Figures are nanoseconds per item.
 */
export async function compare(make: (instance: number) => Pair, items: number): Promise<Comparison> {
  const figures: { ours: number[]; rival: number[]; ratio: number[] } = { ours: [], rival: [], ratio: [] };
  for (let round = 0, pair = make(0); round < INSTANCES * ROUNDS; round++) {
    if (round % ROUNDS === 0) {
      pair = make(round / ROUNDS);
      warm(pair);
    }
    const first = round % 2 === 0;
    const a = await once(first ? pair.ours : pair.rival, 10);
    const b = await once(first ? pair.rival : pair.ours, 10);
    const [mine, theirs] = first ? [a, b] : [b, a];
    figures.ours.push((mine * 1e6) / items);
    figures.rival.push((theirs * 1e6) / items);
    figures.ratio.push(theirs / mine);
  }
  return { ours: spreadOf(figures.ours), rival: spreadOf(figures.rival), ratio: spreadOf(figures.ratio) };
}

function warm({ ours, rival }: Pair): void {
  for (const start = performance.now(); performance.now() - start < 100; ) {
    ours();
    rival();
  }
}
