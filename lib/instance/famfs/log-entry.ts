import { crc32 } from "node:zlib";
import { checkExtents, type Extent, type Extents, MAX_EXTENTS } from "./extents.js";
import { badField, readRelativePath, readU64, readUuid } from "./fields.js";

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

/** Bytes of the entry, by name: what entry types have begins at 16. */
const FILE = { size: 16, uid: 28, gid: 32, mode: 36, path: 40, map: 120 } as const;
const FOLDER = { uid: 16, gid: 20, mode: 24, path: 28 } as const;
const DEVICE = { size: 16, uuid: 24, index: 40 } as const;

/** From the start of a file's map. */
const MAP = { type: 0, count: 8, list: 16, strips: 16, chunkSize: 24, stripList: 32 } as const;
const EXTENT_SIZE = 24;

/** What is wrong with an entry that its writer has finished; undefined where nothing is. */
export function entryDamage(bytes: Buffer, index: number): string | undefined {
  const sequence = bytes.readBigUInt64LE(0);
  if (sequence !== BigInt(index)) return `expected sequence number ${index}, found ${sequence}`;
  const expected = crc32(bytes.subarray(0, CRC_AT));
  const found = bytes.readBigUInt64LE(CRC_AT);
  if (found === BigInt(expected)) return undefined;
  return `expected CRC 0x${expected.toString(16)}, found 0x${found.toString(16)}`;
}

/**
 * Reads an undamaged entry.
 * @param bytes 544, a private copy
 * @throws {FamfsError} ERR_FAMFS_CORRUPT where a field has a value that no famfs known today writes
 */
export function parseEntry(bytes: Buffer, sequence: number): Entry {
  const type = bytes.readUInt32LE(8);
  switch (type) {
    case 0:
      return { kind: "file", file: parseFile(bytes, sequence) };
    case 1:
      return { kind: "folder", folder: { ...owner(bytes, FOLDER), sequence } };
    case 3: {
      const [size, uuid] = [readU64(bytes, DEVICE.size, "its size"), readUuid(bytes, DEVICE.uuid)];
      return { kind: "device", device: { index: bytes.readUInt32LE(DEVICE.index), uuid, size, sequence } };
    }
    default:
      return { kind: "unknown", type };
  }
}

function owner(bytes: Buffer, at: { readonly uid: number; gid: number; mode: number; path: number }) {
  return {
    name: readRelativePath(bytes, at.path, PATH_SIZE),
    mode: bytes.readUInt32LE(at.mode) & PERMISSIONS,
    uid: bytes.readUInt32LE(at.uid),
    gid: bytes.readUInt32LE(at.gid),
  };
}

function parseFile(bytes: Buffer, sequence: number): LoggedFile {
  const size = readU64(bytes, FILE.size, "its size");
  const extents = checkExtents(parseExtents(bytes, FILE.map), size);
  const { name, mode, uid, gid } = owner(bytes, FILE);
  return { name, size, mode, uid, gid, extents, sequence };
}

function parseExtents(bytes: Buffer, map: number): Extents {
  const type = bytes.readUInt32LE(map + MAP.type);
  const count = bytes.readUInt32LE(map + MAP.count);
  if (type === 0) return { kind: "simple", extents: parseList(bytes, map + MAP.list, count, "nextents") };
  if (type !== 1) return { kind: "unknown" };
  if (count !== 1) throw badField("nextents of an interleaved file", "1", `${count}`);
  const strips = readU64(bytes, map + MAP.strips, "nstrips");
  return {
    kind: "interleaved",
    chunkSize: readU64(bytes, map + MAP.chunkSize, "chunk_size"),
    strips: parseList(bytes, map + MAP.stripList, strips, "nstrips"),
  };
}

function parseList(bytes: Buffer, at: number, count: number, name: string): Extent[] {
  if (count > MAX_EXTENTS) throw badField(name, `${MAX_EXTENTS} at most`, `${count}`);
  const extents: Extent[] = [];
  for (let i = 0; i < count; i++) {
    const extent = at + i * EXTENT_SIZE;
    extents.push({
      device: readU64(bytes, extent, "a device index"),
      offset: readU64(bytes, extent + 8, "an extent's offset"),
      length: readU64(bytes, extent + 16, "an extent's length"),
    });
  }
  return extents;
}
