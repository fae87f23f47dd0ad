import { spawnSync } from "node:child_process";
import { existsSync, statfsSync } from "node:fs";

/** Why a test cannot run here; undefined where it can. Pass it to {@link skipReason} of the test's name. */
export type Reason = string | undefined;

/** Tests that change user or mount need root. */
export const notRoot: Reason = process.getuid?.() === 0 ? undefined : "needs root";

/** Tests that mount need a mount namespace of their own. */
export const cannotMount: Reason =
  notRoot ??
  (spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0
    ? undefined
    : "needs the right to mount in a new mount namespace");

/** Tests that need a terminal have script(1) make one. */
export const noScript: Reason =
  spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0 ? undefined : "needs script (util-linux)";

/** Tests on the FUSE double (test/support/fuse-mount.ts) build it and mount it. */
export const noFuse: Reason =
  cannotMount ??
  (!existsSync("/dev/fuse")
    ? "needs /dev/fuse"
    : !existsSync("/usr/include/fuse3/fuse_lowlevel.h")
      ? "needs libfuse3 (Debian: libfuse3-dev)"
      : undefined);

/** Tests on the double of a dax device (test/support/devdax.ts) put it into sysfs. */
export const noDax: Reason =
  cannotMount ?? (existsSync("/sys/bus/dax/devices") ? undefined : "needs /sys/bus/dax (a kernel with CONFIG_DAX)");

/** ArrayBuffer.prototype.transfer came with Node 22. */
export const noTransfer: Reason =
  typeof (ArrayBuffer.prototype as { transfer?: unknown }).transfer === "function"
    ? undefined
    : "needs ArrayBuffer.prototype.transfer (Node 22)";

/** Why a test that needs this many bytes of /dev/shm cannot run. */
export function lacksSpace(bytes: number): Reason {
  const { blocks, bavail, bsize } = statfsSync("/dev/shm");
  return blocks === 0 || bavail * bsize >= bytes ? undefined : `needs ${bytes} bytes free in /dev/shm`;
}

/** A test's name that tells why it is skipped. */
export function named(name: string, reason: Reason): string {
  return reason === undefined ? name : `${name} [skipped: ${reason}]`;
}
