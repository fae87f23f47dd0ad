import { FamfsError } from "../errors.js";
import { integer, type LongWorkOptions, longWork, oneOf, options, type Progress } from "../guards.js";
import type { Coherence } from "../memory/coherence.js";
import type { InstanceKind } from "../memory/kind.js";
import { ACCESSES, type Access } from "../memory/open-file.js";
import type { Backend, FileEntry, OpenedFile } from "./backend.js";
import { type Closables, FamfsFile } from "./file.js";
import type { Device, InstanceInfo } from "./info.js";
import { fileName } from "./names.js";

/** Options of {@link Instance.create}. */
export interface CreateOptions extends LongWorkOptions {
  /** Size in bytes, at least 1. */
  size: number;
  /** Permission bits; the umask is taken off. Default 0o644. */
  mode?: number | undefined;
  /** What to do where the name is taken: an error (the default), or open it, if its size is the same. */
  ifExists?: "error" | "open" | undefined;
}

/** Options of {@link Instance.open}. */
export interface OpenOptions {
  /** Default `"read-only"`. */
  access?: Access | undefined;
}

/** Where shared files live. Made by {@link openInstance} and {@link createTmpfsInstance}. */
export class Instance {
  readonly #backend: Backend;
  readonly #onClose: (() => Promise<void>) | undefined;
  readonly #open: Closables = new Set();
  #closed: Promise<void> | undefined;

  /** @internal */
  constructor(backend: Backend, onClose?: () => Promise<void>) {
    this.#backend = backend;
    this.#onClose = onClose;
  }

  /** Absolute path, without symbolic links. Of a famfs it is the mount point, whatever path inside was opened. */
  get path(): string {
    return this.#backend.path;
  }

  /** What it is; {@link InstanceKind} has a sentence for each. */
  get kind(): InstanceKind {
    return this.#backend.traits.kind;
  }

  /** The mode that all of its mappings have; docs/memory-model.md. */
  get coherence(): Coherence {
    return this.#backend.traits.coherence;
  }

  /** Offsets of mappings are multiples of this, in bytes. */
  get mapAlignment(): number {
    return this.#backend.traits.mapAlignment;
  }

  /** True after {@link Instance.close}. */
  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /**
   * Makes a file, its space reserved and zero, and opens it read-write. It appears under its name when it is complete;
   * of several processes that make the same name exactly one succeeds. An existing file is never changed.
   * @param name relative to the instance, such as `"table"` or `"models/a"` (folders must exist)
   * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NO_SPACE, ERR_FAMFS_INVALID_NAME, ERR_FAMFS_INVALID_TYPE,
   * ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_NOT_FOUND, ERR_FAMFS_PERMISSION,
   * ERR_FAMFS_FILE_LIMIT, ERR_FAMFS_UNSUPPORTED_FILESYSTEM, ERR_FAMFS_CLOSED, ERR_FAMFS_SYSTEM; the signal's reason
   * when it is aborted, and then nothing is left behind
   */
  async create(name: string, callerOptions: CreateOptions): Promise<FamfsFile> {
    this.#checkOpen();
    const file = fileName(name);
    const known = ["size", "mode", "ifExists", "signal", "onProgress"] as const;
    const given = options("create", callerOptions, known);
    const { mode = 0o644, ifExists = "error" } = given;
    const size = integer("size", given.size, 1);
    integer("mode", mode, 0, 0o777);
    oneOf("ifExists", ifExists, ["error", "open"]);
    const { signal, onProgress } = longWork(given);
    const report = (progress: Progress) => {
      onProgress?.(progress);
      this.#checkOpen();
    };
    try {
      return await this.#keep(this.#backend.create(file, { size, mode, signal, onProgress: report }));
    } catch (error) {
      const exists = error instanceof FamfsError && error.code === "ERR_FAMFS_EXISTS";
      if (!exists || ifExists === "error") throw error;
    }
    return this.#keep(openSameSize(this.#backend, file, size));
  }

  /**
   * Opens an existing file.
   * @throws {FamfsError} ERR_FAMFS_NOT_FOUND, ERR_FAMFS_PERMISSION, ERR_FAMFS_IS_DIRECTORY, ERR_FAMFS_NOT_A_FILE,
   * ERR_FAMFS_INVALID_NAME, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION,
   * ERR_FAMFS_FILE_LIMIT, ERR_FAMFS_CLOSED, ERR_FAMFS_SYSTEM
   */
  async open(name: string, callerOptions?: OpenOptions): Promise<FamfsFile> {
    this.#checkOpen();
    const file = fileName(name);
    const { access = "read-only" } = options("open", callerOptions, ["access"]);
    oneOf("access", access, ACCESSES);
    return this.#keep(this.#backend.open(file, access));
  }

  /**
   * Lists the files of the instance, also those in folders, in no order. What appears or goes meanwhile may be listed
   * or not. On famfs they come from its log: a file that the master made since this host played the log last is listed,
   * and {@link Instance.open} finds it after {@link Instance.replay}; modes and owners are those that it was made with.
   * @throws {FamfsError} ERR_FAMFS_CLOSED, ERR_FAMFS_PERMISSION, ERR_FAMFS_CORRUPT, ERR_FAMFS_INSTANCE_REPLACED,
   * ERR_FAMFS_DAEMON_DEAD, ERR_FAMFS_DEVICE_FAILED, ERR_FAMFS_SYSTEM
   */
  async *files(): AsyncGenerator<FileEntry, void, undefined> {
    this.#checkOpen();
    try {
      for await (const entry of this.#backend.files()) {
        this.#checkOpen();
        yield entry;
      }
      this.#checkOpen();
    } catch (error) {
      this.#checkOpen();
      throw error;
    }
  }

  /**
   * Reads what is new in the log of a famfs; what {@link Instance.open}, {@link Instance.files} and the others do by
   * themselves. On other kinds nothing.
   * @throws {FamfsError} ERR_FAMFS_INSTANCE_REPLACED where another famfs was made on the device since the instance was
   * opened; and as {@link Instance.files}
   */
  async refresh(): Promise<void> {
    this.#checkOpen();
    await this.#backend.refresh();
  }

  /**
   * What is known of the instance and of this host's part in it.
   * @throws {FamfsError} as {@link Instance.refresh}
   */
  async info(): Promise<InstanceInfo> {
    this.#checkOpen();
    return this.#backend.info();
  }

  /**
   * The dax devices that the instance lies on, by {@link Extent.device}; none on tmpfs and in directories.
   * @throws {FamfsError} as {@link Instance.refresh}
   */
  async devices(): Promise<Device[]> {
    this.#checkOpen();
    return this.#backend.devices();
  }

  /** Closes all files and mappings opened through this instance. Closing twice does nothing. */
  close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = this.#onClose?.() ?? Promise.resolve();
      for (const open of [...this.#open]) open.close();
    }
    return this.#closed;
  }

  /** {@link Instance.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(): void {
    if (!this.closed) return;
    throw new FamfsError("ERR_FAMFS_CLOSED", `the instance at ${this.path} was closed; open it again`, {
      path: this.path,
    });
  }

  /** An instance that was closed while a file was being opened must not hold it; whatever failed, that is the reason. */
  async #keep(opening: Promise<OpenedFile>): Promise<FamfsFile> {
    const opened = await opening.catch((error: unknown) => {
      this.#checkOpen();
      throw error;
    });
    try {
      this.#checkOpen();
    } catch (error) {
      opened.file.close();
      throw error;
    }
    return new FamfsFile(opened, this.#open, this.#backend);
  }
}

async function openSameSize(backend: Backend, name: string, size: number): Promise<OpenedFile> {
  const opened = await backend.open(name, "read-write");
  const { file } = opened;
  if (file.size === size) return opened;
  file.close();
  throw new FamfsError(
    "ERR_FAMFS_EXISTS",
    `${file.path} exists with ${file.size} bytes, expected ${size}; open it as it is, or choose another name`,
    { path: file.path },
  );
}
