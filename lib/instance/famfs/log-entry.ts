import { checkExtents, type Extent, type Extents, MAX_EXTENTS } from "./extents.js";
import { badField, hex, type MediaBytes } from "./media-bytes.js";

/** Of an entry, in bytes. */
export const ENTRY_SIZE = 544;

/** What a file and a folder of the log have in common. */
interface Logged {
  /** Relative to the mount root. */
  readonly name: string;
  /** Permission bits, as its creator gave them; a client may see fewer. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Index of its entry in the log; -1 where the log could not be read and the shadow told. */
  readonly sequence: number;
}

/** A file, as the log has it. */
export interface LoggedFile extends Logged {
  /** In bytes. */
  readonly size: number;
  readonly extents: Extents;
}

/** A folder, as the log has it. */
export type LoggedFolder = Logged;

/** A dax device, as the log has it. */
export interface LoggedDevice {
  readonly index: number;
  readonly uuid: string;
  /** In bytes. */
  readonly size: number;
  /** Index of its entry in the log. */
  readonly sequence: number;
}

/** What an entry says; `unknown` is of a type that a later famfs writes. */
export type Entry =
  | { readonly kind: "file"; readonly file: LoggedFile }
  | { readonly kind: "folder"; readonly folder: LoggedFolder }
  | { readonly kind: "device"; readonly device: LoggedDevice }
  | { readonly kind: "unknown"; readonly type: number };

const CRC_AT = 536;
const PATH_SIZE = 80;
const PERMISSIONS = 0o777;

/** Offsets in the entry; what the types have of their own begins at 16. */
const FILE = { size: 16, uid: 28, gid: 32, mode: 36, path: 40, map: 120 } as const;
const FOLDER = { uid: 16, gid: 20, mode: 24, path: 28 } as const;
const DEVICE = { size: 16, uuid: 24, index: 40 } as const;

/** Offsets in a file's map. */
const MAP = { type: 0, count: 8, list: 16, strips: 16, chunkSize: 24, stripList: 32 } as const;
const EXTENT_SIZE = 24;

/** What is wrong with the entry at `at`; undefined where its writer has finished it. */
export function entryDamage(media: MediaBytes, at: number, sequence: number): string | undefined {
  if (media.u32(at) !== sequence || media.u32(at + 4) !== 0)
    return `expected sequence number ${sequence}, found ${media.bigU64(at)}`;
  if (media.hasCrc(at + CRC_AT, at, CRC_AT)) return undefined;
  return `expected CRC ${hex(media.crc(at, CRC_AT))}, found ${hex(media.bigU64(at + CRC_AT))}`;
}

/**
 * Reads an entry without damage.
 * @throws {FamfsError} ERR_FAMFS_CORRUPT where a field has a value that no famfs known today writes
 */
export function parseEntry(media: MediaBytes, at: number, sequence: number): Entry {
  const type = media.u32(at + 8);
  switch (type) {
    case 0:
      return { kind: "file", file: parseFile(media, at, sequence) };
    case 1:
      return { kind: "folder", folder: parseFolder(media, at, sequence) };
    case 3:
      return { kind: "device", device: parseDevice(media, at, sequence) };
    default:
      return { kind: "unknown", type };
  }
}

function parseFile(media: MediaBytes, at: number, sequence: number): LoggedFile {
  const size = media.u64(at + FILE.size, "its size");
  return {
    name: media.relativePath(at + FILE.path, PATH_SIZE),
    size,
    mode: media.u32(at + FILE.mode) & PERMISSIONS,
    uid: media.u32(at + FILE.uid),
    gid: media.u32(at + FILE.gid),
    extents: checkExtents(parseMap(media, at + FILE.map), size),
    sequence,
  };
}

function parseFolder(media: MediaBytes, at: number, sequence: number): LoggedFolder {
  return {
    name: media.relativePath(at + FOLDER.path, PATH_SIZE),
    mode: media.u32(at + FOLDER.mode) & PERMISSIONS,
    uid: media.u32(at + FOLDER.uid),
    gid: media.u32(at + FOLDER.gid),
    sequence,
  };
}

function parseDevice(media: MediaBytes, at: number, sequence: number): LoggedDevice {
  return {
    index: media.u32(at + DEVICE.index),
    uuid: media.uuid(at + DEVICE.uuid),
    size: media.u64(at + DEVICE.size, "its size"),
    sequence,
  };
}

function parseMap(media: MediaBytes, at: number): Extents {
  const type = media.u32(at + MAP.type);
  const count = media.u32(at + MAP.count);
  if (type === 0) return { kind: "simple", extents: parseList(media, at + MAP.list, count) };
  if (type !== 1) return { kind: "unknown" };
  if (count !== 1) throw badField("nextents of an interleaved file", "1", `${count}`);
  const strips = media.u64(at + MAP.strips, "nstrips");
  const chunkSize = media.u64(at + MAP.chunkSize, "chunk_size");
  return { kind: "interleaved", chunkSize, strips: parseList(media, at + MAP.stripList, strips) };
}

function parseList(media: MediaBytes, at: number, count: number): Extent[] {
  if (count > MAX_EXTENTS) throw badField("the number of its extents", `${MAX_EXTENTS} at most`, `${count}`);
  // Of its size from the start: the first push() would make room for 17, and a log has thousands of lists.
  const extents = new Array<Extent>(count);
  for (let i = 0; i < count; i++) extents[i] = parseExtent(media, at + i * EXTENT_SIZE);
  return extents;
}

function parseExtent(media: MediaBytes, at: number): Extent {
  return {
    device: media.u64(at, "a device index"),
    offset: media.u64(at + 8, "an extent's offset"),
    length: media.u64(at + 16, "an extent's length"),
  };
}
