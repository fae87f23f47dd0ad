// Writes the superblock and the log of a famfs below a folder, which stands for the mount.
import { closeSync, constants, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  DEVICE_ENTRY,
  type DeviceFields,
  devicePayload,
  ENTRY_SIZE,
  entryBytes,
  FILE_ENTRY,
  type FileFields,
  FOLDER_ENTRY,
  type FolderFields,
  filePayload,
  folderPayload,
  HEADER_SIZE,
  headerBytes,
  MEBI,
  putU64,
  SUPERBLOCK_SIZE,
  type SuperblockFields,
  superblockBytes,
} from "./media-bytes.js";

/** Writes `.meta/.superblock` below a folder, 2 MiB long (sparse). */
export function writeSuperblock(root: string, fields: SuperblockFields = {}): void {
  const path = join(root, ".meta/.superblock");
  withFile(path, (fd) => {
    ftruncateSync(fd, 2 * MEBI);
    writeSync(fd, superblockBytes(fields), 0, SUPERBLOCK_SIZE, 0);
  });
}

function withFile<T>(path: string, use: (fd: number) => T): T {
  mkdirSync(dirname(path), { recursive: true });
  // Not "w": whoever has it mapped must not see it shrink.
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/** Appends to `.meta/.log` below a folder, one process at a time. It holds no file open between calls. */
export class LogWriter {
  readonly path: string;

  /** Of a log that is there, or made by {@link LogWriter.create}. */
  constructor(root: string) {
    this.path = join(root, ".meta/.log");
  }

  /** An empty log of this many bytes (sparse), in place of one that is there. */
  static create(root: string, length = 8 * MEBI): LogWriter {
    const writer = new LogWriter(root);
    withFile(writer.path, (fd) => {
      ftruncateSync(fd, length);
      // As mkfs does: no entry of an older log stays.
      writeAt(fd, Buffer.alloc(nextIndex(fd) * ENTRY_SIZE), HEADER_SIZE);
      writeAt(fd, headerBytes({ length }), 0);
    });
    return writer;
  }

  /** How many entries there are. */
  get used(): number {
    return withFile(this.path, nextIndex);
  }

  /** Appends a FILE entry; returns its index. */
  file(fields: FileFields): number {
    return this.append(FILE_ENTRY, filePayload(fields));
  }

  /** Appends a MKDIR entry; returns its index. */
  folder(fields: FolderFields): number {
    return this.append(FOLDER_ENTRY, folderPayload(fields));
  }

  /** Appends an ADD_DAXDEV entry; returns its index. */
  device(fields: DeviceFields): number {
    return this.append(DEVICE_ENTRY, devicePayload(fields));
  }

  /** Appends an entry of any type; returns its index. */
  append(type: number, payload: Buffer): number {
    return this.appendAll([{ type, payload }]);
  }

  /** Appends many entries at once; returns the index of the first. */
  appendAll(entries: readonly { readonly type: number; readonly payload: Buffer }[]): number {
    return withFile(this.path, (fd) => {
      const first = nextIndex(fd);
      const bytes = entries.map(({ type, payload }, i) => entryBytes(first + i, type, payload));
      writeAt(fd, Buffer.concat(bytes), HEADER_SIZE + first * ENTRY_SIZE);
      publish(fd, first + entries.length);
      return first;
    });
  }

  /** Moves the index alone, as a reader sees it whose entry is still in the writer's cache. */
  publish(count: number): void {
    withFile(this.path, (fd) => publish(fd, count));
  }

  /** Stores an entry's bytes without moving the index. */
  place(index: number, bytes: Buffer): void {
    this.overwrite(HEADER_SIZE + index * ENTRY_SIZE, bytes);
  }

  /** Stores bytes anywhere in the log. */
  overwrite(at: number, bytes: Buffer): void {
    withFile(this.path, (fd) => writeAt(fd, bytes, at));
  }
}

function nextIndex(fd: number): number {
  const bytes = Buffer.alloc(8);
  readSync(fd, bytes, 0, 8, 40);
  return Number(bytes.readBigUInt64LE(0));
}

function publish(fd: number, count: number): void {
  const bytes = Buffer.alloc(16);
  putU64(bytes, 0, count);
  putU64(bytes, 8, count);
  writeAt(fd, bytes, 32);
}

function writeAt(fd: number, bytes: Buffer, at: number): void {
  if (writeSync(fd, bytes, 0, bytes.length, at) !== bytes.length) throw new Error("a short write");
}

/** Makes the `.meta` of a famfs below a folder: superblock and empty log; returns the writer of its log. */
export function makeMedia(root: string, fields: SuperblockFields = {}): LogWriter {
  writeSuperblock(root, fields);
  return LogWriter.create(root, Number(fields.logLength ?? 8 * MEBI));
}
