import { FamfsError, type FamfsErrorCode } from "../../errors.js";
import { systemError, systemFailure } from "../../native/binding.js";
import type { CommandEnd } from "./command.js";

/** A command that was run, for messages. */
export interface CommandRun {
  readonly argv: readonly string[];
  /** What it was run for: the path of the file, folder or famfs. */
  readonly path: string;
  /** In milliseconds. */
  readonly timeout: number;
}

/** getopt says so, and famfs then prints its usage and ends with 0. */
const COMPLAINT = /(invalid|unrecognized|ambiguous) option|Unrecognized command|requires an argument/;

/** What `famfs`, `sudo` and `env` write, the code it means, and what to do. The first that fits counts. */
const MEANINGS: readonly (readonly [RegExp, FamfsErrorCode, string])[] = [
  [
    /not running on FAMFS_MASTER|not allowed on client systems/,
    "ERR_FAMFS_NOT_MASTER",
    "this host is a client of the famfs, and only its master creates: create it there, and wait for it here with instance.waitForFile()",
  ],
  [
    /sudo: .*(password is required|terminal is required|no tty present|no askpass)|not in the sudoers|may not run sudo|is not allowed to (execute|run)/,
    "ERR_FAMFS_PERMISSION",
    "sudo asks for a password, or does not let this user run the command: add a NOPASSWD rule for it to the sudoers",
  ],
  [
    /sudo: .*: command not found|^env: .*No such file or directory/m,
    "ERR_FAMFS_CLI_MISSING",
    `install famfs's user space, or name the command in full: openInstance(path, { cli: ["sudo", "-n", "/usr/local/bin/famfs"] }), or FAMFS_CLI`,
  ],
  [
    COMPLAINT,
    "ERR_FAMFS_CLI_FAILED",
    "this is a famfs of another version, which does not know what it was asked for: install one that belongs to the mounted famfs",
  ],
  [
    /Transport endpoint is not connected|errno[= ]107\b/,
    "ERR_FAMFS_DAEMON_DEAD",
    "the daemon that serves this famfs is gone: unmount it and mount it again",
  ],
  [
    /failed to get lock on|Unable to open famfs log for writing|must run as root|Permission denied|Operation not permitted|errno[= ]13\b/,
    "ERR_FAMFS_PERMISSION",
    `famfs lets only those create who may write to its .meta/.log: run as root, or openInstance(path, { cli: ["sudo", "-n", "famfs"] }), or FAMFS_CLI="sudo -n famfs"`,
  ],
  [
    /log full/,
    "ERR_FAMFS_LOG_FULL",
    "make the famfs anew with a longer log (mkfs.famfs --loglen), or fewer, larger files",
  ],
  [
    /Out of space|alloc failed|failed \d+ strips/,
    "ERR_FAMFS_NO_SPACE",
    "the device has no room of this size in a row: create a smaller file, or one dealt to strips (interleave); famfs fsck shows what is used",
  ],
  [
    /exists and is not (the same size|a regular file)|already exists/,
    "ERR_FAMFS_EXISTS",
    "the name is taken, by a file of another size or a folder: open it, or choose another name",
  ],
  [
    /parent dir does not exist|parent path .* stat failed|parent exists but is not a directory|failed to rationalize parentdir|is not a directory/,
    "ERR_FAMFS_NOT_FOUND",
    "the folder it is to be in does not exist: make it with instance.mkdir()",
  ],
];

/** The error of a command that did not end well; undefined where it did. */
export function endError(run: CommandRun, end: CommandEnd): FamfsError | undefined {
  if (end.timedOut) return timeoutError(run, end);
  // A name may hold any words.
  const said = end.stderr.replaceAll(run.path, "");
  if (end.code === 0 && !COMPLAINT.test(said)) return undefined;
  const [, code, advice] = MEANINGS.find(([pattern]) => pattern.test(said)) ?? [
    undefined,
    "ERR_FAMFS_CLI_FAILED" as const,
    "run it by hand to see more; famfs-node doctor checks what it needs",
  ];
  return cliError(code, run, end, advice);
}

/** The error of a command that reported success, while something is not as it should be then. */
export function unfulfilledError(run: CommandRun, end: CommandEnd, what: string): FamfsError {
  return cliError("ERR_FAMFS_CLI_FAILED", run, end, what);
}

/** An error of this code about what a command did, with its line and what it wrote. */
function cliError(code: FamfsErrorCode, run: CommandRun, end: CommandEnd, advice: string): FamfsError {
  return new FamfsError(code, `${run.path}: ${advice}. ${line(run.argv)} ${howItEnded(end)}, ${wrote(end)}`, {
    path: run.path,
  });
}

function timeoutError(run: CommandRun, end: CommandEnd): FamfsError {
  const fate =
    end.survivor === undefined
      ? "it was killed, with all that it had started"
      : `it goes on as process ${end.survivor}, which this user may not end, or which does not end`;
  return new FamfsError(
    "ERR_FAMFS_CLI_TIMEOUT",
    `${run.path}: ${line(run.argv)} did not end within ${run.timeout} ms; ${fate}. It may wait for a daemon that is dead, a device that does not answer, or a password: run it by hand. It ${wrote(end)}`,
    { path: run.path },
  );
}

/** The error of a command that could not be started. */
export function startError(run: CommandRun, error: unknown): unknown {
  const failure = systemFailure(error);
  if (failure === undefined) return error;
  const [command = ""] = run.argv;
  if (failure.name === "ENOENT") {
    return systemError(
      "ERR_FAMFS_CLI_MISSING",
      `${run.path}: the command ${JSON.stringify(command)} was not found; install famfs's user space, or name the command: openInstance(path, { cli: ["sudo", "-n", "famfs"] }), or FAMFS_CLI`,
      failure,
      run.path,
    );
  }
  const code = failure.name === "EACCES" ? "ERR_FAMFS_PERMISSION" : "ERR_FAMFS_CLI_FAILED";
  return systemError(code, `${run.path}: ${line(run.argv)} could not be started`, failure, run.path);
}

function line(argv: readonly string[]): string {
  const words = argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word)));
  const all = words.join(" ");
  return `\`${all.length > 2 * LONGEST ? `${all.slice(0, 2 * LONGEST)}…` : all}\``;
}

function howItEnded({ code, signal }: CommandEnd): string {
  if (signal !== null) return `was ended by ${signal}`;
  return code === null ? "was not seen to end" : `ended with ${code}`;
}

/** For people: no control characters, and not too long. */
function wrote({ stdout, stderr }: CommandEnd): string {
  const said = [stderr, stdout].map(readable).filter((text) => text !== "");
  return said.length === 0 ? "wrote nothing" : `wrote: ${said.join(" | ")}`;
}

const LONGEST = 1000;

function readable(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain;
}
