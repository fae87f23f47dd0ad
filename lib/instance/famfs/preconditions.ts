import { lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FamfsError } from "../../errors.js";
import { fileError } from "../../memory/system-errors.js";
import { systemFailure } from "../../native/binding.js";
import type { FamfsMount } from "./mount.js";

/**
 * Looks at what a name means: in the log, which counts, and on this host, where something else may have it.
 * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_FILE_DEAD
 */
export async function checkFree(mount: FamfsMount, name: string): Promise<void> {
  const { log, root } = mount;
  const path = join(root, name);
  if (log.files.has(name)) {
    const exists = `${path} exists already; open it, or pass ifExists: "open"`;
    throw new FamfsError("ERR_FAMFS_EXISTS", exists, { path });
  }
  if (log.folders.has(name)) throw new FamfsError("ERR_FAMFS_EXISTS", `${path} exists already, as a folder`, { path });
  if (await isHere(path)) throw strayError(mount, path);
}

/** Whether this host shows something under a path. */
export async function isHere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemFailure(error)?.name ?? "")) return false;
    throw fileError(error, path);
  }
}

/** The error for what this host shows and the log does not have. */
export function strayError({ kind, root }: FamfsMount, path: string): FamfsError {
  const cure = kind === "famfs" ? "remove it on this host (rm), or unmount" : "unmount";
  return new FamfsError(
    "ERR_FAMFS_FILE_DEAD",
    `${path} is on this host but not in the log of the famfs at ${root}: a famfs command was killed half-way, or a program made it with ordinary calls. Other hosts never see it, and its memory may be given to other files; ${cure} and mount again`,
    { path },
  );
}

/** @throws {FamfsError} ERR_FAMFS_NOT_FOUND where the log does not have the folder that a name is in */
export function checkFolder({ log, root }: FamfsMount, name: string): void {
  const folder = dirname(name);
  if (folder === "." || log.folders.has(folder)) return;
  throw new FamfsError(
    "ERR_FAMFS_NOT_FOUND",
    `${join(root, folder)} is no folder of this famfs; make it with instance.mkdir(${JSON.stringify(folder)}, { recursive: true })`,
    { path: join(root, folder) },
  );
}

/** @throws {FamfsError} ERR_FAMFS_LOG_FULL: the command would make the file on this host before it finds out */
export function checkRoom({ log, root }: FamfsMount, entries: number): void {
  if (log.used + entries <= log.capacity) return;
  throw new FamfsError(
    "ERR_FAMFS_LOG_FULL",
    `the log of the famfs at ${root} has room for ${log.capacity} entries, ${log.used} are used and never come free; put many structures into one file, or make the famfs anew with a longer log (mkfs.famfs --loglen)`,
    { path: root },
  );
}
