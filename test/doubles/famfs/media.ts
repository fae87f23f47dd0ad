// What famfs's own command does to a famfs, done to a folder that stands for one.
import {
  chmodSync,
  closeSync,
  existsSync,
  fchownSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import {
  ENTRY_SIZE,
  FILE_ENTRY,
  type FileFields,
  FOLDER_ENTRY,
  type FolderFields,
  HEADER_SIZE,
  type MapFields,
  MEBI,
} from "../media-bytes.js";
import { LogWriter } from "../media-writer.js";
import { shadowText } from "../shadow-writer.js";
import { wrong } from "./wrong.js";

const UNIT = 2 * MEBI;

/** What an unused part of the device holds: anything. */
const GARBAGE = Buffer.alloc(64 * 1024, 0xa5);

/** How a file is to be dealt to parts of the device. */
export interface Interleave {
  readonly buckets: number;
  readonly strips: number;
  readonly chunkSize: number;
}

interface Entry {
  readonly type: number;
  readonly bytes: Buffer;
}

/** A mounted famfs: `root` is what its users see; the bytes of its files are below `data`, which may be `root`. */
export class Media {
  readonly log: LogWriter;

  constructor(
    readonly root: string,
    readonly data: string,
    /** Of the FUSE kind: below its `root` is a description of each file that is visible. */
    readonly shadow: string | undefined,
    /** Of the standalone kinds: what their metadata know of a file, by its inode number. */
    readonly records: string | undefined,
  ) {
    this.log = new LogWriter(data);
  }

  /** That of a path inside, or undefined where there is none. */
  static around(path: string): Media | undefined {
    for (let root = path; root !== "/"; root = dirname(root)) {
      if (!existsSync(join(root, ".meta/.log"))) continue;
      const {
        FAMFS_DOUBLE_DATA: data = root,
        FAMFS_DOUBLE_SHADOW: shadow,
        FAMFS_DOUBLE_RECORDS: records,
      } = process.env;
      return new Media(root, data, shadow, records);
    }
    return undefined;
  }

  nameOf(path: string): string {
    return relative(this.root, path);
  }

  get full(): boolean {
    const bytes = readFileSync(this.log.path);
    return bytes.readBigUInt64LE(40) > bytes.readBigUInt64LE(16);
  }

  #entries(): Entry[] {
    const log = readFileSync(this.log.path);
    return Array.from({ length: this.log.used }, (_, index) => {
      const bytes = log.subarray(HEADER_SIZE + index * ENTRY_SIZE, HEADER_SIZE + (index + 1) * ENTRY_SIZE);
      return { type: bytes.readUInt32LE(8), bytes: bytes.subarray(16) };
    });
  }

  /** Behind all that the log has given away. */
  #free(): number {
    let end = UNIT + Number(readFileSync(join(this.data, ".meta/.superblock")).readBigUInt64LE(24));
    for (const { type, bytes } of this.#entries()) {
      if (type !== FILE_ENTRY) continue;
      const dealt = bytes.readUInt32LE(104) === 1;
      const count = dealt ? Number(bytes.readBigUInt64LE(120)) : bytes.readUInt32LE(112);
      for (let i = 0; i < count; i++) {
        const at = (dealt ? 136 : 120) + i * 24;
        end = Math.max(end, Number(bytes.readBigUInt64LE(at + 8) + bytes.readBigUInt64LE(at + 16)));
      }
    }
    return end;
  }

  get capacity(): number {
    return Number(readFileSync(join(this.data, ".meta/.superblock")).readBigUInt64LE(112));
  }

  /** Where a file may lie; undefined where the device has no room. */
  place(size: number, interleave: Interleave | undefined): MapFields | undefined {
    const start = this.#free();
    const round = (bytes: number, unit: number) => Math.ceil(bytes / unit) * unit;
    if (interleave === undefined || size < interleave.chunkSize) {
      const length = round(size, UNIT);
      return start + length > this.capacity ? undefined : { extents: [{ offset: start, length }] };
    }
    const { strips, chunkSize } = interleave;
    const length = round(size, strips * chunkSize) / strips;
    if (start + strips * length > this.capacity) return undefined;
    return { chunkSize, strips: Array.from({ length: strips }, (_, i) => ({ offset: start + i * length, length })) };
  }

  /** As upstream: visible on this host first, then in the log. */
  make(file: FileFields, logged: boolean): void {
    const path = join(this.data, String(file.name));
    mkdirSync(dirname(path), { recursive: true });
    const fd = openSync(path, "wx", file.mode);
    ftruncateSync(fd, Number(file.size));
    const size = Number(file.size);
    for (let at = 0; at < Math.min(size, 16 * MEBI); at += GARBAGE.length) soil(fd, at, size);
    soil(fd, Math.max(0, size - GARBAGE.length), size);
    if (file.uid && file.gid) fchownSync(fd, file.uid, file.gid);
    closeSync(fd);
    this.#reveal(file);
    if (logged) this.log.file(file);
  }

  /** Makes a file visible whose bytes are there. */
  #reveal({ mode = 0o644, ...file }: FileFields): void {
    const name = String(file.name);
    if (this.shadow !== undefined) writeFileSync(join(this.shadow, "root", name), shadowText({ ...file, mode }));
    if (this.records === undefined) return;
    const path = join(this.root, name);
    // logplay does so on clients.
    chmodSync(path, wrong.has("client") ? mode & ~0o222 : mode);
    writeFileSync(join(this.records, `${statSync(path).ino}`), `${file.size} 0`);
  }

  /** A file of another host: the double needs its bytes too. */
  #show(file: FileFields): void {
    const path = join(this.data, String(file.name));
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, "a"));
    truncateSync(path, Number(file.size));
    this.#reveal(file);
  }

  makeFolder(folder: FolderFields): void {
    const [name, mode] = [String(folder.name), folder.mode ?? 0o755];
    mkdirSync(join(this.data, name), { mode });
    if (this.shadow !== undefined) mkdirSync(join(this.shadow, "root", name), { mode });
    this.log.folder(folder);
  }

  /** Makes visible what is only in the log. */
  play(): { readonly entries: number; readonly files: number; readonly folders: number } {
    const entries = this.#entries();
    const made = { entries: entries.length, files: 0, folders: 0 };
    for (const { type, bytes } of entries) {
      const at = type === FILE_ENTRY ? 24 : 12;
      const name = bytes.toString("utf8", at, bytes.indexOf(0, at));
      const seen = join(this.shadow === undefined ? this.root : join(this.shadow, "root"), name);
      if (existsSync(seen)) continue;
      if (type === FOLDER_ENTRY) mkdirSync(seen);
      else this.#show(described(name, bytes));
      made[type === FOLDER_ENTRY ? "folders" : "files"]++;
    }
    return made;
  }
}

/** Stores garbage, as a part of the device that was used before has it. */
function soil(fd: number, at: number, size: number): void {
  writeSync(fd, GARBAGE, 0, Math.min(GARBAGE.length, size - at), at);
}

function described(name: string, bytes: Buffer): FileFields {
  const extent = { offset: bytes.readBigUInt64LE(128), length: bytes.readBigUInt64LE(136) };
  const [uid, gid, mode] = [12, 16, 20].map((at) => bytes.readUInt32LE(at)) as [number, number, number];
  return { name, size: bytes.readBigUInt64LE(0), mode, uid, gid, map: { extents: [extent] } };
}
