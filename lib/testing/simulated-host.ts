import type { NativeTreatment } from "../../types/native.js";
import { FamfsError } from "../errors.js";
import { integer } from "../guards.js";
import { openHandleRegion } from "../instance/open-handle.js";
import { treatment } from "../memory/coherence.js";
import type { MappingHandle } from "../memory/handle.js";
import type { Mapping } from "../memory/mapping.js";
import type { Region } from "../memory/region.js";
import { explain, markShown, type RuleReport } from "../memory/simulated.js";
import { native } from "../native/binding.js";

/**
 * One simulated host, as one process or worker of it sees the shared memory. Made by {@link simulateHosts} and
 * {@link joinSimulation}.
 */
export class SimulatedHost {
  /** Its number, from 0. */
  readonly index: number;
  /** Its private copy of the shared memory: what its processes see, and nobody else. */
  readonly mapping: Mapping;
  readonly #region: Region;
  readonly #treatment: NativeTreatment;

  /** @internal */
  constructor(region: Region, mapping: Mapping) {
    this.index = region.traits.host ?? 0;
    this.mapping = mapping;
    this.#region = region;
    this.#treatment = treatment("simulated", "");
  }

  /** What the run can be repeated from. @throws {FamfsError} ERR_FAMFS_CLOSED */
  get seed(): number {
    return this.#state().seed;
  }

  /** Breaches of R1 and F7 that were found so far, by any process. @throws {FamfsError} ERR_FAMFS_CLOSED */
  get reports(): readonly RuleReport[] {
    const { reports } = this.#state();
    markShown(this.#region.path, reports.length);
    return reports;
  }

  /**
   * Passes where no rule was broken.
   * @throws {FamfsError} ERR_FAMFS_RULE_BROKEN, its message with a sentence for each report; ERR_FAMFS_CLOSED
   */
  check(): void {
    const { reports, seed } = { reports: this.reports, seed: this.seed };
    if (reports.length === 0) return;
    const sentences = reports.map((report) => explain(this.#region.path, report));
    throw new FamfsError("ERR_FAMFS_RULE_BROKEN", `seed ${seed}: ${sentences.join("; ")}`);
  }

  /** {@link storeFence} of this host alone, where one thread plays several. @throws {FamfsError} ERR_FAMFS_CLOSED */
  storeFence(site = ""): void {
    this.#region.check();
    native().fenceHost(this.#region.slot, treatment("simulated", site), false);
  }

  /** {@link fullFence} of this host alone, where one thread plays several. @throws {FamfsError} ERR_FAMFS_CLOSED */
  fullFence(site = ""): void {
    this.#region.check();
    native().fenceHost(this.#region.slot, treatment("simulated", site), true);
  }

  /**
   * Lets time pass: lines of any host are evicted, fetched and dropped, as between any two calls. Put it between plain
   * stores that simulated memory does not see, where no background thread does it.
   * @param moments how often
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_CLOSED
   */
  pass(moments = 1): void {
    integer("moments", moments, 0);
    this.#region.check();
    native().passMoments(this.#region.slot, this.#treatment, moments);
  }

  /** For {@link joinSimulation} in another worker or process. @throws {FamfsError} ERR_FAMFS_CLOSED */
  handle(): MappingHandle {
    return this.mapping.handle();
  }

  /** Closes its mapping; warns of reports that nobody has looked at. */
  close(): void {
    this.mapping.close();
  }

  #state() {
    this.#region.check();
    return native().simulationOf(this.#region.slot);
  }
}

/**
 * Opens a simulated host in a worker or another process. It is the same host: it shares the private copy.
 * @param handle from {@link SimulatedHost.handle}, or from a mapping with `coherence: "simulated"`
 * @throws {FamfsError} as {@link openHandle}; ERR_FAMFS_OUT_OF_RANGE for a handle that is not of simulated memory
 */
export async function joinSimulation(handle: MappingHandle): Promise<SimulatedHost> {
  const { region, mapping } = await openHandleRegion(handle);
  if (region.traits.coherence === "simulated") return new SimulatedHost(region, mapping);
  mapping.close();
  throw new FamfsError(
    "ERR_FAMFS_OUT_OF_RANGE",
    `handle must be of simulated memory, found coherence "${region.traits.coherence}"`,
  );
}
