import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import {
  DEFAULT_MASTER_UUID,
  FILE_ENTRY,
  type FileFields,
  filePayload,
  type MapFields,
  MEBI,
  type SuperblockFields,
} from "../doubles/media-bytes.js";
import { LogWriter, makeMedia } from "../doubles/media-writer.js";

/** A file of a double; it lies in one extent of its own unless `map` says where. */
export interface DoubleFile extends Omit<FileFields, "map" | "name" | "size"> {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly map?: MapFields;
  /** What it holds from its start on; default zeros. */
  readonly bytes?: Uint8Array;
}

/** A file whose place is known. */
export type PlacedFile = DoubleFile & { readonly map: MapFields };

/** What a host is to a famfs. */
export type Role = "master" | "client";

/** What a host's /opt/famfs/system_uuid holds in a role. */
export function systemUuidOf(role: Role, superblock: SuperblockFields = {}): string {
  return role === "master" ? (superblock.masterUuid ?? DEFAULT_MASTER_UUID) : "99999999-9999-4999-8999-999999999999";
}

const FIRST_FREE = 10 * MEBI;

/** What lies behind a double: the medium, the files, and what fails. */
export abstract class DoubleFolder {
  /** Of everything below, and of the mount. */
  readonly folder: string;
  /** The bytes of the files, those of the medium too: {@link LogWriter} takes it for the root of a famfs. */
  readonly data: string;
  #free = FIRST_FREE;

  protected constructor(folder: string, data: string) {
    this.folder = folder;
    this.data = data;
  }

  /** Makes a file that is in the log, or of the medium, visible in the mount. */
  protected abstract reveal(file: PlacedFile): void;

  /** Makes superblock and log, with the modes that mkmeta gives them. */
  protected format(fields: SuperblockFields, logMode = 0o644): void {
    const length = Number(fields.logLength ?? 8 * MEBI);
    const offset = Number(fields.logOffset ?? 2 * MEBI);
    makeMedia(this.data, fields);
    const superblock = { name: ".meta/.superblock", size: 2 * MEBI, mode: 0o444 };
    this.reveal({ ...superblock, map: { extents: [{ offset: 0, length: 2 * MEBI }] } });
    this.reveal({ name: ".meta/.log", size: length, mode: logMode, map: { extents: [{ offset, length }] } });
  }

  /** The writer of the log. */
  get log(): LogWriter {
    return new LogWriter(this.data);
  }

  /** Makes files as `famfs creat` does on this host: in the log, and visible. */
  append(...files: readonly DoubleFile[]): void {
    const placed = files.map((file) => this.#place(file));
    this.log.appendAll(placed.map((file) => ({ type: FILE_ENTRY, payload: filePayload(file) })));
    for (const file of placed) this.show(file);
  }

  /** Makes a file as another host does: in the log only. Returns what {@link DoubleFolder.show} takes. */
  write(file: DoubleFile): DoubleFile {
    const placed = this.#place(file);
    this.log.file(placed);
    return placed;
  }

  /** Makes a file of the log visible, as logplay does. */
  show(file: DoubleFile): void {
    makeFile(join(this.data, file.name), file.bytes ?? "", file.size);
    this.reveal(this.#place(file));
  }

  #place(file: DoubleFile): PlacedFile {
    const { map } = file;
    if (map !== undefined) return { ...file, map };
    const length = Math.ceil(file.size / (2 * MEBI)) * 2 * MEBI;
    const extents = [{ offset: this.#free, length }];
    this.#free += length;
    return { ...file, map: { extents } };
  }

  /** From now on an operation fails, on all files or on one. */
  fail(operation: FailingOperation, errno: string, name = ""): void {
    writeFileSync(join(this.folder, "faults"), `${operation} ${errnoOf(errno)} ${name}\n`, { flag: "a" });
  }

  /** Takes back what {@link DoubleFolder.fail} did. */
  repair(): void {
    rmSync(join(this.folder, "faults"), { force: true });
  }

  /** A memory error: every operation fails, and every access to a mapping (SIGBUS). There is no way back. */
  failDevice(errno: "EIO" | "ENODEV" | "EHWPOISON"): void {
    this.fail("*", errno);
    for (const entry of readdirSync(this.data, { recursive: true, encoding: "utf8", withFileTypes: true })) {
      if (entry.isFile()) truncateSync(join(entry.parentPath, entry.name));
    }
  }
}

/** What may fail. `mmap` of FUSE only where no one has the file open, with ENODEV; children can have more. */
export type FailingOperation =
  | "*"
  | "open"
  | "read"
  | "write"
  | "mmap"
  | "lookup"
  | "getattr"
  | "getxattr"
  | "readdir"
  | "statfs"
  | "write-disabled";

/** EHWPOISON has no name in node:os. */
const errnos: Readonly<Record<string, number>> = { ...constants.errno, EHWPOISON: 133 };

function errnoOf(name: string): number {
  const number = errnos[name];
  if (number === undefined) throw new Error(`${name} is no errno`);
  return number;
}

/** Makes a file and the folders above it. */
export function makeFile(path: string, content: string | Uint8Array, size?: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  if (size !== undefined) truncateSync(path, size);
}
