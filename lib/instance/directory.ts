import * as fs from "node:fs";
import { stat, statfs } from "node:fs/promises";
import { constants } from "node:os";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { FamfsError } from "../errors.js";
import type { MemoryTraits } from "../memory/coherence.js";
import { JobFailure, runJob } from "../memory/job.js";
import { OpenFile } from "../memory/open-file.js";
import { fileError, refused } from "../memory/system-errors.js";
import { failureOf, native, systemError, systemFailure } from "../native/binding.js";
import type { Backend, CreateRequest, InstanceKind } from "./backend.js";

const openPath = promisify(fs.open);

/** open(2): a file without a name, which goes with its last descriptor. Node names no constant for it. */
const O_TMPFILE = 0o20000000 | (fs.constants.O_DIRECTORY ?? 0);

/** A directory of an ordinary file system: tmpfs, or another where the caller accepts the page cache. */
export class DirectoryBackend implements Backend {
  constructor(
    readonly kind: InstanceKind,
    readonly traits: MemoryTraits,
  ) {}

  /** The file gets its name when it is complete, so nobody opens half of one and a killed creator leaves nothing. */
  async create(path: string, { size, mode, ...work }: CreateRequest): Promise<OpenFile> {
    const taken = await stat(path).then(
      () => true,
      () => false,
    );
    if (taken) throw refused(failureOf(constants.errno.EEXIST, "stat"), path);
    await this.#checkSpace(path, size);
    const file = await this.#openUnnamed(path, mode);
    try {
      await runJob(size, work, (onStep) => native().reserve(file.native, size, onStep));
      file.link();
      return file;
    } catch (error) {
      file.close();
      throw error instanceof JobFailure ? reserveError(error, path, size) : error;
    }
  }

  async #openUnnamed(path: string, mode: number): Promise<OpenFile> {
    try {
      const fd = await openPath(dirname(path), O_TMPFILE | fs.constants.O_RDWR, mode);
      return OpenFile.adopt(path, "read-write", fd, this.traits);
    } catch (error) {
      const failure = systemFailure(error);
      if (failure === undefined || !["EOPNOTSUPP", "EISDIR"].includes(failure.name)) throw fileError(error, path);
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
  async #checkSpace(path: string, size: number): Promise<void> {
    const free = await freeSpace(path);
    if (free !== undefined && size > free) throw noSpace(path, size, `has ${free} free`);
  }
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
