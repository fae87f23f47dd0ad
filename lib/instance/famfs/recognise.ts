import { stat, statfs } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { FamfsError } from "../../errors.js";
import { deviceNumber, parseDeviceNumber } from "../../memory/device-number.js";
import { fileError } from "../../memory/system-errors.js";
import { native, systemFailure } from "../../native/binding.js";
import { holds, type MountEntry, mountsOfWhole, readMounts } from "../mountinfo.js";
import type { FamfsPlace } from "./mount.js";
import { meaning } from "./refusals.js";
import { readSuperblock, type Superblock } from "./superblock.js";

/** statfs(2) f_type: the standalone kind, today's and an older number. */
const STANDALONE = [0x87b282ff, 0x87b282fe];
const FUSE = 0x65735546;

/** What a directory on a famfs may have. */
export const MAY_BE_FAMFS: readonly number[] = [...STANDALONE, FUSE];

/** What the daemon of the FUSE kind answers on every path of its mount. */
const SHADOW = "user.famfs.shadow";

/** What getxattr says where there is no such attribute, or are none at all. */
const NO_ATTRIBUTE = ["ENODATA", "ENOTSUP", "ENOSYS"];

/** Where a famfs seems to be; its superblock is to confirm it. */
export interface Suspected {
  readonly place: FamfsPlace;
  readonly superblock: Superblock;
}

/**
 * Finds the famfs that a path lies in.
 * @param path absolute and real
 * @param number the device number of what is there
 * @returns undefined where it is another file system
 * @throws {FamfsError} ERR_FAMFS_UNSUPPORTED_FILESYSTEM where only a part of it is visible here, ERR_FAMFS_CORRUPT,
 * ERR_FAMFS_UNSUPPORTED_VERSION, ERR_FAMFS_DAEMON_DEAD, ERR_FAMFS_DEVICE_FAILED, ERR_FAMFS_PERMISSION, ERR_FAMFS_SYSTEM
 */
export async function findFamfs(path: string, number: number): Promise<Suspected | undefined> {
  const place = await findPlace(path, number);
  return place && { place, superblock: await confirm(place) };
}

/**
 * What {@link meaning} makes of an error about a path that may lie on a famfs, for those who have no instance. The famfs
 * need not answer: its place is told by its mount alone.
 */
export async function explainAt(path: string, error: unknown): Promise<unknown> {
  const mounts = (await readMounts()).filter(looksLikeFamfs);
  const [mount] = mountsOfWhole(mounts, path);
  if (mount === undefined || !holds(mount.path, path)) return error;
  const { path: root, type, source: device } = mount;
  const kind = type === "fuse" ? "famfs-fuse" : "famfs";
  const place = { kind, root, device, number: parseDeviceNumber(mount.number), shadow: undefined } as const;
  // Which host it is matters only for this one, and a damaged superblock takes its time.
  const denied = error instanceof FamfsError && error.code === "ERR_FAMFS_PERMISSION";
  const superblock = denied ? await readSuperblock(root).catch(() => undefined) : undefined;
  return meaning({ ...place, ...(superblock && { superblock }) }, error);
}

/** By what the kernel tells of a mount, which nobody else confirmed. */
export function looksLikeFamfs({ type, source, options }: MountEntry): boolean {
  if (type.startsWith("famfs")) return true;
  return type === "fuse" && (source.startsWith("/dev/dax") || options.some((option) => option.startsWith("shadow=")));
}

async function findPlace(path: string, number: number): Promise<FamfsPlace | undefined> {
  const mounts = await readMounts();
  const ofNumber = mounts.filter((mount) => mount.number === deviceNumber(number));
  const visible = await firstVisible(mountsOfWhole(ofNumber, path), number);
  const mount = visible ?? ofNumber[0];
  const type = mount && (await typeAt(mount.path));
  if (type === undefined || mount === undefined) return undefined;
  const shadow = type === FUSE ? shadowOf(path, mount) : undefined;
  if (shadow === undefined && !STANDALONE.includes(type)) return undefined;
  if (visible === undefined) throw onlyPart(path, mount);
  return {
    kind: shadow === undefined ? "famfs" : "famfs-fuse",
    root: visible.path,
    number,
    device: mount.source,
    shadow,
  };
}

/** A mount may be hidden by another one on top of it, or this user may not reach it. */
async function firstVisible(mounts: readonly MountEntry[], number: number): Promise<MountEntry | undefined> {
  for (const mount of mounts) {
    const status = await stat(mount.path).catch((error: unknown) => unlessUnreachable(error, mount.path));
    if (status?.dev === number) return mount;
  }
  return undefined;
}

/** What this user may not see, or is gone, is no mount for it. A dead daemon is an answer. */
function unlessUnreachable(error: unknown, path: string): undefined {
  if (["EACCES", "ENOENT", "ENOTDIR"].includes(systemFailure(error)?.name ?? "")) return undefined;
  throw fileError(error, path);
}

/** Of a directory: a file of the FUSE kind has no statfs. A mount of a part may be one of a file. */
async function typeAt(path: string): Promise<number | undefined> {
  const unlessGone = (error: unknown) => unlessUnreachable(error, path);
  const status = await stat(path).catch(unlessGone);
  if (!status?.isDirectory()) return undefined;
  return (await statfs(path).catch(unlessGone))?.type;
}

/** From the daemon; before it could tell, the mount's options had it. */
function shadowOf(path: string, { options }: MountEntry): string | undefined {
  const shadow =
    shadowAttribute(path) ?? options.find((option) => option.startsWith("shadow="))?.slice("shadow=".length);
  return shadow !== undefined && isAbsolute(shadow) ? shadow : undefined;
}

function shadowAttribute(path: string): string | undefined {
  try {
    return native().getXattr(path, SHADOW);
  } catch (error) {
    if (NO_ATTRIBUTE.includes(systemFailure(error)?.name ?? "")) return undefined;
    throw fileError(error, path);
  }
}

async function confirm(place: FamfsPlace): Promise<Superblock> {
  try {
    return await readSuperblock(place.root);
  } catch (error) {
    if (!(error instanceof FamfsError) || error.code !== "ERR_FAMFS_NOT_FOUND") throw meaning(place, error);
    throw new FamfsError(
      "ERR_FAMFS_UNSUPPORTED_FILESYSTEM",
      `${place.root} is mounted as famfs is, but has no .meta/.superblock; mount it with famfs mount, which makes it`,
      { path: place.root, cause: error },
    );
  }
}

function onlyPart(path: string, { root, source }: MountEntry): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_UNSUPPORTED_FILESYSTEM",
    `${path} lies in a part (${root}) of the famfs on ${source}, and the whole is mounted nowhere in this mount namespace; mount or bind all of it, because its .meta folder is needed`,
    { path },
  );
}
