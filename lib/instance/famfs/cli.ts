import { type CommandRun, endError, startError } from "./cli-errors.js";
import { type CommandLimits, runCommand } from "./command.js";

/** Whose command it is. */
export interface CliOwner {
  /** The command and its first arguments. */
  readonly cli: readonly string[];
}

/** How `famfs` is run. */
export interface CliLimits extends CommandLimits {
  /** What it is run for, for messages. */
  readonly path: string;
}

/**
 * Runs famfs's own command off the event loop.
 * @param args behind the command's name; names come behind a `"--"`
 * @returns what it wrote to stdout
 * @throws {FamfsError} ERR_FAMFS_CLI_MISSING, ERR_FAMFS_CLI_TIMEOUT, ERR_FAMFS_CLI_FAILED, ERR_FAMFS_NOT_MASTER,
 * ERR_FAMFS_PERMISSION, ERR_FAMFS_EXISTS, ERR_FAMFS_NOT_FOUND, ERR_FAMFS_NO_SPACE, ERR_FAMFS_LOG_FULL,
 * ERR_FAMFS_DAEMON_DEAD; the signal's reason, also where the command did come to its end
 */
export async function runFamfs(mount: CliOwner, args: readonly string[], limits: CliLimits): Promise<string> {
  const run: CommandRun = { argv: [...mount.cli, ...args], path: limits.path, timeout: limits.timeout };
  const end = await runCommand(run.argv, limits).catch((error: unknown) => {
    limits.signal?.throwIfAborted();
    throw startError(run, error);
  });
  limits.signal?.throwIfAborted();
  const error = endError(run, end);
  if (error !== undefined) throw error;
  return end.stdout;
}
