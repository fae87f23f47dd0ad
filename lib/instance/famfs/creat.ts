import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FamfsError } from "../../errors.js";
import type { CreateRequest } from "../backend.js";
import { attemptFamfs, type CliResult, runFamfs } from "./cli.js";
import type { CreationLock } from "./creation-lock.js";
import type { FamfsMount } from "./mount.js";

/** In milliseconds: of a command, and more for each file that it makes. */
const TIMEOUT = 30_000;
const TIMEOUT_PER_FILE = 1000;

/** What is true of all files that one command makes. */
export type Manner = Pick<CreateRequest, "mode" | "interleave">;

/** A file that a command is to make. */
export interface Wanted {
  readonly name: string;
  readonly size: number;
}

/** What a command is run with. */
export interface Held {
  readonly lock: CreationLock;
  readonly signal: AbortSignal | undefined;
}

/**
 * Checks what would be found out only when the file is there.
 * @throws {FamfsError} ERR_FAMFS_PERMISSION, ERR_FAMFS_MISALIGNED, ERR_FAMFS_OUT_OF_RANGE
 */
export function checkManner({ superblock, root }: FamfsMount, { mode, interleave }: Manner): void {
  if (process.geteuid?.() !== 0 && (permitted(mode) & 0o600) !== 0o600) {
    throw new FamfsError(
      "ERR_FAMFS_PERMISSION",
      `a file of mode 0${permitted(mode).toString(8)} (the umask is taken off) could not be opened for writing by its maker; on famfs it needs 0600 at least`,
      { path: root },
    );
  }
  if (interleave === undefined) return;
  const { allocationUnit, device } = superblock;
  const { chunkSize, buckets } = interleave;
  if (chunkSize % allocationUnit !== 0) {
    throw new FamfsError(
      "ERR_FAMFS_MISALIGNED",
      `interleave.chunkSize must be a multiple of ${allocationUnit}, the allocation unit of the famfs at ${root}; found ${chunkSize}`,
    );
  }
  if (device.size / buckets >= LEAST_BUCKET) return;
  throw new FamfsError(
    "ERR_FAMFS_OUT_OF_RANGE",
    `interleave.buckets must leave each part of the device ${LEAST_BUCKET} bytes: ${device.size} bytes make ${Math.floor(device.size / LEAST_BUCKET)} at most, found ${buckets}`,
  );
}

/** In bytes; famfs's own limit. */
const LEAST_BUCKET = 2 ** 30;

/** Runs `famfs creat` for one file. @throws {FamfsError} see {@link runFamfs} */
export async function creatOne(
  mount: FamfsMount,
  { name, size }: Wanted,
  manner: Manner,
  { lock, signal }: Held,
): Promise<CliResult> {
  const path = join(mount.root, name);
  const args = ["creat", "-v", "-s", String(size), ...mannerArguments(manner), "--", path];
  return runFamfs(mount, args, { path, timeout: TIMEOUT, signal, keep: lock.descriptor });
}

/** Runs `famfs creat` for many files. @throws {FamfsError} see {@link attemptFamfs} */
export async function creatMany(
  mount: FamfsMount,
  files: readonly Wanted[],
  manner: Manner,
  { lock, signal }: Held,
): Promise<CliResult> {
  const each = files.flatMap(({ name, size }) => ["-M", `${join(mount.root, name)},${size}`]);
  // No threads to randomise with: as many as CPUs, which is the default, is refused above 256, when all is done.
  const args = ["creat", "-v", "-t", "0", ...mannerArguments(manner), ...each];
  const timeout = TIMEOUT + files.length * TIMEOUT_PER_FILE;
  return attemptFamfs(mount, args, { path: mount.root, timeout, signal, keep: lock.descriptor });
}

/** Whether {@link creatMany} can be told of a file: it has a comma between name and size. */
export function isPlain({ root }: FamfsMount, name: string): boolean {
  return !join(root, name).includes(",");
}

/**
 * Whether the command found the file made already, by somebody who holds no lock of ours; that is success for it, with the
 * same size.
 */
export function foundIt({ stdout }: Pick<CliResult, "stdout">, path: string): boolean {
  return stdout.includes(`re-create (${path}) is nop`);
}

/** Behind sudo the owner would be root, and the umask root's. */
export function ownerArguments(mode: number): string[] {
  const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0];
  return ["-m", permitted(mode).toString(8), "-u", String(uid), "-g", String(gid)];
}

function mannerArguments({ mode, interleave }: Manner): string[] {
  const owner = ownerArguments(mode);
  if (interleave === undefined) return owner;
  const { buckets, strips, chunkSize } = interleave;
  return [...owner, "-B", String(buckets), "-N", String(strips), "-C", String(chunkSize)];
}

/** Without the bits of the umask. process.umask() would set it for a moment, which other threads may see. */
function permitted(mode: number): number {
  const [, umask = "0"] = /^Umask:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return mode & ~Number.parseInt(umask, 8);
}
