import { simulateHosts, stepsSeen } from "famfs/testing";

/** How many of each an operation needs: calls, of which each covers a range of lines. */
export interface StepCounts {
  writeBacks: number;
  invalidates: number;
  storeFences: number;
  fullFences: number;
}

const KINDS: readonly [keyof StepCounts, RegExp][] = [
  ["storeFences", /^(publish\.payload-fence|begin\.fence|store-fence)$/],
  ["fullFences", /fence/],
  ["writeBacks", /^(publish\.payload|publish\.word|begin\.word|write-back)$/],
  ["invalidates", /^(observe\.word|fetch\.payload|again\.word|invalidate)$/],
];

/** Counts the steps of an operation on simulated memory, but those of heartbeats. The operation must be synchronous. */
export async function countSteps(operation: () => void): Promise<StepCounts> {
  const counts: StepCounts = { writeBacks: 0, invalidates: 0, storeFences: 0, fullFences: 0 };
  const note = () => {
    for (const name of stepsSeen()) {
      if (name.startsWith("segment.heartbeat/")) continue;
      const step = name.slice(name.lastIndexOf("/") + 1);
      const kind = KINDS.find(([, pattern]) => pattern.test(step))?.[0];
      if (kind === undefined) throw new Error(`the step ${name} is of no known kind`);
      counts[kind]++;
    }
  };
  await using moments = await simulateHosts(1, { size: 4096, seed: 1, background: false });
  stepsSeen();
  moments.interleave(note);
  operation();
  note();
  return counts;
}
