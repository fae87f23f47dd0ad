import type { Stats } from "node:fs";
import { realpath, stat, statfs } from "node:fs/promises";
import { resolve as absolute } from "node:path";
import { FamfsError } from "../errors.js";
import { settleCoherence } from "../memory/coherence.js";
import { fileError } from "../memory/system-errors.js";
import { pageSize } from "../native/binding.js";
import type { Backend } from "./backend.js";
import { openDevdax } from "./devdax.js";
import { DirectoryBackend } from "./directory.js";
import type { Wanted } from "./wanted.js";

/** statfs(2) f_type values, from linux/magic.h. */
const TMPFS_MAGIC = 0x01021994;
const MAY_BE_FAMFS = ["FUSE", "famfs"];
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
 * ERR_FAMFS_UNSUPPORTED_FILESYSTEM, what {@link openFamfs}, {@link openDevdax} and {@link settleCoherence} throw, and the
 * errors of loading the addon
 */
export async function recognise(path: string, wanted: Wanted): Promise<Backend> {
  try {
    return await recogniseAny(path, wanted);
  } catch (error) {
    const { explainAt } = await import("./famfs/recognise.js");
    throw await explainAt(absolute(path), error);
  }
}

async function recogniseAny(path: string, wanted: Wanted): Promise<Backend> {
  const found = await resolve(path);
  const { real, status } = found;
  if (status.isCharacterDevice()) return openDevdax(real, status.rdev, wanted);
  const type = status.isDirectory() ? (await statfs(real).catch(refusedAt(path))).type : undefined;
  // Of a file the kind of FUSE cannot tell its type.
  const famfs = type === undefined ? status.isFile() : MAY_BE_FAMFS.includes(FILE_SYSTEMS.get(type) ?? "");
  const backend = famfs ? await openFamfs(found, wanted) : undefined;
  if (backend !== undefined) return backend;
  if (type === undefined) throw notDirectory(path);
  return directory(found, type, wanted);
}

/** Programs that never meet famfs need not load what reads it: half of the library. */
async function openFamfs({ real, status }: Found, wanted: Wanted): Promise<Backend | undefined> {
  const { openFamfs: open } = await import("./famfs/open.js");
  return open(real, status.dev, wanted);
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
