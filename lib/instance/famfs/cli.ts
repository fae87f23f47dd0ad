import { access, constants } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { FamfsError } from "../../errors.js";
import { type CommandRun, endError, startError, unfulfilledError } from "./cli-errors.js";
import { type CommandEnd, type CommandLimits, runCommand } from "./command.js";
import type { FamfsMount } from "./mount.js";

/** Whose command it is; the mount is not known to those who ask only whether there is a command. */
export type CliMount = Pick<FamfsMount, "cli"> & Partial<Pick<FamfsMount, "kind" | "root">>;

/** How `famfs` is run. */
export interface CliLimits extends CommandLimits {
  /** What it is run for, for messages. */
  readonly path: string;
}

/** What `famfs` did. */
export interface CliResult {
  readonly stdout: string;
  /** Why it did not end well; undefined where it did. */
  readonly error: FamfsError | undefined;
  /** The error for a command that said it was done, and was not; `what` is missing. */
  unfulfilled(what: string): FamfsError;
}

/** Behind these, a command may do more than this user. */
const BECOMES_ROOT = ["sudo", "doas", "run0", "pkexec"];

/** In milliseconds: how long the log of the FUSE kind may be in the hands of other commands, and a look at it. */
const BUSY_PATIENCE = 5000;
const BUSY_PAUSE = 100;

/**
 * Runs famfs's own command off the event loop.
 * @param args behind the command's name; names come behind a `"--"`
 * @returns what it did, well or not
 * @throws {FamfsError} ERR_FAMFS_CLI_MISSING, ERR_FAMFS_PERMISSION, ERR_FAMFS_CLI_FAILED where it could not be started,
 * ERR_FAMFS_TIMEOUT where other commands keep the log; the signal's reason, also where the command did come to its end
 */
export async function attemptFamfs(mount: CliMount, args: readonly string[], limits: CliLimits): Promise<CliResult> {
  const run: CommandRun = { argv: [...mount.cli, ...args], path: limits.path, timeout: limits.timeout };
  const giveUp = performance.now() + BUSY_PATIENCE;
  for (;;) {
    const end = await runOnce(run, limits);
    const error = endError(run, end);
    if (error === undefined || !(await isBusy(mount, end))) {
      return { stdout: end.stdout, error, unfulfilled: (what) => unfulfilledError(run, end, what) };
    }
    if (performance.now() > giveUp) throw busyError(error);
    await pause(BUSY_PAUSE);
  }
}

/**
 * {@link attemptFamfs}, for a command that has to end well.
 * @throws {FamfsError} as that, and ERR_FAMFS_CLI_TIMEOUT, ERR_FAMFS_NOT_MASTER, ERR_FAMFS_EXISTS, ERR_FAMFS_NOT_FOUND,
 * ERR_FAMFS_NO_SPACE, ERR_FAMFS_LOG_FULL, ERR_FAMFS_DAEMON_DEAD
 */
export async function runFamfs(mount: CliMount, args: readonly string[], limits: CliLimits): Promise<CliResult> {
  const result = await attemptFamfs(mount, args, limits);
  if (result.error !== undefined) throw result.error;
  return result;
}

async function runOnce(run: CommandRun, limits: CliLimits): Promise<CommandEnd> {
  const end = await runCommand(run.argv, limits).catch((error: unknown) => {
    limits.signal?.throwIfAborted();
    throw startError(run, error);
  });
  limits.signal?.throwIfAborted();
  return end;
}

/**
 * Whether another command has the log: the daemon of the FUSE kind refuses the second one at once, in the words for a
 * user who may not write to it.
 */
async function isBusy({ kind, cli, root }: CliMount, { stderr }: CommandEnd): Promise<boolean> {
  if (kind !== "famfs-fuse" || root === undefined || !stderr.includes("failed to get lock on")) return false;
  if (BECOMES_ROOT.includes(basename(cli[0] ?? ""))) return true;
  return access(join(root, ".meta/.log"), constants.W_OK).then(
    () => true,
    () => false,
  );
}

function busyError({ message, path }: FamfsError): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_TIMEOUT",
    `another famfs command has kept the log for ${BUSY_PATIENCE} ms, or its lock was left behind; look for it (pgrep -a famfs). ${message}`,
    { path },
  );
}
