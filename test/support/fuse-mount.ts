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
import { existsSync, mkdirSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { SuperblockFields } from "../doubles/media-bytes.js";
import { shadowText } from "../doubles/shadow-writer.js";
import { compiled } from "./compile.js";
import { type DoubleFile, DoubleFolder, makeFile, type PlacedFile, type Role, systemUuidOf } from "./double-folder.js";
import { mountFolder, removeMount } from "./mount-folder.js";
import { editMountinfo, type MountinfoEdit, viewWrapper } from "./mountinfo.js";
import { preload } from "./preload.js";

/** Options of {@link mountFuse}. */
export interface FuseMountOptions {
  /** How the shadow path can be found: by xattr, or, as with the first kernels, among the options of the mount. */
  readonly shadow: "xattr" | "option";
  /** Files that are in the log and visible. */
  readonly files?: readonly DoubleFile[];
  readonly superblock?: SuperblockFields;
  /** What this host is to the famfs, as far as its UUID tells; only children started by the `wrapper` see it. */
  readonly role?: Role;
  /** Source of the mount; default `/dev/dax0.0`. */
  readonly device?: string;
  /** Name of the mount point; default `mnt`. */
  readonly name?: string;
  /** Mappings through the page cache, as on a kernel without FUSE passthrough. */
  readonly pageCache?: boolean;
  /** The daemon ends when a file is truncated to a size that is not 0, as upstream's. */
  readonly crashOnTruncate?: boolean;
}

/** A mounted double. Dispose of it, best by `await using`. */
export class FuseMount extends DoubleFolder implements AsyncDisposable {
  /** The mount point. */
  readonly root: string;
  /** Source of the mount. */
  readonly device: string;
  /** What the mount tells as its shadow path. */
  readonly shadow: string;
  /** Starts the command appended to it so that it sees the options `shadow` and `role`; others see the kernel's mounts. */
  readonly wrapper: readonly string[];
  readonly #options: FuseMountOptions;
  #daemon: ChildProcess | undefined;
  #passthrough = false;
  #undo: (() => void) | undefined;

  /** @internal Made by {@link mountFuse}. */
  constructor(folder: string, options: FuseMountOptions) {
    super(folder, join(folder, "data"));
    this.root = join(folder, options.name ?? "mnt");
    this.device = options.device ?? "/dev/dax0.0";
    this.shadow = join(folder, "shadow");
    this.#options = options;
    const systemUuid = options.role && systemUuidOf(options.role, options.superblock);
    const mountinfo = options.shadow === "option" ? this.#optionLine : undefined;
    this.wrapper = mountinfo || systemUuid ? viewWrapper({ folder, mountinfo, systemUuid }) : [];
  }

  get #optionLine(): MountinfoEdit {
    return { mountPoint: this.root, find: "$", replace: `,shadow=${this.shadow}` };
  }

  protected override reveal(file: PlacedFile): void {
    makeFile(join(this.shadow, "root", file.name), shadowText(file));
  }

  /** @internal */
  async start(): Promise<void> {
    for (const path of [this.root, this.shadow, this.data]) mkdirSync(path);
    this.format(this.#options.superblock ?? {});
    await this.#startDaemon();
    if (this.#options.shadow === "option") this.#undo = editMountinfo(this.#optionLine, this.folder);
    this.append(...(this.#options.files ?? []));
  }

  /** As upstream's mount does: under the name of its device. */
  async #startDaemon(): Promise<void> {
    const program = compiled("test/doubles/fuse", "famfs_fused", ["-I/usr/include/fuse3", "-lfuse3", "-lpthread"]);
    const { shadow, pageCache, crashOnTruncate } = this.#options;
    const settings = [`daxdev=${this.device}`, `shadow=${this.shadow}`, `fsname=${this.device}`, `data=${this.data}`];
    settings.push(`faults=${join(this.folder, "faults")}`, `base=${this.folder}`);
    if (shadow === "option") settings.push("no_xattr");
    if (pageCache) settings.push("page_cache");
    if (crashOnTruncate) settings.push("crash_on_truncate");
    const daemon = spawn(program, ["-o", settings.join(), this.root], {
      argv0: this.device,
      stdio: "pipe",
      env: { ...process.env, LD_PRELOAD: "" },
    });
    this.#daemon = daemon;
    const complaint = text(daemon.stderr);
    const [line] = await Promise.race([once(daemon.stdout.setEncoding("utf8"), "data"), once(daemon, "close")]);
    if (!String(line).startsWith("ready")) throw new Error(`the FUSE double ended at once: ${await complaint}`);
    this.#passthrough = line === "ready passthrough\n";
    daemon.unref();
    for (const stream of daemon.stdio) (stream as Socket | null)?.unref();
  }

  /** Environment of children whose mmap shall fail with any error that {@link FuseMount.fail} was told. */
  get env(): NodeJS.ProcessEnv {
    return preload(this.folder, this.root, "fuse");
  }

  /** Whether mappings outlive the daemon and writes at the end return 0, which needs FUSE passthrough (Linux 6.9). */
  get passthrough(): boolean {
    return this.#passthrough;
  }

  /** Of the daemon. */
  get pid(): number {
    return this.#daemon?.pid as number;
  }

  /** Kills the daemon, and waits until it is gone. The mount stays. */
  async killDaemon(): Promise<void> {
    await this.#end((daemon) => daemon.kill("SIGKILL"));
  }

  /** What happens when this process ends: nobody holds the daemon's standard input any more. */
  async abandon(): Promise<void> {
    await this.#end((daemon) => daemon.stdin?.end());
  }

  async #end(how: (daemon: ChildProcess) => void): Promise<void> {
    const daemon = this.#daemon;
    if (!daemon || daemon.exitCode !== null || daemon.signalCode !== null) return;
    // Or a process that has nothing else to do would end here.
    daemon.ref();
    const gone = once(daemon, "exit");
    how(daemon);
    await gone;
  }

  /** Unmounts, whoever has files open, and removes everything. Doing it twice does nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!existsSync(this.folder)) return;
    this.#undo?.();
    removeMount(this.folder);
    await this.killDaemon();
  }
}

/** Mounts a double, and waits until it serves. Where that cannot be, `noFuse` of requirements.ts says why. */
export async function mountFuse(options: FuseMountOptions): Promise<FuseMount> {
  const mount = new FuseMount(mountFolder(), options);
  try {
    await mount.start();
    return mount;
  } catch (error) {
    await mount[Symbol.asyncDispose]();
    throw error;
  }
}
