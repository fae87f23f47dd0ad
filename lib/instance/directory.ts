import * as fs from "node:fs";
import { lstat, opendir, stat, statfs } from "node:fs/promises";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { FamfsError } from "../errors.js";
import type { LongWorkOptions } from "../guards.js";
import type { MemoryTraits } from "../memory/coherence.js";
import { JobFailure, runJob } from "../memory/job.js";
import { type Access, OpenFile } from "../memory/open-file.js";
import { COPIES } from "../memory/simulated.js";
import { fileError, refused } from "../memory/system-errors.js";
import { failureOf, native, systemError, systemFailure } from "../native/binding.js";
import type { Backend, CreateRequest, FileEntry, NamedRequest, OpenedFile } from "./backend.js";
import type { ReplayCounts, SettledFolder } from "./create-options.js";
import type { Extents } from "./famfs/extents.js";
import { makeFolder } from "./folder.js";
import { type Device, type InstanceInfo, NO_FAMFS } from "./info.js";
import { insideOnly } from "./inside.js";
import { isAllowed } from "./names.js";
import { createOneByOne } from "./one-by-one.js";

const openPath = promisify(fs.open);

/** open(2): a file without a name, which goes with its last descriptor. Node names no constant for it. */
const O_TMPFILE = 0o20000000 | (fs.constants.O_DIRECTORY ?? 0);

/** A directory of an ordinary file system: tmpfs, or another where the caller accepts the page cache. */
export class DirectoryBackend implements Backend {
  /** @param device the device number that all of its files have */
  constructor(
    readonly path: string,
    readonly device: number,
    readonly traits: MemoryTraits,
  ) {}

  /** The file gets its name when it is complete, so nobody opens half of one and a killed creator leaves nothing. */
  async create(name: string, { size, mode, contents, ...work }: CreateRequest): Promise<OpenedFile> {
    const path = join(this.path, name);
    const taken = await stat(path).then(
      () => true,
      () => false,
    );
    if (taken) throw refused(failureOf(constants.errno.EEXIST, "stat"), path);
    await checkSpace(path, size);
    const file = await openUnnamed(path, mode, this.traits);
    try {
      const filled = typeof contents === "function";
      const reserving = filled ? { signal: work.signal } : work;
      await runJob(size, reserving, (onStep) => native().reserve(file.native, size, onStep));
      file.measure();
      if (filled) await contents(file, work);
      file.link();
      return this.#opened(file);
    } catch (error) {
      file.close();
      throw error instanceof JobFailure ? reserveError(error, path, size) : error;
    }
  }

  createMany(files: readonly NamedRequest[], work: LongWorkOptions): Promise<readonly unknown[]> {
    return createOneByOne(this, files, work);
  }

  async makeFolder(name: string, options: SettledFolder): Promise<void> {
    await makeFolder(join(this.path, name), this.device, options);
  }

  async bring(): Promise<void> {}

  async replay(): Promise<ReplayCounts> {
    return { entries: 0, newFiles: 0, newFolders: 0 };
  }

  async open(name: string, access: Access): Promise<OpenedFile> {
    return this.#opened(await OpenFile.open(join(this.path, name), access, this.traits));
  }

  #opened(file: OpenFile): OpenedFile {
    return { file: insideOnly(file, this.device), extents: () => noExtents(file.path) };
  }

  async *files(): AsyncGenerator<FileEntry, void, undefined> {
    yield* this.#filesBelow("");
  }

  async *#filesBelow(folder: string): AsyncGenerator<FileEntry, void, undefined> {
    const directory = await openFolder(join(this.path, folder), folder === "");
    for await (const entry of directory ?? []) {
      if (!isAllowed(entry.name) || entry.name === COPIES) continue;
      const name = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) yield* this.#filesBelow(name);
      if (!entry.isFile()) continue;
      const status = await lstat(join(this.path, name)).catch(() => undefined);
      if (status === undefined) continue;
      const { size, mode, uid, gid } = status;
      yield { name, size, mode: mode & 0o777, uid, gid };
    }
  }

  async refresh(): Promise<void> {}

  async info(): Promise<InstanceInfo> {
    const { kind, coherence } = this.traits;
    return { kind, path: this.path, coherence, ...NO_FAMFS };
  }

  async devices(): Promise<Device[]> {
    return [];
  }

  explain(error: unknown): unknown {
    return error;
  }
}

async function openUnnamed(path: string, mode: number, traits: MemoryTraits): Promise<OpenFile> {
  try {
    const fd = await openPath(dirname(path), O_TMPFILE | fs.constants.O_RDWR, mode);
    return OpenFile.adopt(path, "read-write", fd, traits);
  } catch (error) {
    const failure = systemFailure(error);
    if (failure === undefined || !["ENOTSUP", "EISDIR"].includes(failure.name)) throw fileError(error, path);
    const directory = dirname(path);
    throw systemError(
      "ERR_FAMFS_UNSUPPORTED_FILESYSTEM",
      `the file system of ${directory} has no unnamed files (O_TMPFILE), which creation needs; use tmpfs, ext4, XFS or Btrfs`,
      failure,
      directory,
    );
  }
}

/** Asks first: a reservation that must fail would take the last pages away from everybody for a while. */
async function checkSpace(path: string, size: number): Promise<void> {
  const free = await freeSpace(path);
  if (free !== undefined && size > free) throw noSpace(path, size, `has ${free} free`);
}

/** Undefined on a tmpfs without a limit, which reports no blocks at all. */
async function freeSpace(path: string): Promise<number | undefined> {
  const directory = dirname(path);
  const { blocks, bavail, bsize } = await statfs(directory).catch((error: unknown) => {
    throw fileError(error, directory);
  });
  return blocks === 0 ? undefined : bavail * bsize;
}

function reserveError({ errno, at }: JobFailure, path: string, size: number): FamfsError {
  const failure = failureOf(errno, "fallocate");
  const full = failure.name === "ENOSPC" || failure.name === "EFBIG";
  return full ? noSpace(path, size, `was full after ${at} of them`) : refused(failure, path);
}

function noSpace(path: string, size: number, found: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_NO_SPACE",
    `${path} needs ${size} bytes, its file system ${found}; remove files, create a smaller one, or give it more room (Docker: --shm-size, else: mount -o remount,size=…)`,
    { errno: -constants.errno.ENOSPC, syscall: "fallocate", path },
  );
}

function noExtents(path: string): Extents {
  throw new FamfsError(
    "ERR_FAMFS_UNSUPPORTED_OPERATION",
    `${path} lies on no dax device, so it has no extents; files on famfs have them`,
    { path },
  );
}

/** A folder that went, or became something else, while its parent was listed has no files. */
async function openFolder(path: string, isRoot: boolean): Promise<fs.Dir | undefined> {
  try {
    return await opendir(path);
  } catch (error) {
    const refusal = fileError(error, path);
    if (!isRoot && refusal instanceof FamfsError && refusal.code === "ERR_FAMFS_NOT_FOUND") return undefined;
    throw refusal;
  }
}
