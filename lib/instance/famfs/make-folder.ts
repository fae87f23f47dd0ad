import { dirname, join } from "node:path";
import { FamfsError } from "../../errors.js";
import type { SettledFolder } from "../create-options.js";
import { folderExists } from "../folder.js";
import { runFamfs } from "./cli.js";
import { ownerArguments } from "./creat.js";
import { CreationLock } from "./creation-lock.js";
import type { FamfsMount } from "./mount.js";
import { checkNewFolder } from "./names.js";
import { checkFolder, checkRoom, isHere, strayError } from "./preconditions.js";

/** In milliseconds. */
const TIMEOUT = 30_000;

/** Makes a folder of a famfs. @throws {FamfsError} as {@link Instance.mkdir} says */
export async function makeFolder(mount: FamfsMount, name: string, options: SettledFolder): Promise<void> {
  checkNewFolder(name);
  const lock = await CreationLock.open(mount);
  try {
    await lock.whileAlone(undefined, () => logFolder(mount, name, options, lock));
  } finally {
    lock.close();
  }
}

async function logFolder(
  mount: FamfsMount,
  name: string,
  { recursive, mode }: SettledFolder,
  lock: CreationLock,
): Promise<void> {
  const { log, root } = mount;
  const path = join(root, name);
  await log.refresh();
  if (log.folders.has(name) && recursive) return;
  if (log.folders.has(name) || log.files.has(name)) throw folderExists(path);
  if (await isHere(path)) throw strayError(mount, path);
  if (recursive) checkRoom(mount, missingFolders(mount, name));
  else checkFolder(mount, name);
  checkRoom(mount, 1);
  const args = ["mkdir", ...(recursive ? ["-p"] : []), ...ownerArguments(mode), "--", path];
  const result = await runFamfs(mount, args, { path, timeout: TIMEOUT, keep: lock.descriptor });
  await log.refresh();
  if (!log.folders.has(name)) {
    throw result.unfulfilled(`it said it was done, but the log of the famfs has no folder ${path}`);
  }
}

/** How many entries a folder takes with those above it. @throws {FamfsError} ERR_FAMFS_NOT_FOUND below a file */
function missingFolders({ log, root }: FamfsMount, name: string): number {
  let missing = 0;
  for (let folder = name; folder !== "."; folder = dirname(folder)) {
    if (log.folders.has(folder)) break;
    if (log.files.has(folder)) {
      const path = join(root, folder);
      throw new FamfsError("ERR_FAMFS_NOT_FOUND", `${path} is a file, so no folder can be below it`, { path });
    }
    missing++;
  }
  return missing;
}
