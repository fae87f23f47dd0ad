import { join } from "node:path";
import type { ReplayCounts } from "../create-options.js";
import { runFamfs } from "./cli.js";
import { CreationLock } from "./creation-lock.js";
import type { FamfsMount } from "./mount.js";
import { isHere } from "./preconditions.js";
import { sparesLog } from "./role.js";

/** In milliseconds: it looks at every file there is. */
const TIMEOUT = 120_000;

/** Plays the log of a famfs on this host. @throws {FamfsError} as {@link Instance.replay} says */
export async function replay(mount: FamfsMount, signal: AbortSignal | undefined): Promise<ReplayCounts> {
  const lock = await CreationLock.open(mount);
  try {
    return await lock.whileAlone(signal, () => play(mount, lock, signal));
  } finally {
    lock.close();
  }
}

async function play(mount: FamfsMount, lock: CreationLock, signal: AbortSignal | undefined): Promise<ReplayCounts> {
  const { root } = mount;
  const args = ["logplay", "--", root];
  const result = await runFamfs(mount, args, { path: root, timeout: TIMEOUT, signal, keep: lock.descriptor });
  const line = /famfs_logplay\(\w+\): (\d+) log entries; (\d+) new files; (\d+) new directories/.exec(result.stdout);
  if (line === null) throw result.unfulfilled("it did not say what it found in the log");
  const [entries = 0, newFiles = 0, newFolders = 0] = line.slice(1).map(Number);
  return { entries, newFiles, newFolders };
}

/**
 * Does what there is to do so that a file can be opened here: plays the log where that has it and this host does not, and
 * waits until whoever is making it on this host has filled it. Where there is no such file yet it does nothing.
 * @throws {FamfsError} as {@link replay}, and what reading the log throws
 */
export async function bring(mount: FamfsMount, name: string, signal: AbortSignal | undefined): Promise<void> {
  const path = join(mount.root, name);
  // Where the log is spared a file is there before it is in the log, and never goes.
  if (sparesLog(mount) && !(await isHere(path))) return;
  const lock = await CreationLock.open(mount);
  try {
    if (!(await isHere(path))) {
      await mount.log.refresh();
      if (!mount.log.files.has(name)) return;
      await lock.whileAlone(signal, async () => {
        if (!(await isHere(path))) await play(mount, lock, signal);
      });
    }
    await lock.untilFree(name, mount.log.files.get(name)?.size ?? 0, signal);
  } finally {
    lock.close();
  }
}
