import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { FamfsError } from "../errors.js";
import { fileError } from "../memory/system-errors.js";
import { systemFailure } from "../native/binding.js";
import type { SettledFolder } from "./create-options.js";
import { leadsOutside } from "./inside.js";

/**
 * Makes a folder of an ordinary file system.
 * @param device the device number of the instance, in which it must lie
 */
export async function makeFolder(path: string, device: number, { recursive, mode }: SettledFolder): Promise<void> {
  await checkInside(dirname(path), device);
  await mkdir(path, { recursive, mode }).catch((error: unknown) => {
    throw systemFailure(error)?.name === "EEXIST" ? folderExists(path) : fileError(error, path);
  });
}

/** Looks at the nearest folder above that exists; the root at the latest. */
async function checkInside(folder: string, device: number): Promise<void> {
  const status = await stat(folder).catch((error: unknown) => {
    if (systemFailure(error)?.name === "ENOENT") return undefined;
    throw fileError(error, folder);
  });
  if (status === undefined) return checkInside(dirname(folder), device);
  if (status.dev !== device) throw leadsOutside(folder);
}

/** The error where the name of a folder to be made is taken. */
export function folderExists(path: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_EXISTS",
    `${path} exists already; { recursive: true } accepts a folder, but nothing else`,
    { path },
  );
}
