import { setTimeout as sleep } from "node:timers/promises";
import { FamfsError } from "../errors.js";
import type { OpenFile } from "../memory/open-file.js";
import { fileError } from "../memory/system-errors.js";
import { native } from "../native/binding.js";

/*
 * Locks on single bytes of the segment's file, by which the kernel of a host says who is there: they belong to one open
 * of the file and end with it, also when its process is killed, and across pid namespaces.
 */

/** False where another open of the file has the byte. */
export function tryLock(file: OpenFile, offset: number): boolean {
  return asked(file, () => native().lockRange(file.native, offset, 1, false));
}

export function unlock(file: OpenFile, offset: number): void {
  asked(file, () => native().unlockRange(file.native, offset, 1));
}

/** Whether another open of the file has the byte. */
export function isLocked(file: OpenFile, offset: number): boolean {
  return asked(file, () => native().rangeHeld(file.native, offset, 1));
}

function asked<T>(file: OpenFile, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw fileError(error, file.path);
  }
}

/** How often a byte that is locked is tried again, in milliseconds. */
const PAUSE = 5;

/**
 * Runs `action` while no other process of this node runs one for the same byte.
 * @param patience in milliseconds
 * @throws {FamfsError} ERR_FAMFS_TIMEOUT
 */
export async function exclusively<T>(
  file: OpenFile,
  offset: number,
  patience: number,
  action: () => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + patience;
  while (!tryLock(file, offset)) {
    if (performance.now() >= deadline) {
      throw new FamfsError(
        "ERR_FAMFS_TIMEOUT",
        `another process of this host was joining ${file.path} for ${patience} ms; look whether it is stopped`,
        { path: file.path },
      );
    }
    await sleep(PAUSE);
  }
  try {
    return await action();
  } finally {
    unlock(file, offset);
  }
}
