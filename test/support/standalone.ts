// A famfs of the standalone kinds for tests: a tmpfs, which child processes see as famfs. They are started with `env`
// (it preloads test/doubles/standalone, which says what it cannot show) and by `wrapper` (in their mountinfo the mount is
// of type famfs). This process sees a tmpfs, and so may change what lies behind: what is written below `root` by it is
// what another host wrote. Below `folder`, a tmpfs too:
//
//   mnt/                        the mount (`root`), with the files themselves, and the medium in .meta/
//   records/<inode>             "size dead": what famfs's metadata know of a file; one that is not here was not made by
//                               famfs's command
//   faults                      lines "operation errno [name]": what fails from now on; read at each operation
import { chmodSync, chownSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SuperblockFields } from "../doubles/media-bytes.js";
import { type DoubleFile, DoubleFolder, type PlacedFile, type Role, systemUuidOf } from "./double-folder.js";
import { mountCommand, mountFolder, removeMount } from "./mount-folder.js";
import { viewWrapper } from "./mountinfo.js";
import { preload } from "./preload.js";

/** Options of {@link mountStandalone}. */
export interface StandaloneOptions {
  /** `old` is KABI 42 and 43, `new` KABI 44. */
  readonly kind: "old" | "new";
  /** Files that are in the log and visible. */
  readonly files?: readonly DoubleFile[];
  readonly superblock?: SuperblockFields;
  /** What this host is to the famfs. Default `master`; a client's files have lost their write bits. */
  readonly role?: Role;
  /** Source of the mount; default `/dev/dax0.0`. */
  readonly device?: string;
  /** statfs type; default 0x87b282ff. */
  readonly magic?: number;
}

const OPTIONS = "nosuid,nodev,noexec,noatime,mode=755";

/** A mounted double. Dispose of it, best by `await using`. */
export class StandaloneMount extends DoubleFolder implements AsyncDisposable {
  /** The mount point. */
  readonly root: string;
  /** Source of the mount. */
  readonly device: string;
  /** Environment of the children that shall see famfs. */
  readonly env: NodeJS.ProcessEnv;
  /** Starts the command appended to it so that its mountinfo says famfs, and its host has the role. */
  readonly wrapper: readonly string[];
  readonly #role: Role;

  /** @internal Made by {@link mountStandalone}. */
  constructor(folder: string, { kind, role = "master", magic = 0x87b282ff, ...options }: StandaloneOptions) {
    const root = join(folder, "mnt");
    super(folder, root);
    this.root = root;
    this.device = options.device ?? "/dev/dax0.0";
    this.#role = role;
    this.env = preload(folder, root, kind, { FAMFS_DOUBLE_MAGIC: `${magic}` });
    const mountinfo = { mountPoint: root, find: " - tmpfs .*$", replace: ` - famfs ${this.device} rw` };
    this.wrapper = viewWrapper({ folder, mountinfo, systemUuid: systemUuidOf(role, options.superblock) });
    mkdirSync(root);
    mkdirSync(join(folder, "records"));
    mountCommand("mount", "-t", "tmpfs", "-o", OPTIONS, this.device, root);
    this.format(options.superblock ?? {});
    this.append(...(options.files ?? []));
  }

  protected override reveal({ name, size, mode = 0o644, uid = 0, gid = 0 }: PlacedFile): void {
    const path = join(this.root, name);
    chownSync(path, uid, gid);
    chmodSync(path, this.#role === "client" ? mode & ~0o222 : mode);
    writeFileSync(join(this.folder, "records", `${statSync(path).ino}`), `${size} 0`);
  }

  /** The administrator clears WRITE among the options of the mount, which the new kind has. */
  disableWrites(): void {
    this.fail("write-disabled", "EPERM");
  }

  /** Unmounts, whoever has files open, and removes everything. Doing it twice does nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (existsSync(this.folder)) removeMount(this.folder);
  }
}

/** Mounts a double. Where that cannot be, `cannotMount` of requirements.ts says why. */
export async function mountStandalone(options: StandaloneOptions): Promise<StandaloneMount> {
  const folder = mountFolder();
  try {
    return new StandaloneMount(folder, options);
  } catch (error) {
    removeMount(folder);
    throw error;
  }
}
