import { type Coherence, type Mapping, openInstance } from "famfs";
import { onTestFinished } from "vitest";

/** The modes of real memory; each test of a protocol runs on both. */
export const REAL_MODES = ["coherent", "incoherent"] as const;

/** Those, and simulated memory. */
export const MODES = [...REAL_MODES, "simulated"] as const;

/** A fresh mapping of a private instance in this mode; it goes when the test ends. */
export async function mappingIn(coherence: Coherence, size = 65_536): Promise<Mapping> {
  const instance = await openInstance(undefined, { fallback: "tmpfs", coherence });
  onTestFinished(() => instance.close());
  return (await instance.create("memory", { size })).map();
}
