import { FamfsError } from "../errors.js";
import { boolean, oneOf, options } from "../guards.js";
import type { Coherence, CoherenceOptions } from "../memory/coherence.js";
import { chooseFaultGuard } from "../memory/failure.js";
import { Instance } from "./instance.js";
import { systemPath } from "./names.js";
import { recognise } from "./recognise.js";
import { makePrivateInstance } from "./tmpfs.js";

/** Options of {@link openInstance}. */
export interface OpenInstanceOptions extends CoherenceOptions {
  /**
   * How the hosts that share the files see each other's stores. Default: FAMFS_COHERENCE, else what the kind of
   * instance is used as: `"coherent"` on tmpfs. docs/memory-model.md says how to choose.
   */
  coherence?: Coherence | undefined;
  /** The simulated host, from 0, with `coherence: "simulated"`. Default: FAMFS_HOST. */
  host?: number | undefined;
  /** Where `path` is undefined, missing or no instance: make a private one on tmpfs instead. */
  fallback?: "tmpfs" | undefined;
  /** Accept a directory of any file system, although its mappings go through the page cache to disk. */
  allowPageCache?: boolean | undefined;
  /**
   * Whether memory faults are contained (the default) or, as without this library, end the process. Decided once a
   * process, by its first openInstance() or mapping.
   */
  faultGuard?: boolean | undefined;
}

/** The reasons that a fallback answers. */
const NO_INSTANCE: readonly string[] = [
  "ERR_FAMFS_NO_PATH",
  "ERR_FAMFS_NOT_FOUND",
  "ERR_FAMFS_UNSUPPORTED_FILESYSTEM",
  "ERR_FAMFS_NOT_A_DIRECTORY",
];

/**
 * Opens an instance: a directory on tmpfs.
 * @param path the directory; undefined and empty mean none, so that an environment variable can be passed as it is
 * @returns an instance whose `kind` says what was found
 * @throws {FamfsError} ERR_FAMFS_NO_PATH, ERR_FAMFS_NOT_FOUND, ERR_FAMFS_NOT_A_DIRECTORY,
 * ERR_FAMFS_UNSUPPORTED_FILESYSTEM, ERR_FAMFS_PERMISSION, ERR_FAMFS_INVALID_NAME, ERR_FAMFS_INVALID_TYPE,
 * ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_HOST_REQUIRED, ERR_FAMFS_WRITEBACK, ERR_FAMFS_LINE_SIZE,
 * ERR_FAMFS_FAULT_GUARD_DECIDED, ERR_FAMFS_UNSUPPORTED_PLATFORM and the other errors of loading the addon
 * (docs/errors.md)
 */
export async function openInstance(path?: string, callerOptions?: OpenInstanceOptions): Promise<Instance> {
  const known = ["coherence", "host", "fallback", "allowPageCache", "faultGuard"] as const;
  const { fallback, faultGuard, ...wanted } = options("openInstance", callerOptions, known);
  if (path !== undefined) systemPath("path", path);
  if (fallback !== undefined) oneOf("fallback", fallback, ["tmpfs"]);
  if (wanted.allowPageCache !== undefined) boolean("allowPageCache", wanted.allowPageCache);
  chooseFaultGuard(faultGuard === undefined ? undefined : boolean("faultGuard", faultGuard));
  try {
    if (!path)
      throw new FamfsError(
        "ERR_FAMFS_NO_PATH",
        `openInstance needs a path, found none; pass a directory on tmpfs, or { fallback: "tmpfs" } for a private one`,
      );
    return new Instance(await recognise(path, wanted));
  } catch (error) {
    const noInstance = error instanceof FamfsError && NO_INSTANCE.includes(error.code);
    if (fallback === undefined || !noInstance) throw error;
    return makePrivateInstance("/dev/shm", wanted);
  }
}
