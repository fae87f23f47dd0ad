import type { Stats } from "node:fs";
import { realpath, stat, statfs } from "node:fs/promises";
import { resolve as absolute } from "node:path";
import { FamfsError } from "../errors.js";
import { type CoherenceOptions, settleCoherence } from "../memory/coherence.js";
import { fileError } from "../memory/system-errors.js";
import { pageSize } from "../native/binding.js";
import type { Backend } from "./backend.js";
import { openDevdax } from "./devdax.js";
import { DirectoryBackend } from "./directory.js";
import { FamfsBackend } from "./famfs/backend.js";
import { FamfsLog } from "./famfs/log.js";
import { explainAt, findFamfs, MAY_BE_FAMFS, type Suspected } from "./famfs/recognise.js";
import { settleDevice } from "./settle-device.js";

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
  /** What starts famfs's own command. */
  readonly cli?: readonly string[] | undefined;
  /** Whether a dax device is taken even where it seems to be a famfs. */
  readonly force?: boolean | undefined;
}

/** What a path leads to. */
interface Found {
  /** As the caller gave it. */
  readonly path: string;
  /** Absolute, without symbolic links. */
  readonly real: string;
  readonly status: Stats;
}

/**
 * Finds out what kind of instance a path is, or lies in.
 * @throws {FamfsError} ERR_FAMFS_NOT_FOUND, ERR_FAMFS_PERMISSION, ERR_FAMFS_NOT_A_DIRECTORY,
 * ERR_FAMFS_UNSUPPORTED_FILESYSTEM, what {@link findFamfs}, {@link openDevdax} and {@link settleCoherence} throw, and the
 * errors of loading the addon
 */
export async function recognise(path: string, wanted: Wanted): Promise<Backend> {
  try {
    return await recogniseAny(path, wanted);
  } catch (error) {
    throw await explainAt(absolute(path), error);
  }
}

async function recogniseAny(path: string, wanted: Wanted): Promise<Backend> {
  const found = await resolve(path);
  if (found.status.isCharacterDevice()) return openDevdax(found.real, found.status.rdev, wanted);
  if (found.status.isDirectory()) {
    const { type } = await statfs(found.real).catch(refusedAt(path));
    const famfs = MAY_BE_FAMFS.includes(type) ? await findFamfs(found.real, found.status.dev) : undefined;
    return famfs === undefined ? directory(found, type, wanted) : famfsBackend(famfs, wanted);
  }
  const famfs = found.status.isFile() ? await findFamfs(found.real, found.status.dev) : undefined;
  if (famfs === undefined) throw notDirectory(path);
  return famfsBackend(famfs, wanted);
}

/**
 * The same for what must be a directory, on tmpfs or allowed.
 * @throws {FamfsError} as {@link recognise}
 */
export async function recogniseDirectory(path: string, wanted: Wanted): Promise<DirectoryBackend> {
  const found = await resolve(path);
  if (!found.status.isDirectory()) throw notDirectory(path);
  const { type } = await statfs(found.real).catch(refusedAt(path));
  return directory(found, type, wanted);
}

async function resolve(path: string): Promise<Found> {
  // Before anything else, so that a system without the addon is named as such, not as a missing directory.
  pageSize();
  try {
    const real = await realpath(path);
    return { path, real, status: await stat(real) };
  } catch (error) {
    throw fileError(error, path);
  }
}

function refusedAt(path: string): (error: unknown) => never {
  return (error) => {
    throw fileError(error, path);
  };
}

function directory({ path, real, status }: Found, type: number, wanted: Wanted): DirectoryBackend {
  const kind = type === TMPFS_MAGIC ? "tmpfs" : "page-cache";
  if (kind === "page-cache" && !wanted.allowPageCache) throw unsupported(path, type);
  const traits = { kind, mapAlignment: pageSize(), ...settleCoherence(wanted, "coherent") } as const;
  return new DirectoryBackend(real, status.dev, traits);
}

function famfsBackend({ place, superblock }: Suspected, wanted: Wanted): FamfsBackend {
  const traits = { kind: place.kind, mapAlignment: pageSize(), ...settleDevice(place.root, wanted) };
  const log = new FamfsLog(place.root, superblock);
  return new FamfsBackend({ ...place, superblock, log, cli: wanted.cli ?? ["famfs"], traits });
}

function notDirectory(path: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_NOT_A_DIRECTORY",
    `${path} is a file; an instance is the directory that holds the files`,
    { path },
  );
}

function unsupported(path: string, type: number): FamfsError {
  const name = FILE_SYSTEMS.get(type) ?? `a file system of type 0x${type.toString(16)}`;
  return new FamfsError(
    "ERR_FAMFS_UNSUPPORTED_FILESYSTEM",
    `${path} is on ${name}, expected tmpfs (such as /dev/shm) or famfs: elsewhere a mapping goes through the page cache and is written back to disk. Pass { fallback: "tmpfs" } to use a private tmpfs directory instead, or { allowPageCache: true } to accept it`,
    { path },
  );
}
