import { readFileSync } from "node:fs";
import { type SimulateHostsOptions, type Simulation, simulateHosts } from "famfs/testing";
import { onTestFinished } from "vitest";

/** Simulated hosts for one test; they go when it ends, also when it fails. */
export async function simulated(
  count: number,
  { size = 4096, background = false, ...options }: Partial<SimulateHostsOptions> = {},
): Promise<Simulation> {
  const simulation = await simulateHosts(count, { size, background, ...options });
  onTestFinished(() => simulation.close());
  return simulation;
}

/** Whether this CPU moves a line of simulated memory at once (docs/simulated-memory.md). */
export const MOVES_WHOLE_LINES = /^flags\t.* avx512f /m.test(readFileSync("/proc/cpuinfo", "utf8"));

/** What the shared device holds, past all caches. */
export function device(simulation: Simulation): Int32Array {
  const { buffer, byteOffset, byteLength } = readFileSync(simulation.hosts[0].handle().path);
  return new Int32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

/** A host's words. */
export function words(simulation: Simulation, host: number): Int32Array {
  const { mapping } = simulation.hosts[host] ?? simulation.hosts[0];
  return mapping.view(Int32Array);
}

/** The seeds from 1 on for which something happened, of so many. */
export async function seedsWhere(count: number, happens: (seed: number) => Promise<boolean>): Promise<number> {
  let times = 0;
  for (let seed = 1; seed <= count; seed++) if (await happens(seed)) times++;
  return times;
}

/** Runs with this many seeds; each must be one of the outcomes, and each outcome must come. */
export async function outcomes(action: (simulation: Simulation) => string, seeds = 60): Promise<string[]> {
  const seen = new Set<string>();
  for (let seed = 1; seed <= seeds; seed++) {
    const simulation = await simulateHosts(2, { size: 4096, seed, background: false });
    seen.add(action(simulation));
    void simulation.reports;
    await simulation.close();
  }
  return [...seen].sort();
}
