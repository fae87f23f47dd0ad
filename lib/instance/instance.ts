import type { Dir } from "node:fs";
import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import { FamfsError } from "../errors.js";
import { integer, type LongWorkOptions, longWork, oneOf, options, type Progress } from "../guards.js";
import type { Coherence, MemoryTraits } from "../memory/coherence.js";
import { ACCESSES, type Access, OpenFile } from "../memory/open-file.js";
import { COPIES } from "../memory/simulated.js";
import { fileError } from "../memory/system-errors.js";
import type { Backend, InstanceKind } from "./backend.js";
import { type Closables, FamfsFile } from "./file.js";
import { fileName, isAllowed } from "./names.js";
import type { Recognised } from "./recognise.js";

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

/** A file of an instance, as {@link Instance.files} lists it. */
export interface FileEntry {
  /** Relative to the instance: what {@link Instance.open} takes. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Where shared files live. Made by {@link openInstance} and {@link createTmpfsInstance}. */
export class Instance {
  /** Absolute path, without symbolic links. */
  readonly path: string;
  readonly #device: number;
  readonly #backend: Backend;
  readonly #onClose: (() => Promise<void>) | undefined;
  readonly #open: Closables = new Set();
  #closed: Promise<void> | undefined;

  /** @internal */
  constructor({ path, device, backend }: Recognised, onClose?: () => Promise<void>) {
    this.path = path;
    this.#device = device;
    this.#backend = backend;
    this.#onClose = onClose;
  }

  /** `"tmpfs"`, or `"page-cache"` for a directory that only `allowPageCache` admitted. */
  get kind(): InstanceKind {
    return this.#backend.kind;
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
    const path = this.#resolve(name);
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
      return await this.#keep(this.#backend.create(path, { size, mode, signal, onProgress: report }));
    } catch (error) {
      const exists = error instanceof FamfsError && error.code === "ERR_FAMFS_EXISTS";
      if (!exists || ifExists === "error") throw error;
    }
    return this.#keep(openSameSize(path, size, this.#backend.traits));
  }

  /**
   * Opens an existing file.
   * @throws {FamfsError} ERR_FAMFS_NOT_FOUND, ERR_FAMFS_PERMISSION, ERR_FAMFS_IS_DIRECTORY, ERR_FAMFS_NOT_A_FILE,
   * ERR_FAMFS_INVALID_NAME, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION,
   * ERR_FAMFS_FILE_LIMIT, ERR_FAMFS_CLOSED, ERR_FAMFS_SYSTEM
   */
  async open(name: string, callerOptions?: OpenOptions): Promise<FamfsFile> {
    const path = this.#resolve(name);
    const { access = "read-only" } = options("open", callerOptions, ["access"]);
    oneOf("access", access, ACCESSES);
    return this.#keep(OpenFile.open(path, access, this.#backend.traits));
  }

  /**
   * Lists the files that {@link Instance.open} takes, also those in folders, in no order. What appears or goes meanwhile
   * may be listed or not.
   * @throws {FamfsError} ERR_FAMFS_CLOSED, ERR_FAMFS_PERMISSION, ERR_FAMFS_SYSTEM
   */
  async *files(): AsyncGenerator<FileEntry, void, undefined> {
    yield* this.#filesBelow("");
  }

  async *#filesBelow(folder: string): AsyncGenerator<FileEntry, void, undefined> {
    const directory = await openFolder(join(this.#checkOpen(), folder), folder === "");
    for await (const entry of directory ?? []) {
      this.#checkOpen();
      if (!isAllowed(entry.name)) continue;
      const name = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.name === COPIES) continue;
      if (entry.isDirectory()) yield* this.#filesBelow(name);
      if (!entry.isFile()) continue;
      const status = await lstat(join(this.path, name)).catch(() => undefined);
      if (status === undefined) continue;
      const { size, mode, uid, gid } = status;
      yield { name, size, mode: mode & 0o777, uid, gid };
    }
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

  #checkOpen(): string {
    if (!this.closed) return this.path;
    throw new FamfsError("ERR_FAMFS_CLOSED", `the instance at ${this.path} was closed; open it again`, {
      path: this.path,
    });
  }

  #resolve(name: string): string {
    return join(this.#checkOpen(), fileName(name));
  }

  /** An instance that was closed while a file was being opened must not hold it; whatever failed, that is the reason. */
  async #keep(opening: Promise<OpenFile>): Promise<FamfsFile> {
    const opened = await opening.catch((error: unknown) => {
      this.#checkOpen();
      throw error;
    });
    try {
      this.#checkOpen();
      this.#checkInside(opened);
    } catch (error) {
      opened.close();
      throw error;
    }
    return new FamfsFile(opened, this.#open);
  }

  #checkInside({ path, identity }: OpenFile): void {
    if (identity.startsWith(`${this.#device}:`)) return;
    throw new FamfsError(
      "ERR_FAMFS_INVALID_NAME",
      `${path} leads to another file system, by a symbolic link or a mount; open the instance that it leads to`,
      { path },
    );
  }
}

async function openSameSize(path: string, size: number, traits: MemoryTraits): Promise<OpenFile> {
  const opened = await OpenFile.open(path, "read-write", traits);
  if (opened.size === size) return opened;
  opened.close();
  throw new FamfsError(
    "ERR_FAMFS_EXISTS",
    `${path} exists with ${opened.size} bytes, expected ${size}; open it as it is, or choose another name`,
    { path },
  );
}

/** A folder that went, or became something else, while its parent was listed has no files. */
async function openFolder(path: string, isRoot: boolean): Promise<Dir | undefined> {
  try {
    return await opendir(path);
  } catch (error) {
    const refusal = fileError(error, path);
    if (!isRoot && refusal instanceof FamfsError && refusal.code === "ERR_FAMFS_NOT_FOUND") return undefined;
    throw refusal;
  }
}
