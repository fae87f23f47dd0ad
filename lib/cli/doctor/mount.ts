import { realpath } from "node:fs/promises";
import { looksLikeFamfs } from "../../instance/famfs/recognise.js";
import { type MountEntry, readMounts } from "../../instance/mountinfo.js";

/** A mount that looks like a famfs in the list of mounts, which can be read without touching it. */
export interface ListedFamfs extends MountEntry {
  readonly kind: "famfs" | "famfs-fuse";
}

/** The famfs that are mounted, each once. */
export async function listedFamfs(): Promise<ListedFamfs[]> {
  const byNumber = new Map((await readMounts()).flatMap(famfsOf).map((mount) => [mount.number, mount]));
  return [...byNumber.values()];
}

/** The famfs that a path is on, if it is on one; the path's own folders are looked at only where it is on none. */
export async function famfsAt(path: string): Promise<ListedFamfs | undefined> {
  const mounts = await readMounts();
  const [famfs] = [holder(mounts, path)].flatMap(famfsOf);
  if (famfs !== undefined) return famfs;
  const real = await realpath(path).catch(() => path);
  return [holder(mounts, real)].flatMap(famfsOf)[0];
}

function famfsOf(mount: MountEntry | undefined): ListedFamfs[] {
  if (mount === undefined || !looksLikeFamfs(mount)) return [];
  return [{ ...mount, kind: mount.type === "fuse" ? "famfs-fuse" : "famfs" }];
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
