// A famfs of the FUSE kind for tests, served by test/doubles/fuse (whose famfs_double.c says what it cannot show).
// Everything of one mount lies below `folder`, a tmpfs of its own:
//
//   mnt/                        the mount (`root`; another name by option)
//   shadow/root/<name>          the description (YAML) of each file that is visible; what is not here is not in the mount
//   shadow/sock                 the daemon's socket
//   data/<name>                 the bytes of each file; a mapping of the mount shares their pages
//   data/.meta/.superblock      the medium: test/doubles/media-writer.ts takes `data` for the root of a famfs
//   data/.meta/.log
//   faults                      lines "operation errno [name]": what fails from now on; read at each operation
//
// A file appears in three steps, which a stand-in for the famfs command takes too: an entry in the log; its bytes below
// data/, at their full size; its description below shadow/root/. Another host's new file is in the log only, until
// logplay. `write` does the first step, `show` the others, `append` all. What is written below data/ is seen through the
// mount at once, also by whoever has it mapped. A name that was not there is asked for again; but what the mount has told
// of one that is there (size, mode, owner) the kernel keeps for a year, as with famfs.
//
// When the process that mounted ends, however it does, the daemon unmounts and goes too.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SuperblockFields } from "../doubles/media-bytes.js";
import { compiled } from "./compile.js";
import { type DoubleFile, DoubleFolder } from "./double-folder.js";
import { editMountinfo, mountCommand, mountinfoWrapper } from "./mountinfo.js";

/** Options of {@link mountFuse}. */
export interface FuseMountOptions {
  /** How the shadow path can be found: by xattr, or, as with the first kernels, among the options of the mount. */
  readonly shadow: "xattr" | "option";
  /** Files that are in the log and visible. */
  readonly files?: readonly DoubleFile[];
  readonly superblock?: SuperblockFields;
  /** Source of the mount; default `/dev/dax0.0`. */
  readonly device?: string;
  /** Name of the mount point; default `mnt`. */
  readonly name?: string;
  /** Mappings through the page cache, as on a kernel without FUSE passthrough. */
  readonly pageCache?: boolean;
  /** The daemon ends when a file is truncated to a size that is not 0, as upstream's. */
  readonly crashOnTruncate?: boolean;
}

interface Daemon {
  readonly process: ChildProcess;
  readonly passthrough: boolean;
}

/** Tells who mounted: a pid means nothing in another pid namespace that shares the folder. */
const PREFIX = `famfs-fuse-${readlinkSync("/proc/self/ns/pid").replace(/\D/g, "")}-`;

/** A mounted double. Dispose of it, best by `await using`. */
export class FuseMount extends DoubleFolder implements AsyncDisposable {
  /** The mount point. */
  readonly root: string;
  /** Source of the mount. */
  readonly device: string;
  /** Starts the command appended to it so that it sees `shadow=` in its mountinfo; empty with `shadow: "xattr"`. */
  readonly wrapper: readonly string[] = [];
  /** Whether mappings outlive the daemon and writes at the end return 0, which needs FUSE passthrough (Linux 6.9). */
  readonly passthrough: boolean;
  readonly #daemon: ChildProcess;
  readonly #undo: (() => void) | undefined;

  /** @internal Made by {@link mountFuse}. */
  constructor(folder: string, options: FuseMountOptions, daemon: Daemon) {
    super(folder);
    this.root = join(folder, options.name ?? "mnt");
    this.device = options.device ?? "/dev/dax0.0";
    this.passthrough = daemon.passthrough;
    this.#daemon = daemon.process;
    if (options.shadow === "xattr") return;
    const edit = { mountPoint: this.root, find: "$", replace: `,shadow=${this.shadow}` };
    this.wrapper = mountinfoWrapper(edit, folder);
    this.#undo = editMountinfo(edit, folder);
  }

  /** Of the daemon. */
  get pid(): number {
    return this.#daemon.pid as number;
  }

  /** Kills the daemon, and waits until it is gone. The mount stays. */
  async killDaemon(): Promise<void> {
    if (this.#daemon.exitCode !== null || this.#daemon.signalCode !== null) return;
    const gone = once(this.#daemon, "exit");
    this.#daemon.kill("SIGKILL");
    await gone;
  }

  /** Unmounts, whoever has files open, and removes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#undo?.();
    remove(this.folder);
    await this.killDaemon();
  }
}

/** Mounts a double, and waits until it serves. Where that cannot be, `noFuse` of requirements.ts says why. */
export async function mountFuse(options: FuseMountOptions): Promise<FuseMount> {
  removeLeftOvers();
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  mountCommand("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder);
  let mount: FuseMount | undefined;
  try {
    const contents = new DoubleFolder(folder);
    for (const path of [join(folder, options.name ?? "mnt"), contents.shadow, contents.data]) mkdirSync(path);
    contents.format(options.superblock ?? {});
    mount = new FuseMount(folder, options, await startDaemon(contents, options));
    mount.append(...(options.files ?? []));
    return mount;
  } catch (error) {
    if (mount === undefined) remove(folder);
    else await mount[Symbol.asyncDispose]();
    throw error;
  }
}

/** As upstream's mount does: under the name of its device. */
async function startDaemon({ folder, shadow, data }: DoubleFolder, options: FuseMountOptions): Promise<Daemon> {
  const program = compiled("test/doubles/fuse", "famfs_fused", ["-I/usr/include/fuse3", "-lfuse3", "-lpthread"]);
  const { device = "/dev/dax0.0", name = "mnt" } = options;
  const settings = [`daxdev=${device}`, `shadow=${shadow}`, `fsname=${device}`, `data=${data}`];
  settings.push(`faults=${join(folder, "faults")}`, `base=${folder}`);
  if (options.shadow === "option") settings.push("no_xattr");
  if (options.pageCache) settings.push("page_cache");
  if (options.crashOnTruncate) settings.push("crash_on_truncate");
  // Its standard input ends with this process: then it unmounts.
  const daemon = spawn(program, ["-o", settings.join(), join(folder, name)], { argv0: device, stdio: "pipe" });
  daemon.stdin.on("error", () => undefined);
  let errors = "";
  daemon.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const line = await Promise.race([once(daemon.stdout.setEncoding("utf8"), "data"), once(daemon, "exit")]);
  if (!String(line[0]).startsWith("ready")) throw new Error(`the FUSE double ended at once: ${errors}`);
  for (const stream of [daemon, daemon.stdin, daemon.stdout, daemon.stderr]) (stream as ChildProcess).unref();
  return { process: daemon, passthrough: line[0] === "ready passthrough\n" };
}

/** Takes the mounts in it along, whoever has files open there. */
function remove(folder: string): void {
  mountCommand("umount", "--lazy", folder);
  rmdirSync(folder);
}

/** What a process left behind whose daemon was killed before it. */
function removeLeftOvers(): void {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(PREFIX) || existsSync(`/proc/${name.slice(PREFIX.length).split("-")[0]}`)) continue;
    try {
      remove(join(tmpdir(), name));
    } catch {
      // Another process was faster.
    }
  }
}
