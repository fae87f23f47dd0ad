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

/** Runs both tasks in turns, so that a slower phase of the machine hits both. Figures are nanoseconds per item. */
export async function compare(ours: () => void, rival: () => void, items: number): Promise<Comparison> {
  for (let warm = performance.now(); performance.now() - warm < 150; ) {
    ours();
    rival();
  }
  const figures: { ours: number[]; rival: number[]; ratio: number[] } = { ours: [], rival: [], ratio: [] };
  for (let round = 0; round < 11; round++) {
    const first = round % 2 === 0;
    const a = await once(first ? ours : rival, 15);
    const b = await once(first ? rival : ours, 15);
    const [mine, theirs] = first ? [a, b] : [b, a];
    figures.ours.push((mine * 1e6) / items);
    figures.rival.push((theirs * 1e6) / items);
    figures.ratio.push(theirs / mine);
  }
  return { ours: spreadOf(figures.ours), rival: spreadOf(figures.rival), ratio: spreadOf(figures.ratio) };
}
