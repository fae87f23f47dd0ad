import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** A mount of this process's mount namespace: a line of /proc/self/mountinfo, proc(5). */
export interface MountEntry {
  /** The device number that its files have: `"0:31"`. */
  readonly number: string;
  /** The part of the file system that is mounted here: `"/"`, or below it for a bind mount of a part. */
  readonly root: string;
  /** Where it is mounted. */
  readonly path: string;
  /** The type, such as `"fuse"`. */
  readonly type: string;
  /** What is mounted; of a famfs its dax device. */
  readonly source: string;
  /** Options of the file system: `shadow=/tmp/x`, or without a value. */
  readonly options: readonly string[];
}

/** The mounts of this process's mount namespace, in the order in which the kernel has them. */
export async function readMounts(): Promise<MountEntry[]> {
  return parseMountInfo(await readFile("/proc/self/mountinfo"));
}

/** Reads the text of a mountinfo file. Lines that are none are left out. */
export function parseMountInfo(text: Buffer): MountEntry[] {
  // As bytes: the kernel's escapes are of bytes, and paths need not be UTF-8.
  return text
    .toString("latin1")
    .split("\n")
    .flatMap((line) => {
      const fields = line.split(" ");
      // Any number of fields that later kernels may add come before the dash.
      const dash = fields.indexOf("-", 6);
      const [, , number, root, path] = fields;
      const [type, source, options] = dash < 0 ? [] : fields.slice(dash + 1);
      if (number === undefined || root === undefined || path === undefined || type === undefined) return [];
      return [
        {
          number,
          root: unescaped(root),
          path: unescaped(path),
          type: unescaped(type),
          source: unescaped(source ?? ""),
          options: (options ?? "").split(",").map(unescaped),
        },
      ];
    });
}

/** The kernel writes space, tab, newline, backslash and more as a backslash and three octal digits. */
function unescaped(field: string): string {
  const bytes = field.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/**
 * The mounts of one file system at which all of it is: first those that hold `path`, the longest first and of those on
 * one place the newest, then the others.
 */
export function mountsOfWhole(mounts: readonly MountEntry[], path: string): MountEntry[] {
  const whole = mounts.filter((mount) => mount.root === "/").reverse();
  const rank = (mount: MountEntry) => (holds(mount.path, path) ? mount.path.length : 0);
  return whole.sort((a, b) => rank(b) - rank(a));
}

/**
 * The name that a path has in its file system, from that one's root: below a bind mount of a part the path does not tell.
 * @param path absolute and real
 * @param number the device number of its file system
 */
export function nameInWhole(mounts: readonly MountEntry[], path: string, number: string): string | undefined {
  const [nearest] = mounts
    .filter((mount) => mount.number === number && holds(mount.path, path))
    .reverse()
    .sort((a, b) => b.path.length - a.path.length);
  return nearest && relative("/", join(nearest.root, relative(nearest.path, path)));
}

/** Whether a path is a folder or lies below it. */
export function holds(folder: string, path: string): boolean {
  return path === folder || folder === "/" || path.startsWith(`${folder}/`);
}
