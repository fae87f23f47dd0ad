// Some mounts of famfs cannot be had here: the file system "famfs", or the option "shadow=" of the first FUSE kernels,
// which today's kernel refuses. Their lines of /proc/self/mountinfo can: the kernel's own text, with the line changed,
// is mounted over that file of one process.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A change to the line of one mount. */
export interface MountinfoEdit {
  readonly mountPoint: string;
  /** A regular expression that sed and JavaScript read alike. */
  readonly find: string;
  readonly replace: string;
}

const OWN = `/proc/${process.pid}/mountinfo`;
const edits = new Set<MountinfoEdit>();

/** Runs mount(8) or umount(8); throws where it fails. */
export function mountCommand(command: "mount" | "umount", ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
}

/** A path as mountinfo has it. */
export function escapedPath(path: string): string {
  return path.replace(/[ \t\n\\#]/g, (found) => `\\${found.charCodeAt(0).toString(8).padStart(3, "0")}`);
}

/**
 * Shows this process the mounts as they are now, edited; what is mounted later is not seen. Other processes, children
 * too, see the kernel's own: start them by {@link mountinfoWrapper}.
 * @param folder where the text is kept
 * @returns what undoes it
 */
export function editMountinfo(edit: MountinfoEdit, folder: string): () => void {
  const show = () => {
    const lines = readFileSync(OWN, "utf8").split("\n").map(edited);
    writeFileSync(join(folder, "mountinfo"), lines.join("\n"));
    mountCommand("mount", "--bind", join(folder, "mountinfo"), OWN);
  };
  if (edits.size > 0) mountCommand("umount", OWN);
  edits.add(edit);
  show();
  return () => {
    mountCommand("umount", OWN);
    edits.delete(edit);
    if (edits.size > 0) show();
  };
}

function edited(line: string): string {
  for (const { mountPoint, find, replace } of edits) {
    if (line.split(" ")[4] === escapedPath(mountPoint)) return line.replace(new RegExp(find), replace);
  }
  return line;
}

/** A command that starts the one appended to it in a mount namespace of its own, where its mountinfo is edited. */
export function mountinfoWrapper({ mountPoint, find, replace }: MountinfoEdit, folder: string): readonly string[] {
  const line = ` ${escapedPath(mountPoint)} `.replace(/[\\.[\]*^$+?(){}|]/g, "\\$&");
  const edit = `\\#${line}#s#${find}#${replace}#`;
  const script =
    'sed -E "$1" /proc/self/mountinfo >"$2.$$" && mount --bind "$2.$$" /proc/$$/mountinfo && shift 2 && exec "$@"';
  return ["unshare", "-m", "sh", "-c", script, "sh", edit, join(folder, "mountinfo")];
}
