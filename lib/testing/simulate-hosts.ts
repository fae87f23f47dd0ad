import { join } from "node:path";
import { boolean, integer, options } from "../guards.js";
import type { Instance } from "../instance/instance.js";
import { makePrivateInstance } from "../instance/tmpfs.js";
import type { SimulationSettings } from "../memory/coherence.js";
import { Mapping } from "../memory/mapping.js";
import { OpenFile } from "../memory/open-file.js";
import { Region } from "../memory/region.js";
import { announceSeed, chooseSeed, MAX_SEED, type RuleReport } from "../memory/simulated.js";
import { native, pageSize } from "../native/binding.js";
import { SimulatedHost } from "./simulated-host.js";

/** Options of {@link simulateHosts}. */
export interface SimulateHostsOptions {
  /** Of the shared memory, in bytes, at least 1. Each host takes about twice as much again. */
  size: number;
  /** What all random moments are drawn from, from 0. Default: FAMFS_SIMULATION_SEED, else by chance; then it is printed. */
  seed?: number | undefined;
  /**
   * Whether a thread moves lines as well, also between plain loads and stores. Default true. `false` makes a run of a
   * single thread the same every time with the same seed.
   */
  background?: boolean | undefined;
}

/** More would only cost memory: the rules are about two. */
const MAX_HOSTS = 256;

/**
 * Makes shared memory of simulated hosts whose caches know nothing of each other, to test a protocol on it; see
 * docs/simulated-memory.md.
 * @param count how many hosts, from 1 to 256
 * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_NO_SPACE,
 * ERR_FAMFS_SIMULATION, and what {@link createTmpfsInstance} throws
 */
export async function simulateHosts(count: number, callerOptions: SimulateHostsOptions): Promise<Simulation> {
  integer("count", count, 1, MAX_HOSTS);
  const given = options("simulateHosts", callerOptions, ["size", "seed", "background"]);
  const size = integer("size", given.size, 1);
  const seed = given.seed === undefined ? chooseSeed() : integer("seed", given.seed, 0, MAX_SEED);
  const background = boolean("background", given.background ?? true);
  const instance = await makePrivateInstance("/dev/shm", { coherence: "coherent" });
  try {
    const name = "memory";
    (await instance.create(name, { size })).close();
    if (given.seed === undefined) announceSeed(seed);
    const hosts: SimulatedHost[] = [];
    for (let host = 0; host < count; host++)
      hosts.push(await openHost(join(instance.path, name), host, { seed, background }));
    return new Simulation(seed, hosts, instance);
  } catch (error) {
    await instance.close();
    throw error;
  }
}

async function openHost(path: string, host: number, simulation: SimulationSettings): Promise<SimulatedHost> {
  const traits = {
    kind: "tmpfs" as const,
    mapAlignment: pageSize(),
    coherence: "simulated" as const,
    host,
    simulation,
  };
  const file = await OpenFile.open(path, "read-write", traits);
  try {
    const region = new Region(file, 0, file.size);
    return new SimulatedHost(region, new Mapping(region, 0, file.size));
  } finally {
    file.close();
  }
}

/** Shared memory of simulated hosts. Made by {@link simulateHosts}. */
export class Simulation {
  /** What the run can be repeated from. */
  readonly seed: number;
  /** All hosts, each with its own mapping. */
  readonly hosts: readonly [SimulatedHost, ...SimulatedHost[]];
  readonly #instance: Instance;

  /** @internal */
  constructor(seed: number, hosts: SimulatedHost[], instance: Instance) {
    this.seed = seed;
    this.hosts = hosts as [SimulatedHost, ...SimulatedHost[]];
    this.#instance = instance;
  }

  /** Breaches of R1 and F7 that were found so far, by any process. @throws {FamfsError} ERR_FAMFS_CLOSED */
  get reports(): readonly RuleReport[] {
    return this.hosts[0].reports;
  }

  /** Passes where no rule was broken. @throws {FamfsError} ERR_FAMFS_RULE_BROKEN, ERR_FAMFS_CLOSED */
  check(): void {
    this.hosts[0].check();
  }

  /**
   * Calls `action` on this thread in the middle of each call on simulated memory: before each of its loads, stores,
   * write-backs, invalidates and fences. There it can let other hosts act, so that a single thread meets every
   * interleaving. Calls that `action` makes are not interrupted themselves. What it throws ends the call.
   * @param action undefined: nothing any more
   */
  interleave(action: (() => void) | undefined): void {
    native().interleave(action ?? null);
  }

  /** Closes all hosts and removes the memory; warns of reports that nobody has looked at. Closing twice does nothing. */
  async close(): Promise<void> {
    native().interleave(null);
    for (const host of this.hosts) host.close();
    await this.#instance.close();
  }

  /** {@link Simulation.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
