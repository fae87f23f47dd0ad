import { FamfsError } from "../errors.js";
import { boolean, type Limits, limits, oneOf, options, show, wrongType } from "../guards.js";
import type { Coherence, CoherenceOptions } from "../memory/coherence.js";
import { chooseFaultGuard } from "../memory/failure.js";
import { Instance } from "./instance.js";
import { systemPath } from "./names.js";
import { recognise } from "./recognise.js";
import { makePrivateInstance } from "./tmpfs.js";
import { within } from "./within.js";

/** Options of {@link openInstance}. */
export interface OpenInstanceOptions extends CoherenceOptions {
  /**
   * How the hosts that share the files see each other's stores. Default: FAMFS_COHERENCE, else `"incoherent"` on famfs
   * and on dax devices, `"coherent"` on tmpfs and in directories. docs/memory-model.md says how to choose.
   */
  coherence?: Coherence | undefined;
  /** The simulated host, from 0, with `coherence: "simulated"`. Default: FAMFS_HOST. */
  host?: number | undefined;
  /** Where `path` is undefined, missing or no instance: make a private one on tmpfs instead. */
  fallback?: "tmpfs" | undefined;
  /**
   * What starts famfs's own command, which makes files and plays the log: a program and its first arguments, such as
   * `["sudo", "-n", "famfs"]`. Default: FAMFS_CLI, split at spaces, else `["famfs"]`.
   */
  cli?: readonly string[] | undefined;
  /** Take a dax device although it carries a famfs, or is mounted; what is stored destroys that famfs. */
  force?: boolean | undefined;
  /** Accept a directory of any file system, although its mappings go through the page cache to disk. */
  allowPageCache?: boolean | undefined;
  /**
   * Whether memory faults are contained (the default) or, as without this library, end the process. Decided once a
   * process, by its first openInstance() or mapping.
   */
  faultGuard?: boolean | undefined;
  /**
   * For how long it may take, in milliseconds; default: without end. A famfs whose daemon is stopped does not answer. A
   * call that the system has not answered still holds one of Node's threads for files, and keeps the process from
   * ending, `process.exit()` included, until it does; docs/famfs.md.
   */
  timeout?: number | undefined;
  /** Ends the wait for that; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** The keys of {@link OpenInstanceOptions}. */
const KNOWN = [
  "coherence",
  "host",
  "fallback",
  "cli",
  "force",
  "allowPageCache",
  "faultGuard",
  "timeout",
  "signal",
] as const;

/** The reasons that a fallback answers. */
const NO_INSTANCE: readonly string[] = [
  "ERR_FAMFS_NO_PATH",
  "ERR_FAMFS_NOT_FOUND",
  "ERR_FAMFS_UNSUPPORTED_FILESYSTEM",
  "ERR_FAMFS_NOT_A_DIRECTORY",
];

/**
 * Opens an instance: the famfs that a path lies in, a directory on tmpfs, or a dax device. docs/famfs.md says how they
 * are told apart.
 * @param path anything inside a mounted famfs, a directory, or a device such as `"/dev/dax0.0"`; undefined and empty
 * mean FAMFS_PATH, and none where that is not set either
 * @returns an instance whose `kind` says what was found
 * @throws {FamfsError} ERR_FAMFS_NO_PATH, ERR_FAMFS_NOT_FOUND, ERR_FAMFS_NOT_A_DIRECTORY,
 * ERR_FAMFS_UNSUPPORTED_FILESYSTEM, ERR_FAMFS_PERMISSION, ERR_FAMFS_INVALID_NAME, ERR_FAMFS_INVALID_TYPE,
 * ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_HOST_REQUIRED, ERR_FAMFS_SIMULATION,
 * ERR_FAMFS_WRITEBACK, ERR_FAMFS_LINE_SIZE, ERR_FAMFS_FAULT_GUARD_DECIDED, ERR_FAMFS_UNSUPPORTED_PLATFORM and the other
 * errors of loading the addon; for a famfs ERR_FAMFS_CORRUPT, ERR_FAMFS_UNSUPPORTED_VERSION, ERR_FAMFS_DAEMON_DEAD,
 * ERR_FAMFS_DEVICE_FAILED; for a device ERR_FAMFS_DEVICE_MODE, ERR_FAMFS_DEVICE_IN_USE; ERR_FAMFS_TIMEOUT
 * (docs/errors.md); the signal's reason
 */
export async function openInstance(path?: string, callerOptions?: OpenInstanceOptions): Promise<Instance> {
  const { fallback, faultGuard, cli, timeout, signal, ...wanted } = options("openInstance", callerOptions, KNOWN);
  const chosen = path === undefined || systemPath("path", path) === "" ? process.env["FAMFS_PATH"] : path;
  if (fallback !== undefined) oneOf("fallback", fallback, ["tmpfs"]);
  if (wanted.allowPageCache !== undefined) boolean("allowPageCache", wanted.allowPageCache);
  if (wanted.force !== undefined) boolean("force", wanted.force);
  const command = famfsCommand(cli);
  const patience = limits(timeout ?? Number.POSITIVE_INFINITY, signal);
  chooseFaultGuard(faultGuard === undefined ? undefined : boolean("faultGuard", faultGuard));
  try {
    if (!chosen)
      throw new FamfsError(
        "ERR_FAMFS_NO_PATH",
        `openInstance needs a path, found none, and FAMFS_PATH is not set; pass a path in a mounted famfs, a directory on tmpfs, or { fallback: "tmpfs" } for a private one`,
      );
    const backend = within(
      patience,
      () => recognise(chosen, { ...wanted, cli: command }),
      unanswered(chosen, patience),
    );
    return new Instance(await backend);
  } catch (error) {
    const noInstance = error instanceof FamfsError && NO_INSTANCE.includes(error.code);
    if (fallback === undefined || !noInstance) throw error;
    return makePrivateInstance("/dev/shm", wanted);
  }
}

function unanswered(path: string, { timeout }: Limits): () => FamfsError {
  return () =>
    new FamfsError(
      "ERR_FAMFS_TIMEOUT",
      `the system has not told within ${timeout} ms what ${path} is: the daemon of a famfs is stopped or hangs there, or this host is busy; famfs-node doctor looks at it`,
      { path },
    );
}

/** The command that was given, else that of FAMFS_CLI; undefined for the usual one. */
function famfsCommand(given: readonly string[] | undefined): readonly string[] | undefined {
  if (given === undefined) {
    const words = process.env["FAMFS_CLI"]?.split(/\s+/).filter((word) => word !== "");
    return words?.length ? words : undefined;
  }
  if (!Array.isArray(given)) throw wrongType("cli", "an array of strings", given);
  const words = given.map((word, index) => systemPath(`cli[${index}]`, word));
  if (words.length > 0 && words[0] !== "") return words;
  throw new FamfsError(
    "ERR_FAMFS_OUT_OF_RANGE",
    `cli must begin with a program, such as ["famfs"], found ${show(given)}`,
  );
}
