import { FamfsError } from "../errors.js";
import { boolean, oneOf, options } from "../guards.js";
import { chooseFaultGuard } from "../memory/failure.js";
import { Instance } from "./instance.js";
import { systemPath } from "./names.js";
import { recognise } from "./recognise.js";
import { createTmpfsInstance } from "./tmpfs.js";

/** Options of {@link openInstance}. */
export interface OpenInstanceOptions {
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
 * ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_FAULT_GUARD_DECIDED, ERR_FAMFS_UNSUPPORTED_PLATFORM and
 * the other errors of loading the addon (docs/errors.md)
 */
export async function openInstance(path?: string, callerOptions?: OpenInstanceOptions): Promise<Instance> {
  const known = ["fallback", "allowPageCache", "faultGuard"] as const;
  const { fallback, allowPageCache = false, faultGuard } = options("openInstance", callerOptions, known);
  if (path !== undefined) systemPath("path", path);
  if (fallback !== undefined) oneOf("fallback", fallback, ["tmpfs"]);
  boolean("allowPageCache", allowPageCache);
  if (faultGuard !== undefined) chooseFaultGuard(boolean("faultGuard", faultGuard));
  try {
    if (!path)
      throw new FamfsError(
        "ERR_FAMFS_NO_PATH",
        `openInstance needs a path, found none; pass a directory on tmpfs, or { fallback: "tmpfs" } for a private one`,
      );
    return new Instance(await recognise(path, allowPageCache));
  } catch (error) {
    const noInstance = error instanceof FamfsError && NO_INSTANCE.includes(error.code);
    if (fallback === undefined || !noInstance) throw error;
    return createTmpfsInstance();
  }
}
