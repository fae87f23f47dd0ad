import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { FamfsError } from "../../errors.js";
import {
  ENTRY_SIZE,
  type Entry,
  entryDamage,
  type LoggedDevice,
  type LoggedFile,
  type LoggedFolder,
  parseEntry,
} from "./log-entry.js";
import { capacityOf, HEADER_SIZE, type Header, parseHeader } from "./log-header.js";
import { MediaBytes } from "./media-bytes.js";
import { MetaFile } from "./meta-file.js";
import { PATIENCE, untilWhole } from "./patience.js";
import { openSuperblock, type Superblock, superblockIn } from "./superblock.js";

export type { LoggedDevice, LoggedFile, LoggedFolder } from "./log-entry.js";

/** Entries are copied so many at a time. */
const PIECE = 128;

/** The event loop gets its turn after this long, in milliseconds. */
const TURN = 4;

/**
 * The log of a mounted famfs: what its master created, in order. Reads nothing before {@link FamfsLog.refresh}, and
 * keeps no file open.
 */
export class FamfsLog {
  /** Entries that there is room for. */
  capacity: number;
  /** Entries that were read. */
  used = 0;
  /** Entries among them that a later famfs wrote and that mean nothing here, or name what is not known here. */
  unknownEntries = 0;
  /** What is not known about the first of them. */
  firstUnknown: string | undefined;
  readonly #root: string;
  readonly #superblock: Superblock;
  readonly #patience: number;
  readonly #files = new Map<string, LoggedFile>();
  readonly #folders = new Map<string, LoggedFolder>();
  readonly #devices = new Map<number, LoggedDevice>();
  /** The first entry as it was: another one means another log. */
  #first: Buffer | undefined;
  /** As it was read last. */
  #header: Buffer | undefined;
  /** The header of a log that stayed damaged for as long as there was patience: it gets none before that changes. */
  #damagedUnder: Buffer | undefined;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  /**
   * @param root the mount root
   * @param superblock what the famfs had when it was recognised
   * @param patience for how long something half-visible is looked at again, in milliseconds
   */
  constructor(root: string, superblock: Superblock, patience = PATIENCE) {
    this.#root = root;
    this.#superblock = superblock;
    this.#patience = patience;
    this.capacity = capacityOf(superblock.logLength);
  }

  /** By name. Of several entries with one name the last one counts. */
  get files(): ReadonlyMap<string, LoggedFile> {
    return this.#files;
  }

  /** By name. */
  get folders(): ReadonlyMap<string, LoggedFolder> {
    return this.#folders;
  }

  /** Those besides the superblock's, which has index 0 unless an entry says otherwise. */
  get devices(): readonly LoggedDevice[] {
    return [...this.#devices.values()];
  }

  /**
   * Reads the header and the entries that are new. What was read before an error stays.
   * @throws {FamfsError} ERR_FAMFS_CORRUPT where an entry stays half-visible or damaged, ERR_FAMFS_INSTANCE_REPLACED,
   * ERR_FAMFS_UNSUPPORTED_VERSION, ERR_FAMFS_MEMORY_FAILURE, and what opening and mapping the log throw
   */
  refresh(): Promise<void> {
    // A refresh that runs may have looked before its caller's entry came: the next one has not, and serves all who wait.
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        this.#running = this.#refresh();
        return this.#running;
      });
    return this.#next;
  }

  /**
   * Only sees whether the famfs is still the one that was opened; does not open the log.
   * @throws {FamfsError} ERR_FAMFS_INSTANCE_REPLACED, and as {@link refresh}
   */
  async checkInstance(): Promise<void> {
    const superblock = await openSuperblock(this.#root);
    await this.#checkUuid(superblock).finally(() => superblock.close());
  }

  async #refresh(): Promise<void> {
    const [log, superblock] = await openBoth(this.#root);
    try {
      // In this order: whoever re-made the famfs has published the superblock before the first new entry.
      await this.#readLog(log).finally(() => this.#checkUuid(superblock));
    } finally {
      await Promise.all([log.close(), superblock.close()]);
    }
  }

  async #checkUuid(file: MetaFile): Promise<void> {
    const { uuid } = await superblockIn(file, this.#patience);
    if (uuid !== this.#superblock.uuid) throw this.#replaced(`its UUID is ${uuid}, it was ${this.#superblock.uuid}`);
  }

  async #readLog(file: MetaFile): Promise<void> {
    file.checkSize(this.#superblock.logLength);
    const sameDamage = this.#damagedUnder?.equals(file.read(0, HEADER_SIZE).bytes);
    const patience = sameDamage ? 0 : this.#patience;
    try {
      await this.#readPatiently(file, patience);
      this.#damagedUnder = undefined;
    } catch (error) {
      if (isCorrupt(error)) this.#damagedUnder = this.#header;
      throw error;
    }
  }

  async #readPatiently(file: MetaFile, patience: number): Promise<void> {
    const { capacity, used } = await untilWhole(() => this.#readHeader(file), patience);
    await this.#checkSame(file, used, patience);
    this.capacity = capacity;
    await this.#readEntries(file, used, patience);
  }

  #readHeader(file: MetaFile): Header {
    const media = file.read(0, HEADER_SIZE);
    this.#header = media.bytes;
    try {
      return parseHeader(media, this.#superblock.logLength);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      throw damaged(file.path, error.message);
    }
  }

  /** A log only grows: one that shrank or begins otherwise is another one. */
  async #checkSame(file: MetaFile, used: number, patience: number): Promise<void> {
    if (used < this.used) throw this.#replaced(`its log has ${used} entries, it had ${this.used}`);
    if (this.#first === undefined) return;
    const first = await this.#readWhole(file, 0, patience);
    if (!first.bytes.equals(this.#first)) throw this.#replaced("its log begins with another entry");
  }

  #replaced(found: string): FamfsError {
    return new FamfsError(
      "ERR_FAMFS_INSTANCE_REPLACED",
      `the famfs at ${this.#root} is not the one that was opened: ${found}; close everything of it, unmount, mount and open it again`,
      { path: this.#root },
    );
  }

  async #readEntries(file: MetaFile, end: number, patience: number): Promise<void> {
    const piece = new MediaBytes(Buffer.allocUnsafe(Math.min(PIECE, end - this.used) * ENTRY_SIZE));
    let turn = performance.now();
    while (this.used < end) {
      const count = Math.min(PIECE, end - this.used);
      file.readInto(piece, placeOf(this.used), count * ENTRY_SIZE);
      for (let at = 0; at < count * ENTRY_SIZE; at += ENTRY_SIZE) {
        if (entryDamage(piece, at, this.used) === undefined) this.#apply(piece, at);
        else this.#apply(await this.#readWhole(file, this.used, patience), 0);
      }
      if (performance.now() - turn < TURN) continue;
      await nextTurn();
      turn = performance.now();
    }
  }

  /** An entry whose index may have become visible before itself. */
  #readWhole(file: MetaFile, index: number, patience: number): Promise<MediaBytes> {
    return untilWhole(() => {
      const media = file.read(placeOf(index), ENTRY_SIZE);
      const damage = entryDamage(media, 0, index);
      if (damage !== undefined) throw damaged(file.path, `entry ${index}: ${damage}`);
      return media;
    }, patience);
  }

  /** Takes the next entry. */
  #apply(media: MediaBytes, at: number): void {
    const sequence = this.used++;
    if (sequence === 0) this.#first = Buffer.from(media.bytes.subarray(at, at + ENTRY_SIZE));
    try {
      this.#record(parseEntry(media, at, sequence), sequence);
    } catch (error) {
      // Its writer completed it, so it is no damage: a later famfs writes what is not known here.
      if (!(error instanceof FamfsError)) throw error;
      this.#countUnknown(sequence, error.message);
    }
  }

  #record(entry: Entry, sequence: number): void {
    switch (entry.kind) {
      case "file": {
        const { file } = entry;
        this.#folders.delete(file.name);
        this.#files.set(file.name, file);
        const unknown = this.#unknownIn(file);
        if (unknown !== undefined) this.#countUnknown(sequence, unknown);
        break;
      }
      case "folder":
        this.#files.delete(entry.folder.name);
        this.#folders.set(entry.folder.name, entry.folder);
        break;
      case "device":
        this.#devices.set(entry.device.index, entry.device);
        break;
      case "unknown":
        this.#countUnknown(sequence, `its type ${entry.type} is not known`);
    }
  }

  /** The file can be listed and used all the same. */
  #unknownIn({ extents }: LoggedFile): string | undefined {
    if (extents.kind === "unknown") return "its extents are of a kind that is not known";
    for (const { device } of extents.kind === "simple" ? extents.extents : extents.strips) {
      if (device !== 0 && !this.#devices.has(device))
        return `it lies on device ${device}, which no entry before it adds`;
    }
    return undefined;
  }

  #countUnknown(sequence: number, problem: string): void {
    this.unknownEntries++;
    this.firstUnknown ??= `entry ${sequence}: ${problem}`;
  }
}

/** Log and superblock at once, since each takes its time; or none. */
async function openBoth(root: string): Promise<[log: MetaFile, superblock: MetaFile]> {
  const opening = [MetaFile.open(join(root, ".meta/.log")), openSuperblock(root)] as const;
  try {
    return await Promise.all(opening);
  } catch (error) {
    for (const result of await Promise.allSettled(opening)) {
      if (result.status === "fulfilled") await result.value.close();
    }
    throw error;
  }
}

function isCorrupt(error: unknown): error is FamfsError {
  return error instanceof FamfsError && error.code === "ERR_FAMFS_CORRUPT";
}

function placeOf(index: number): number {
  return HEADER_SIZE + index * ENTRY_SIZE;
}

function damaged(path: string, problem: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_CORRUPT",
    `${path}: ${problem}; it stayed so while it was read again, so it is damaged, or its writer died: check it with famfs fsck`,
    { path },
  );
}
