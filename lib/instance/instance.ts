import { FamfsError } from "../errors.js";
import { type LongWorkOptions, oneOf, options, type Progress } from "../guards.js";
import type { Coherence } from "../memory/coherence.js";
import type { InstanceKind } from "../memory/kind.js";
import { ACCESSES, type Access } from "../memory/open-file.js";
import type { Backend, FileEntry, OpenedFile } from "./backend.js";
import { fillFrom, openSource } from "./copy-in.js";
import { createMany, settleMany } from "./create-many.js";
import {
  type CopyInOptions,
  type CreateOptions,
  type CreateOutcome,
  type FileToCreate,
  type FolderOptions,
  type ReplayCounts,
  settleCopy,
  settleCreate,
  settleFolder,
  settleWork,
  type WaitForFileOptions,
} from "./create-options.js";
import { isTaken, openTaken } from "./existing.js";
import { type Closables, FamfsFile } from "./file.js";
import type { Device, InstanceInfo } from "./info.js";
import { fileName } from "./names.js";
import { settleWaitForFile, waitForFile } from "./wait-for-file.js";

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
  /** Ends what waits. */
  readonly #closing = new AbortController();
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
   * Makes a file, its space reserved and zero, and opens it read-write. Of several processes that make the same name
   * exactly one succeeds; an existing file is never changed. On tmpfs it appears under its name when it is complete.
   *
   * On famfs only the master can, through famfs's own command. The file has its name before it is zero: whoever creates
   * it too, or waits for it, on this host waits until it is. It takes whole allocation units of the device, 2 MiB each as
   * a rule; {@link FamfsFile.extents} tells. Nothing is ever deleted on famfs: a file whose making was aborted or killed
   * after it had its name stays for ever, partly zero, and creating it again says ERR_FAMFS_EXISTS. It can be opened
   * read-write and filled.
   * @param name relative to the instance, such as `"table"` or `"models/a"` (folders must exist); on famfs 79 bytes of
   * UTF-8 at most, 78 on the FUSE kind
   * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NO_SPACE, ERR_FAMFS_INVALID_NAME, ERR_FAMFS_INVALID_TYPE,
   * ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_MISALIGNED, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_NOT_FOUND, ERR_FAMFS_PERMISSION,
   * ERR_FAMFS_FILE_LIMIT, ERR_FAMFS_UNSUPPORTED_FILESYSTEM, ERR_FAMFS_CLOSED, ERR_FAMFS_SYSTEM; on famfs also
   * ERR_FAMFS_NOT_MASTER, ERR_FAMFS_LOG_FULL, ERR_FAMFS_TIMEOUT, ERR_FAMFS_FILE_DEAD, ERR_FAMFS_CLI_MISSING,
   * ERR_FAMFS_CLI_TIMEOUT, ERR_FAMFS_CLI_FAILED, ERR_FAMFS_MEMORY_FAILURE and as {@link Instance.refresh}; the signal's
   * reason when it is aborted: then on tmpfs nothing is left behind
   */
  async create(name: string, options: CreateOptions): Promise<FamfsFile> {
    this.#checkOpen();
    const file = fileName(name);
    const { request, ifExists } = settleCreate(options);
    try {
      return await this.#keep(this.#backend.create(file, this.#whileOpen(request)));
    } catch (error) {
      if (!isTaken(error) || ifExists === "error") throw error;
    }
    return this.#keep(openTaken(this.#backend, file, request));
  }

  /**
   * Makes many files, and tells what became of each: one that fails does not keep the others from being made. None of
   * them is left open. On famfs that takes one lock and one command for many of them.
   * @param files names and options, as for {@link Instance.create}
   * @param options `onProgress` counts the bytes of all files together; when `signal` is aborted, the outcomes of the
   * files that were not made have its reason as their error
   * @returns an outcome for each, in their order; the promise rejects only where nothing was begun
   * @throws {FamfsError} ERR_FAMFS_INVALID_NAME, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_MISALIGNED,
   * ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_CLOSED
   */
  async createMany(files: readonly FileToCreate[], options?: LongWorkOptions): Promise<CreateOutcome[]> {
    this.#checkOpen();
    const many = settleMany(files);
    const work = this.#whileOpen(settleWork("createMany", options));
    const outcomes = await createMany(this.#backend, many, work);
    this.#checkOpen();
    return outcomes;
  }

  /**
   * Makes a file and fills it with a copy, through a mapping, written back for other hosts. On tmpfs it appears when it is
   * complete; on famfs it has its name while it is filled.
   * @param source the path of a regular file, or bytes; not empty
   * @returns the file, open read-write
   * @throws {FamfsError} as {@link Instance.create}; of the source ERR_FAMFS_NOT_FOUND, ERR_FAMFS_PERMISSION,
   * ERR_FAMFS_IS_DIRECTORY, ERR_FAMFS_NOT_A_FILE, ERR_FAMFS_OUT_OF_RANGE where it is empty, ERR_FAMFS_PAST_END where it
   * becomes shorter meanwhile; the signal's reason when it is aborted: see {@link Instance.create} for what then is left
   */
  async copyIn(source: string | Uint8Array, name: string, options?: CopyInOptions): Promise<FamfsFile> {
    this.#checkOpen();
    const file = fileName(name);
    const settled = settleCopy(options);
    const opened = await openSource(source);
    try {
      const request = { ...settled, size: opened.size, contents: fillFrom(opened) };
      return await this.#keep(this.#backend.create(file, this.#whileOpen(request)));
    } finally {
      await opened.close();
    }
  }

  /**
   * Makes a folder. On famfs only its master can; other hosts see it after {@link Instance.replay}.
   * @param name relative to the instance
   * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NOT_FOUND where a folder above it does not exist,
   * ERR_FAMFS_INVALID_NAME, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION,
   * ERR_FAMFS_PERMISSION, ERR_FAMFS_NO_SPACE, ERR_FAMFS_CLOSED, ERR_FAMFS_SYSTEM; on famfs also ERR_FAMFS_NOT_MASTER,
   * ERR_FAMFS_LOG_FULL, ERR_FAMFS_TIMEOUT, ERR_FAMFS_CLI_MISSING, ERR_FAMFS_CLI_TIMEOUT, ERR_FAMFS_CLI_FAILED
   */
  async mkdir(name: string, options?: FolderOptions): Promise<void> {
    this.#checkOpen();
    await this.#backend.makeFolder(fileName(name), settleFolder(options));
  }

  /**
   * Makes the files and folders that the master has made visible on this host (`famfs logplay`). On tmpfs there is nothing
   * to do.
   * @param options `signal` ends it; the promise rejects with its reason
   * @returns how many there were
   * @throws {FamfsError} ERR_FAMFS_PERMISSION, ERR_FAMFS_TIMEOUT, ERR_FAMFS_CLI_MISSING, ERR_FAMFS_CLI_TIMEOUT,
   * ERR_FAMFS_CLI_FAILED, ERR_FAMFS_DAEMON_DEAD, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_CLOSED
   */
  async replay(options?: Pick<LongWorkOptions, "signal">): Promise<ReplayCounts> {
    this.#checkOpen();
    return this.#backend.replay(settleWork("replay", options).signal);
  }

  /**
   * Waits until a file is there, and opens it; on famfs it replays the log when that has the file and this host does not.
   * A file that is being made on this host is waited for until it is complete. On other hosts of a famfs it appears before
   * it is: there its maker has to tell, by what it stores in it, that it is.
   * @throws {FamfsError} ERR_FAMFS_TIMEOUT, which tells what stood in the way; as {@link Instance.open} except
   * ERR_FAMFS_NOT_FOUND; on famfs also ERR_FAMFS_CORRUPT, ERR_FAMFS_INSTANCE_REPLACED, ERR_FAMFS_DAEMON_DEAD; the
   * signal's reason when it is aborted
   */
  async waitForFile(name: string, options?: WaitForFileOptions): Promise<FamfsFile> {
    this.#checkOpen();
    const wait = settleWaitForFile(options);
    return this.#keep(waitForFile(this.#backend, fileName(name), wait, this.#closing.signal));
  }

  /**
   * Opens an existing file.
   * @throws {FamfsError} ERR_FAMFS_NOT_FOUND, ERR_FAMFS_PERMISSION, ERR_FAMFS_IS_DIRECTORY, ERR_FAMFS_NOT_A_FILE,
   * ERR_FAMFS_INVALID_NAME, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION,
   * ERR_FAMFS_FILE_LIMIT, ERR_FAMFS_DEVICE_MODE, ERR_FAMFS_CLOSED, ERR_FAMFS_SYSTEM
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
      this.#closing.abort(this.#closedError());
      for (const open of [...this.#open]) open.close();
    }
    return this.#closed;
  }

  /** {@link Instance.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(): void {
    if (this.closed) throw this.#closedError();
  }

  #closedError(): FamfsError {
    const { path } = this;
    return new FamfsError("ERR_FAMFS_CLOSED", `the instance at ${path} was closed; open it again`, { path });
  }

  /** Long work ends when the instance is closed. */
  #whileOpen<T extends LongWorkOptions>(work: T): T {
    const onProgress = (progress: Progress) => {
      work.onProgress?.(progress);
      this.#checkOpen();
    };
    return { ...work, onProgress };
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
