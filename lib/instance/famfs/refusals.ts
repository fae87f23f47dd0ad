import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { join, relative } from "node:path";
import { FamfsError, type FamfsErrorCode } from "../../errors.js";
import { failureOf, native, systemFailure } from "../../native/binding.js";
import { holds } from "../mountinfo.js";
import type { FamfsMount, FamfsPlace } from "./mount.js";
import { META } from "./names.js";
import { roleIn } from "./role.js";

/** What an error of the system says of a file, or of all of them. */
const LOST_DEVICE = ["ENODEV", "EHWPOISON"];
const LOST_SOMETHING = ["EIO", "ENXIO"];

/** What is known of a famfs where something went wrong: less, where that was while it was being recognised. */
type Whereabouts = FamfsPlace & Partial<Pick<FamfsMount, "superblock" | "log">>;

/** {@link meaning} of an error about a path of this famfs; one about another path stays as it is. */
export function explain(mount: FamfsMount, error: unknown): unknown {
  const about = error instanceof FamfsError ? error.path : undefined;
  return about !== undefined && holds(mount.root, about) ? meaning(mount, error) : error;
}

/**
 * What an error is called on a famfs: the one place where what the system says there gets its meaning. What means
 * nothing special stays as it is.
 */
export function meaning(mount: Whereabouts, error: unknown): unknown {
  if (!(error instanceof FamfsError) || error.code in MEANINGS) return error;
  if (isUnmounted(mount, error)) return unmounted(mount, error);
  const code = codeOf(mount, error);
  if (code === undefined) return error;
  if (code === "ERR_FAMFS_DEVICE_FAILED") native().failDevice(numberNow(mount));
  const { message, path = mount.root, errno, syscall, failure } = error;
  const said = `${path} ${MEANINGS[code](mount, path)} (${message})`;
  return new FamfsError(code, said, { errno, syscall, path, failure, cause: error });
}

/** The device number that files of the famfs have: another one after it was unmounted and mounted again. */
export function numberNow({ root, number }: FamfsPlace): number {
  try {
    return statSync(root).dev;
  } catch {
    return number;
  }
}

/** The error for a file that is not as long as the log of its famfs says. */
export function deadFile(mount: FamfsMount, path: string, found: number, logged: number | undefined): FamfsError {
  const why =
    logged === undefined
      ? `it has ${found} bytes, and no file of a famfs is empty: it was truncated, or made without famfs creat`
      : `it has ${found} bytes here, and the log of its famfs says ${logged}: it was truncated on this host, or made anew on the master`;
  return new FamfsError("ERR_FAMFS_FILE_DEAD", `${path} ${dead(mount, why, path)}`, { path });
}

/** Where there was a log when it was recognised, there is none. */
function isUnmounted({ root, superblock }: Whereabouts, { code, path = "" }: FamfsError): boolean {
  return superblock !== undefined && code === "ERR_FAMFS_NOT_FOUND" && path.startsWith(join(root, META, "/"));
}

function unmounted({ root, device }: Whereabouts, cause: FamfsError): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_INSTANCE_REPLACED",
    `the famfs of ${device} is not mounted at ${root} any more; mount it, and open the instance again`,
    { path: root, cause },
  );
}

function codeOf(mount: Whereabouts, error: FamfsError): keyof typeof MEANINGS | undefined {
  // mmap beyond the end of a file whose size never changes.
  if (error.code === "ERR_FAMFS_PAST_END") return "ERR_FAMFS_FILE_DEAD";
  if (error.failure !== undefined) return codeOfFault(mount, error.failure.kind);
  if (error.errno === undefined) return undefined;
  const { name } = failureOf(error.errno, "");
  if (LOST_DEVICE.includes(name)) return "ERR_FAMFS_DEVICE_FAILED";
  // A socket's open says ENXIO too.
  if (LOST_SOMETHING.includes(name) && error.code !== "ERR_FAMFS_NOT_A_FILE")
    return lostDevice(mount) ? "ERR_FAMFS_DEVICE_FAILED" : "ERR_FAMFS_FILE_DEAD";
  if (name === "EPERM" && error.syscall === "mmap") return "ERR_FAMFS_WRITE_DISABLED";
  if (name === "EACCES" && error.syscall === "open" && lostWriteBits(mount, error.path))
    return "ERR_FAMFS_READ_ONLY_CLIENT";
  return undefined;
}

/** Of what the library itself reads: superblock and log. */
function codeOfFault(mount: Whereabouts, kind: string): "ERR_FAMFS_DEVICE_FAILED" | undefined {
  const failed = kind === "poisoned" || kind === "suspect" || (kind === "device" && lostDevice(mount));
  return failed ? "ERR_FAMFS_DEVICE_FAILED" : undefined;
}

/** Bytes of the superblock's file. */
const SUPERBLOCK_FILE = 2 ** 21;

/** One file can be dead alone. Where the superblock cannot be read either, all of the device is gone. */
function lostDevice({ root }: FamfsPlace): boolean {
  try {
    const fd = openSync(join(root, META, ".superblock"), "r");
    try {
      // One that somebody truncated is a dead file like any other, and the medium is whole.
      if (fstatSync(fd).size === SUPERBLOCK_FILE) readSync(fd, Buffer.alloc(1), 0, 1, 0);
    } finally {
      closeSync(fd);
    }
    return false;
  } catch (error) {
    const name = systemFailure(error)?.name ?? "";
    return LOST_DEVICE.includes(name) || LOST_SOMETHING.includes(name);
  }
}

/** Whether it was logplay that took them, which it does on clients of the standalone kind. */
function lostWriteBits({ kind, root, superblock, log }: Whereabouts, path = ""): boolean {
  if (kind !== "famfs" || superblock === undefined || roleIn(superblock) !== "client") return false;
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || (found.mode & 0o222) !== 0) return false;
  return mayWrite(found, log?.files.get(relative(root, path))?.mode ?? 0o222);
}

/** Whether the mode that a file was made with let this user write. */
function mayWrite({ uid, gid }: Stats, mode: number): boolean {
  if (process.geteuid?.() === uid) return (mode & 0o200) !== 0;
  const ours = [process.getegid?.(), ...(process.getgroups?.() ?? [])].includes(gid);
  return (mode & (ours ? 0o020 : 0o002)) !== 0;
}

/** What gives back the write bits of a file. */
function chmodOf({ root, log }: Whereabouts, path: string): string {
  const mode = log?.files.get(relative(root, path))?.mode;
  return `chmod ${mode === undefined ? "u+w" : mode.toString(8).padStart(4, "0")} ${path}`;
}

function dead({ kind, root }: FamfsPlace, why: string, path = ""): string {
  // What is in .meta comes with the mount only.
  const removable = kind === "famfs" && !path.startsWith(join(root, META, "/"));
  const cure = removable ? `Remove it on this host and run "famfs logplay ${root}", or unmount` : "Unmount";
  return `is dead on this host: ${why}. Its memory is unharmed, and restoring its size does not revive it. ${cure} and mount again`;
}

const MEANINGS = {
  ERR_FAMFS_DEVICE_FAILED: ({ device }: Whereabouts) =>
    `cannot be used: the kernel gave up its device ${device} after a memory error, or lost it, and with it every file of this famfs. Unmount it on all hosts, have the memory repaired, make it anew with mkfs.famfs, mount and fill it again`,
  ERR_FAMFS_FILE_DEAD: (mount: Whereabouts, path: string) =>
    dead(mount, "it was truncated, opened for truncation, or never given memory", path),
  ERR_FAMFS_WRITE_DISABLED: () =>
    `may not be mapped for writing: the administrator of this mount has disabled writing. Open it read-only, or have writing enabled`,
  ERR_FAMFS_READ_ONLY_CLIENT: (mount: Whereabouts, path: string) =>
    `has no write permission here: this host is a client of the famfs whose master is ${mount.superblock?.masterUuid}, and famfs logplay takes the write bits of the files of clients. Open it read-only; or, where this host is meant to write to it, give back the mode that it was made with, as its owner or root: "${chmodOf(mount, path)}", which holds on this host until the next mount`,
} as const satisfies Partial<Record<FamfsErrorCode, (mount: Whereabouts, path: string) => string>>;
