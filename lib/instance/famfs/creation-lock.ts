import * as fs from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import type { NativeFile } from "../../../types/native.js";
import { FamfsError } from "../../errors.js";
import { fileError } from "../../memory/system-errors.js";
import { native } from "../../native/binding.js";
import type { FamfsMount } from "./mount.js";

const openPath = promisify(fs.open);

const SUPERBLOCK = ".meta/.superblock";

/**
 * Bytes far behind the superblock: locks need none that exist. One for commands that change the famfs, one for each
 * name (names that share one only wait for each other).
 */
const COMMAND = 2 ** 40;
const NAMES = 2 ** 41;

/** All in milliseconds. */
const LONGEST_PAUSE = 20;
const PATIENCE = 60_000;

/** A slow device is zeroed at this rate, in bytes in a millisecond. */
const SLOWEST_ZEROING = 64 * 1024;

/**
 * What excludes the processes of this host, all of their users and containers, while they change a famfs: locks on bytes
 * of its superblock's file. Whoever sees the famfs sees that file; the locks are the kernel's, not on the medium, and
 * end with their holder, but not before the command that it has started.
 *
 * Nobody but root may open the file for writing, which an exclusive lock would need. So a holder has a shared lock, and
 * knows that nobody else has one: it looks after it has taken it, and gives it back where there is another.
 */
export class CreationLock {
  readonly #root: string;
  readonly #file: NativeFile;
  readonly #patience: number;
  /** For the commands that are to keep the locks too. */
  readonly descriptor: number;

  private constructor(root: string, descriptor: number, patience: number) {
    this.#root = root;
    this.#patience = patience;
    this.descriptor = descriptor;
    this.#file = native().adoptFile(descriptor, 0);
  }

  /**
   * Holds nothing yet.
   * @param patience how long others are waited for, in milliseconds; longer where a file is being filled
   * @throws {FamfsError} ERR_FAMFS_PERMISSION, ERR_FAMFS_FILE_LIMIT, ERR_FAMFS_SYSTEM
   */
  static async open({ root }: Pick<FamfsMount, "root">, patience = PATIENCE): Promise<CreationLock> {
    const path = join(root, SUPERBLOCK);
    try {
      return new CreationLock(root, await openPath(path, "r"), patience);
    } catch (error) {
      throw fileError(error, path);
    }
  }

  /** Runs `action` while nobody else on this host changes the famfs. @throws {FamfsError} ERR_FAMFS_TIMEOUT */
  async whileAlone<T>(signal: AbortSignal | undefined, action: () => Promise<T>): Promise<T> {
    await this.#until(() => this.#take(COMMAND), signal, this.#patience);
    try {
      return await action();
    } finally {
      native().unlockRange(this.#file, COMMAND, 1);
    }
  }

  /** Takes a name, until {@link CreationLock.close}; only for who is alone. @throws {FamfsError} ERR_FAMFS_TIMEOUT */
  async takeName(name: string, signal: AbortSignal | undefined): Promise<void> {
    await this.#until(() => this.#take(byteOf(name)), signal, this.#patience);
  }

  /** Waits until nobody is at a file of this name, which has so many bytes. @throws {FamfsError} ERR_FAMFS_TIMEOUT */
  async untilFree(name: string, size: number, signal: AbortSignal | undefined): Promise<void> {
    const isFree = () => !native().rangeHeld(this.#file, byteOf(name), 1);
    await this.#until(isFree, signal, this.#patience + size / SLOWEST_ZEROING);
  }

  #take(at: number): boolean {
    const file = this.#file;
    if (native().rangeHeld(file, at, 1)) return false;
    native().lockRange(file, at, 1, true);
    if (!native().rangeHeld(file, at, 1)) return true;
    native().unlockRange(file, at, 1);
    return false;
  }

  async #until(holds: () => boolean, signal: AbortSignal | undefined, patience: number): Promise<void> {
    const end = performance.now() + patience;
    for (let wait = 1; ; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
      signal?.throwIfAborted();
      if (this.#asked(holds)) return;
      if (performance.now() > end) throw this.#timeoutError(patience);
      // At random, so that two who gave way to each other do not meet again.
      await pause(wait * (0.5 + Math.random()));
    }
  }

  #asked(holds: () => boolean): boolean {
    try {
      return holds();
    } catch (error) {
      throw fileError(error, join(this.#root, SUPERBLOCK));
    }
  }

  #timeoutError(patience: number): FamfsError {
    const path = join(this.#root, SUPERBLOCK);
    return new FamfsError(
      "ERR_FAMFS_TIMEOUT",
      `another process of this host has been creating on the famfs at ${this.#root} for ${Math.round(patience)} ms, or was stopped while it did; \`fuser -v ${path}\` shows it`,
      { path },
    );
  }

  /** Gives everything back. */
  close(): void {
    native().closeFile(this.#file);
    fs.closeSync(this.descriptor);
  }
}

function byteOf(name: string): number {
  return NAMES + crc32(name);
}
