import type { NativeCacheSupport, NativeTreatment } from "../../types/native.js";
import { FamfsError } from "../errors.js";
import { integer, oneOf } from "../guards.js";
import { native } from "../native/binding.js";
import type { InstanceKind } from "./kind.js";

/**
 * How the hosts that share a file see each other's stores; docs/memory-model.md. `"coherent"`: as threads of one
 * process do. `"incoherent"`: not before the writer's host wrote a line back and the reader's dropped its copy.
 * `"simulated"`: incoherent hosts on one machine, for tests.
 */
export type Coherence = "coherent" | "incoherent" | "simulated";

/** All modes. */
export const COHERENCES = ["coherent", "incoherent", "simulated"] as const;

/** Participants are configured, not counted: no host index is larger than this. */
const MAX_HOST = 65_535;

/** src-native/simulated_layout.h */
const MAX_SIMULATED_HOST = 255;

/** What an instance settles for all of its files. */
export interface MemoryTraits {
  readonly kind: InstanceKind;
  /** Offsets of mappings are multiples of this, in bytes. */
  readonly mapAlignment: number;
  readonly coherence: Coherence;
  /** The simulated host; undefined in other modes. */
  readonly host: number | undefined;
  /** What a simulation was asked for, where its maker said so; see simulated.ts. */
  readonly simulation?: SimulationSettings | undefined;
}

/** What the maker of a simulation may choose. */
export interface SimulationSettings {
  readonly seed: number;
  /** Whether a thread moves lines too. */
  readonly background: boolean;
}

/** What the caller said of the mode: options as given, not checked. */
export interface CoherenceOptions {
  coherence?: Coherence | undefined;
  host?: number | undefined;
}

/**
 * Settles the mode of an instance: the option, else FAMFS_COHERENCE, else the default; and its simulated host: the
 * option, else FAMFS_HOST.
 * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_HOST_REQUIRED, ERR_FAMFS_WRITEBACK,
 * ERR_FAMFS_LINE_SIZE
 */
export function settleCoherence(
  given: CoherenceOptions,
  byDefault: Coherence,
): Pick<MemoryTraits, "coherence" | "host"> {
  const { FAMFS_COHERENCE, FAMFS_HOST } = process.env;
  const coherence =
    given.coherence === undefined && FAMFS_COHERENCE
      ? oneOf("FAMFS_COHERENCE", FAMFS_COHERENCE, COHERENCES)
      : oneOf("coherence", given.coherence ?? byDefault, COHERENCES);
  const fromEnvironment = given.host === undefined && FAMFS_HOST ? Number(FAMFS_HOST) : undefined;
  const host =
    fromEnvironment === undefined
      ? given.host === undefined
        ? undefined
        : integer("host", given.host, 0, MAX_HOST)
      : integer("FAMFS_HOST", fromEnvironment, 0, MAX_HOST);
  if (coherence === "incoherent") checkCacheSupport(native().cacheSupport());
  if (coherence !== "simulated") return { coherence, host: undefined };
  if (host !== undefined) return { coherence, host: integer("host", host, 0, MAX_SIMULATED_HOST) };
  throw new FamfsError(
    "ERR_FAMFS_HOST_REQUIRED",
    `coherence "simulated" needs the number of the simulated host; pass { host: 0 }, or set FAMFS_HOST`,
  );
}

/** Lines of different writers lie this far apart (R1, F8). */
export const WRITER_SPACING = 128;

/**
 * Refuses incoherent memory where the CPU cannot do it.
 * @throws {FamfsError} ERR_FAMFS_WRITEBACK, ERR_FAMFS_LINE_SIZE
 */
export function checkCacheSupport({ available, forced, writeBack, lineSize }: NativeCacheSupport): void {
  if (available.length === 0) {
    throw new FamfsError(
      "ERR_FAMFS_WRITEBACK",
      `incoherent memory needs an instruction that writes a cache line back, this CPU has none; use coherence "coherent", which is right for one host`,
    );
  }
  if (writeBack === null) {
    throw new FamfsError(
      "ERR_FAMFS_WRITEBACK",
      `FAMFS_WRITEBACK is ${JSON.stringify(forced)}, this CPU has ${available.join(", ")}; name one of these, or unset it`,
    );
  }
  if (lineSize < 1 || lineSize > WRITER_SPACING) {
    throw new FamfsError(
      "ERR_FAMFS_LINE_SIZE",
      `incoherent memory needs cache lines of at most ${WRITER_SPACING} bytes, this CPU's have ${lineSize}: writers' lines lie ${WRITER_SPACING} bytes apart and would share one; use another host, or coherence "coherent" on one host`,
    );
  }
}

const siteNumbers = new Map<string, number>();

/** The addon's number for a site's name. Only simulated memory looks at sites, so elsewhere it is 0. */
export function siteNumber(coherence: Coherence, site: string): number {
  if (coherence !== "simulated") return 0;
  let number = siteNumbers.get(site);
  if (number === undefined) {
    number = native().siteNumber(site);
    siteNumbers.set(site, number);
  }
  return number;
}

/** How the addon is to treat a mapping of this mode (src-native/memory.h has the numbers); see {@link NativeTreatment}. */
export function treatment(coherence: Coherence, site: string, wide = false): NativeTreatment {
  const mode = coherence === "coherent" ? 0 : coherence === "incoherent" ? 1 : 2;
  return siteNumber(coherence, site) * 8 + mode * 2 + (wide ? 1 : 0);
}

/**
 * Orders this thread's stores and write-backs: those before it reach memory before those after it. It says nothing
 * about loads; {@link fullFence} does.
 * @param site the name under which simulated memory can leave it out
 */
export function storeFence(site = ""): void {
  native().storeFence(siteNumber("simulated", site));
}

/**
 * Orders all of this thread's loads, stores, write-backs and invalidates: what comes after it happens after what comes
 * before it.
 * @param site the name under which simulated memory can leave it out
 */
export function fullFence(site = ""): void {
  native().fullFence(siteNumber("simulated", site));
}
