import { FamfsError } from "../errors.js";
import { type CoherenceOptions, type MemoryTraits, settleCoherence } from "../memory/coherence.js";

/**
 * Settles the mode of an instance on a dax device, which other hosts may share: nothing tells whether their caches know
 * of each other, so unless somebody declares it they do not.
 * @throws {FamfsError} ERR_FAMFS_SIMULATION, and what {@link settleCoherence} throws
 */
export function settleDevice(path: string, given: CoherenceOptions): Pick<MemoryTraits, "coherence" | "host"> {
  const settled = settleCoherence(given, "incoherent");
  if (settled.coherence !== "simulated") return settled;
  throw new FamfsError(
    "ERR_FAMFS_SIMULATION",
    `simulated memory keeps copies beside its files, and ${path} is a dax device or lies on one, where there is no place for them; use a directory on tmpfs`,
    { path },
  );
}
