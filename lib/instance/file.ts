import { FamfsError } from "../errors.js";
import { aligned, integer, options } from "../guards.js";
import { Mapping } from "../memory/mapping.js";
import type { Access, OpenFile } from "../memory/open-file.js";
import { Region } from "../memory/region.js";
import type { Backend, OpenedFile } from "./backend.js";
import { type Extents, type Location, locate } from "./famfs/extents.js";

/** Options of {@link FamfsFile.map}. */
export interface MapOptions {
  /** Start in the file, in bytes; a multiple of {@link Instance.mapAlignment}. Default 0. */
  offset?: number | undefined;
  /** Length in bytes, at least 1. Default: up to the end of the file. */
  length?: number | undefined;
}

/** Those who close with their instance. */
export type Closables = Set<{ close(): void }>;

// The net under files that nobody closed.
const forgotten = new FinalizationRegistry<{ opened: OpenFile; siblings: Closables }>(({ opened, siblings }) => {
  siblings.delete(opened);
  opened.close();
});

/** An open file of an instance, to be mapped. Made by {@link Instance.create} and {@link Instance.open}. */
export class FamfsFile {
  /** Absolute path. */
  readonly path: string;
  /** Size in bytes when it was opened. */
  readonly size: number;
  /** Whether its mappings allow stores. */
  readonly access: Access;
  /** @internal On famfs: of its entry in the log, where this user may know it. */
  readonly sequence: number | undefined;
  readonly #opened: OpenFile;
  readonly #extents: () => Extents;
  readonly #siblings: Closables;
  readonly #backend: Backend;

  /** @internal */
  constructor({ file: opened, extents, sequence }: OpenedFile, siblings: Closables, backend: Backend) {
    this.path = opened.path;
    this.size = opened.size;
    this.access = opened.access;
    this.sequence = sequence;
    this.#opened = opened;
    this.#extents = extents;
    this.#siblings = siblings;
    this.#backend = backend;
    siblings.add(opened);
    forgotten.register(this, { opened, siblings }, this);
  }

  /** True after {@link FamfsFile.close} of the file or of its instance. */
  get closed(): boolean {
    return this.#opened.closed;
  }

  /**
   * Maps the file or a part of it: one shared mmap, whatever the size. Makes no ArrayBuffer yet.
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_MISALIGNED, ERR_FAMFS_PAST_END,
   * ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_CLOSED, ERR_FAMFS_PERMISSION, ERR_FAMFS_MAP_LIMIT, ERR_FAMFS_ADDRESS_SPACE; on
   * famfs also ERR_FAMFS_FILE_DEAD, ERR_FAMFS_DEVICE_FAILED, ERR_FAMFS_WRITE_DISABLED; on a dax device
   * ERR_FAMFS_DEVICE_MODE
   */
  map(callerOptions?: MapOptions): Mapping {
    const { offset = 0, length: wanted } = options("map", callerOptions, ["offset", "length"]);
    aligned("offset", integer("offset", offset, 0), this.#opened.traits.mapAlignment);
    const length = wanted === undefined ? this.size - offset : integer("length", wanted, 1);
    if (length < 1 || offset + length > this.size) {
      throw new FamfsError(
        "ERR_FAMFS_PAST_END",
        `a mapping of ${length} bytes at offset ${offset} must lie inside ${this.path}, which has ${this.size} bytes`,
        { path: this.path },
      );
    }
    return new Mapping(this.#region(offset, length, this.#siblings), 0, length);
  }

  /** `siblings` comes apart: a mapping whose region had this object would keep it, and so its descriptor, open. */
  #region(offset: number, length: number, siblings: Closables): Region {
    try {
      const region = new Region(this.#opened, offset, length, (closed) => siblings.delete(closed));
      siblings.add(region);
      return region;
    } catch (error) {
      throw this.#backend.explain(error);
    }
  }

  /**
   * Where the bytes of the file lie on the dax devices of its instance, as the log of its famfs said when it was opened.
   * @throws {FamfsError} ERR_FAMFS_UNSUPPORTED_OPERATION on tmpfs and in directories; ERR_FAMFS_PERMISSION where this
   * user may read neither the log nor the shadow folder
   */
  extents(): Extents {
    return this.#extents();
  }

  /**
   * Where one byte of the file lies, and how many lie there in a row.
   * @param offset in bytes from the start of the file, below its size
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_PAST_END, and as
   * {@link FamfsFile.extents}
   */
  locate(offset: number): Location {
    return locate(this.#extents(), this.size, offset);
  }

  /** Ends this file; its mappings go on. Closing twice does nothing. */
  close(): void {
    if (this.closed) return;
    forgotten.unregister(this);
    this.#siblings.delete(this.#opened);
    this.#opened.close();
  }

  /** {@link FamfsFile.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
