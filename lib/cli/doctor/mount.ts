import { realpath } from "node:fs/promises";
import { looksLikeFamfs } from "../../instance/famfs/recognise.js";
import { type MountEntry, readMounts } from "../../instance/mountinfo.js";

/** A mount that looks like a famfs in the list of mounts, which can be read without touching it. */
export interface ListedFamfs extends MountEntry {
  readonly kind: "famfs" | "famfs-fuse";
  /** Where else the same famfs is mounted, this mount included. */
  readonly paths: readonly string[];
}

/** The famfs that are mounted, each once: where all of it is to be seen, if there is such a place. */
export async function listedFamfs(): Promise<ListedFamfs[]> {
  const mounts = (await readMounts()).filter(looksLikeFamfs);
  const wholeFirst = [...mounts].sort((a, b) => Number(b.root === "/") - Number(a.root === "/"));
  const isFirst = ({ number }: MountEntry, i: number) => wholeFirst.findIndex((other) => other.number === number) === i;
  return wholeFirst.filter(isFirst).map((mount) => listed(mount, mounts));
}

/** The famfs that a path is on, if it is on one; the path's own folders are looked at only where it is on none. */
export async function famfsAt(path: string): Promise<ListedFamfs | undefined> {
  const mounts = await readMounts();
  for (const find of [() => path, () => realpath(path).catch(() => path)]) {
    const mount = holder(mounts, await find());
    if (mount !== undefined && looksLikeFamfs(mount)) return listed(mount, mounts);
  }
  return undefined;
}

function listed(mount: MountEntry, mounts: readonly MountEntry[]): ListedFamfs {
  const paths = mounts.filter(({ number }) => number === mount.number).map(({ path }) => path);
  return { ...mount, kind: mount.type === "fuse" ? "famfs-fuse" : "famfs", paths };
}

/** Of two mounts on one place the newer one counts, which comes later. */
function holder(mounts: readonly MountEntry[], path: string): MountEntry | undefined {
  let found: MountEntry | undefined;
  for (const mount of mounts) {
    const holds = mount.path === "/" || path === mount.path || path.startsWith(`${mount.path}/`);
    if (holds && mount.path.length >= (found?.path.length ?? 0)) found = mount;
  }
  return found;
}
