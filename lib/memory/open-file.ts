import * as fs from "node:fs";
import { promisify } from "node:util";
import type { NativeFile } from "../../types/native.js";
import { FamfsError } from "../errors.js";
import { native } from "../native/binding.js";
import type { MemoryTraits } from "./coherence.js";
import { daxDevice } from "./dax.js";
import { fileNature, type InstanceKind } from "./kind.js";
import { openCopy } from "./simulated.js";
import { fileError } from "./system-errors.js";

/** Whether stores are allowed. */
export type Access = "read-only" | "read-write";

/** Both ways to open, for guards. */
export const ACCESSES = ["read-only", "read-write"] as const;

const openPath = promisify(fs.open);

/** A regular file, or a whole dax device, that the addon keeps open: what mappings are made from. */
export class OpenFile {
  readonly path: string;
  readonly access: Access;
  /** Device and inode number, or the number of a dax device: which file the name meant when it was opened. */
  readonly identity: string;
  /** When it was made, in nanoseconds: with a time, an inode number means one file for ever. */
  readonly born: bigint;
  readonly traits: MemoryTraits;
  #size: number;
  #native: NativeFile | undefined;
  #copy: NativeFile | undefined;

  private constructor(path: string, access: Access, fd: number, traits: MemoryTraits) {
    const status = fs.fstatSync(fd, { bigint: true });
    this.path = path;
    this.access = access;
    this.#size = sizeOf(path, status, traits.kind);
    this.identity = status.isFile() ? `${status.dev}:${status.ino}` : `device:${status.rdev}`;
    this.born = status.birthtimeNs;
    this.traits = traits;
    this.#native = native().adoptFile(fd, fileNature(traits.kind));
  }

  /**
   * Opens an existing file.
   * @throws {FamfsError} ERR_FAMFS_NOT_FOUND, ERR_FAMFS_PERMISSION, ERR_FAMFS_IS_DIRECTORY, ERR_FAMFS_NOT_A_FILE,
   * ERR_FAMFS_FILE_LIMIT, ERR_FAMFS_SYSTEM
   */
  static async open(path: string, access: Access, traits: MemoryTraits): Promise<OpenFile> {
    const { O_RDONLY, O_RDWR, O_NONBLOCK } = fs.constants;
    // O_NONBLOCK: a pipe of this name must not keep a thread waiting for its other end.
    const flags = (access === "read-write" ? O_RDWR : O_RDONLY) | O_NONBLOCK;
    const fd = await openPath(path, flags).catch((error: unknown) => {
      throw fileError(error, path);
    });
    return OpenFile.adopt(path, access, fd, traits);
  }

  /** Takes over a descriptor, and closes it in any case: the addon keeps its own. */
  static adopt(path: string, access: Access, fd: number, traits: MemoryTraits): OpenFile {
    try {
      return new OpenFile(path, access, fd, traits);
    } catch (error) {
      throw fileError(error, path);
    } finally {
      fs.closeSync(fd);
    }
  }

  /** In bytes, when it was opened or measured. */
  get size(): number {
    return this.#size;
  }

  /**
   * Gives a file that was opened without a name its path, now that it has its size.
   * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NOT_FOUND, ERR_FAMFS_INVALID_NAME, ERR_FAMFS_SYSTEM
   */
  link(): void {
    try {
      native().linkFile(this.native, this.path);
    } catch (error) {
      throw fileError(error, this.path);
    }
  }

  /** Looks at the size of a file that was opened before it had one. @throws {FamfsError} ERR_FAMFS_SYSTEM */
  measure(): void {
    try {
      this.#size = native().fileSize(this.native);
    } catch (error) {
      throw fileError(error, this.path);
    }
  }

  get closed(): boolean {
    return this.#native === undefined;
  }

  /** @throws {FamfsError} ERR_FAMFS_CLOSED */
  get native(): NativeFile {
    if (this.#native === undefined) {
      throw new FamfsError("ERR_FAMFS_CLOSED", `${this.path} was closed; open it again to map it`, { path: this.path });
    }
    return this.#native;
  }

  /** What mappings are made of: the file, or the simulated host's copy of it. @throws {FamfsError} see {@link openCopy} */
  get mapped(): NativeFile {
    if (this.traits.coherence !== "simulated") return this.native;
    this.#copy ??= openCopy(this);
    return this.#copy;
  }

  /** Idempotent; mappings go on. */
  close(): void {
    if (this.#native === undefined) return;
    native().closeFile(this.#native);
    if (this.#copy !== undefined) native().closeFile(this.#copy);
    this.#native = undefined;
    this.#copy = undefined;
  }
}

/** stat(2) says 0 for a dax device; its size is in /sys. */
function sizeOf(path: string, status: fs.BigIntStats, kind: InstanceKind): number {
  if (status.isFile()) return Number(status.size);
  if (status.isDirectory()) {
    throw new FamfsError("ERR_FAMFS_IS_DIRECTORY", `${path} is a directory, expected a file; name a file in it`, {
      path,
    });
  }
  const device = kind === "devdax" && status.isCharacterDevice() ? daxDevice(status.rdev) : undefined;
  if (device !== undefined) return device.size;
  throw new FamfsError(
    "ERR_FAMFS_NOT_A_FILE",
    `${path} is no regular file (a device, pipe or socket), so it cannot be mapped`,
    { path },
  );
}
