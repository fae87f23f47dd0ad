import { realpath, stat, statfs } from "node:fs/promises";
import { FamfsError } from "../errors.js";
import { type CoherenceOptions, settleCoherence } from "../memory/coherence.js";
import { fileError } from "../memory/system-errors.js";
import { pageSize } from "../native/binding.js";
import type { Backend } from "./backend.js";
import { DirectoryBackend } from "./directory.js";

/** statfs(2) f_type values, from linux/magic.h. */
const TMPFS_MAGIC = 0x01021994;
const FILE_SYSTEMS = new Map([
  [0xef53, "ext4"],
  [0x58465342, "XFS"],
  [0x9123683e, "Btrfs"],
  [0x794c7630, "overlayfs"],
  [0x6969, "NFS"],
  [0x65735546, "FUSE"],
  [0x87b282ff, "famfs"],
  [0x87b282fe, "famfs"],
  [0x858458f6, "ramfs"],
  [0x958458f6, "hugetlbfs"],
  [0x01021997, "9p"],
]);

/** What the caller of an opening function asked for. */
export interface Wanted extends CoherenceOptions {
  readonly allowPageCache?: boolean | undefined;
}

/**
 * Finds out what kind of instance a path is.
 * @throws {FamfsError} ERR_FAMFS_NOT_FOUND, ERR_FAMFS_PERMISSION, ERR_FAMFS_NOT_A_DIRECTORY,
 * ERR_FAMFS_UNSUPPORTED_FILESYSTEM, what {@link settleCoherence} throws, and the errors of loading the addon
 */
export async function recognise(path: string, wanted: Wanted): Promise<Backend> {
  return recogniseDirectory(path, wanted);
}

/**
 * The same for what is a directory, on tmpfs or allowed.
 * @throws {FamfsError} as {@link recognise}
 */
export async function recogniseDirectory(path: string, wanted: Wanted): Promise<DirectoryBackend> {
  // Before anything else, so that a system without the addon is named as such, not as a missing directory.
  const mapAlignment = pageSize();
  try {
    const real = await realpath(path);
    const status = await stat(real);
    if (!status.isDirectory()) {
      throw new FamfsError(
        "ERR_FAMFS_NOT_A_DIRECTORY",
        `${path} is a file; an instance is the directory that holds the files`,
        { path },
      );
    }
    const { type } = await statfs(real);
    const kind = type === TMPFS_MAGIC ? "tmpfs" : "page-cache";
    if (kind === "page-cache" && !wanted.allowPageCache) throw unsupported(path, type);
    const traits = { kind, mapAlignment, ...settleCoherence(wanted, "coherent") } as const;
    return new DirectoryBackend(real, status.dev, traits);
  } catch (error) {
    throw error instanceof FamfsError ? error : fileError(error, path);
  }
}

function unsupported(path: string, type: number): FamfsError {
  const name = FILE_SYSTEMS.get(type) ?? `a file system of type 0x${type.toString(16)}`;
  return new FamfsError(
    "ERR_FAMFS_UNSUPPORTED_FILESYSTEM",
    `${path} is on ${name}, expected tmpfs (such as /dev/shm): elsewhere a mapping goes through the page cache and is written back to disk. Pass { fallback: "tmpfs" } to use a private tmpfs directory instead, or { allowPageCache: true } to accept it`,
    { path },
  );
}
