import { readFileSync, readlinkSync, rmSync } from "node:fs";
import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { options } from "../guards.js";
import type { CoherenceOptions } from "../memory/coherence.js";
import { fileError } from "../memory/system-errors.js";
import { DirectoryBackend } from "./directory.js";
import { Instance } from "./instance.js";
import { systemPath } from "./names.js";
import { recogniseDirectory } from "./recognise.js";

/** Options of {@link createTmpfsInstance}. */
export interface TmpfsInstanceOptions {
  /** The tmpfs directory to make the instance in. Default `/dev/shm`. */
  directory?: string | undefined;
}

/** Private instances that are open in this environment. */
const live = new Set<string>();
let removesAtExit = false;

/**
 * Makes a private instance: a new directory on tmpfs, mode 0700. It is removed when the instance is closed or the
 * process exits; what a killed process (or, once its process has ended, a terminated worker) left is removed by the
 * next call of the same user. Processes that have its files mapped are not disturbed.
 * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_INVALID_NAME, ERR_FAMFS_NOT_FOUND,
 * ERR_FAMFS_NOT_A_DIRECTORY, ERR_FAMFS_UNSUPPORTED_FILESYSTEM, ERR_FAMFS_PERMISSION, ERR_FAMFS_NO_SPACE
 */
export async function createTmpfsInstance(callerOptions?: TmpfsInstanceOptions): Promise<Instance> {
  const { directory = "/dev/shm" } = options("createTmpfsInstance", callerOptions, ["directory"]);
  systemPath("directory", directory);
  return makePrivateInstance(directory, { coherence: "coherent" });
}

/** {@link createTmpfsInstance} in any mode; `wanted` is as the caller gave it. */
export async function makePrivateInstance(directory: string, wanted: CoherenceOptions): Promise<Instance> {
  const { path: parent, device, traits } = await recogniseDirectory(directory, wanted);
  await removeLeftOvers(parent);
  const path = await mkdtemp(join(parent, prefixOf(process.pid))).catch((error: unknown) => {
    throw fileError(error, parent);
  });
  removeAtExit(path);
  return new Instance(new DirectoryBackend(path, device, traits), async () => {
    await rm(path, { recursive: true, force: true });
    live.delete(path);
  });
}

function removeAtExit(path: string): void {
  live.add(path);
  if (removesAtExit) return;
  removesAtExit = true;
  process.on("exit", () => {
    for (const left of live) rmSync(left, { recursive: true, force: true });
  });
}

/**
 * The name tells who made it: boot, pid namespace, pid and start time of the process. A pid alone could be another
 * process by now, and in another namespace (a container that shares /dev/shm) it means nothing.
 */
function prefixOf(pid: number): string {
  return `${namespacePrefix()}${pid}-${startTime(pid)}-`;
}

function namespacePrefix(): string {
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8);
  const namespace = readlinkSync("/proc/self/ns/pid").replace(/\D/g, "");
  return `famfs-${boot}-${namespace}-`;
}

/** In clock ticks since boot; undefined where there is no such process. */
function startTime(pid: number): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Field 22; the second is a name in parentheses that may contain anything.
    return status.slice(status.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

async function removeLeftOvers(parent: string): Promise<void> {
  const mine = namespacePrefix();
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((candidate) => candidate.startsWith(mine))) {
    const [pid, start] = name.slice(mine.length).split("-");
    if (pid === undefined || start === undefined || startTime(Number(pid)) === start) continue;
    const path = join(parent, name);
    const status = await lstat(path).catch(() => undefined);
    // Others may write here too: only a directory of our own user is what we take it for.
    if (!status?.isDirectory() || status.uid !== process.getuid?.()) continue;
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}
