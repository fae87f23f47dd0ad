// Some mounts of famfs cannot be had here: the file system "famfs", or the option "shadow=" of the first FUSE kernels,
// which today's kernel refuses. Their lines of /proc/self/mountinfo can: the kernel's own text, with the line changed,
// is mounted over that file of one process.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mountCommand } from "./mount-folder.js";

/** A change to the line of one mount. */
export interface MountinfoEdit {
  readonly mountPoint: string;
  /** A regular expression that sed and JavaScript read alike. */
  readonly find: string;
  readonly replace: string;
}

const OWN = `/proc/${process.pid}/mountinfo`;
const edits = new Set<MountinfoEdit>();

/** A path as mountinfo has it. */
export function escapedPath(path: string): string {
  return path.replace(/[ \t\n\\]/g, (found) => `\\${found.charCodeAt(0).toString(8).padStart(3, "0")}`);
}

/**
 * Shows this process the mounts as they are now, edited; what is mounted later is not seen. Other processes, children
 * too, see the kernel's own: start them by {@link viewWrapper}.
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

/** How a process of its own sees the system. */
export interface View {
  /** Where files are kept that it needs. */
  readonly folder: string;
  readonly mountinfo?: MountinfoEdit | undefined;
  /** What /opt/famfs/system_uuid holds, which makes a host the master of a famfs or not. */
  readonly systemUuid?: string | undefined;
}

const SCRIPT = `set -e
folder=$1 edit=$2 uuid=$3
shift 3
mine=$folder/view-$$
mkdir "$mine"
if [ -n "$edit" ]; then
  sed -E "$edit" /proc/self/mountinfo >"$mine/mountinfo"
  mount --bind "$mine/mountinfo" /proc/$$/mountinfo
fi
if [ -n "$uuid" ]; then
  mkdir -p /opt "$mine/opt/famfs" "$mine/work"
  echo "$uuid" >"$mine/opt/famfs/system_uuid"
  mount -t overlay -o "lowerdir=/opt,upperdir=$mine/opt,workdir=$mine/work" overlay /opt
fi
exec "$@"`;

/** A command that starts the one appended to it with a view of its own, in a mount namespace. */
export function viewWrapper({ folder, mountinfo, systemUuid = "" }: View): readonly string[] {
  return ["unshare", "-m", "sh", "-c", SCRIPT, "sh", folder, mountinfo ? sedOf(mountinfo) : "", systemUuid];
}

/** Delimits by what no path has. */
function sedOf({ mountPoint, find, replace }: MountinfoEdit): string {
  const line = ` ${escapedPath(mountPoint)} `.replace(/[\\.[\]*^$+?(){}|]/g, "\\$&");
  return `\\\u0001${line}\u0001s\u0001${find}\u0001${replace}\u0001`;
}
