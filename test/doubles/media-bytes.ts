// The bytes of superblock and log, as famfs's own user space stores them. Nothing of lib/ is used: what reads them is
// tested with it.
import { crc32 } from "node:zlib";

export const SUPERBLOCK_SIZE = 200;
export const HEADER_SIZE = 48;
export const ENTRY_SIZE = 544;
export const MEBI = 2 ** 20;

export const FILE_ENTRY = 0;
export const FOLDER_ENTRY = 1;
export const DEVICE_ENTRY = 3;

type U64 = number | bigint;

/** What a superblock is made of; the defaults are those of mkfs.famfs on a device of 4 GiB. */
export interface SuperblockFields {
  magic?: U64;
  version?: U64;
  logOffset?: U64;
  logLength?: U64;
  allocationUnit?: U64;
  omfMajor?: number;
  omfMinor?: number;
  uuid?: string;
  deviceUuid?: string;
  masterUuid?: string;
  flags?: number;
  deviceSize?: U64;
  /** Of the daxdev part, which no checksum covers. */
  daxUuid?: string;
  devicePath?: string;
}

/** A contiguous part of a device. */
export interface ExtentFields {
  device?: U64;
  offset: U64;
  length: U64;
}

/** Where a file lies; a number of extents or strips that is not given is that of the list. */
export type MapFields =
  | { type?: number; count?: number; extents: readonly ExtentFields[] }
  | { type?: number; count?: number; chunkSize: U64; strips: readonly ExtentFields[]; stripCount?: U64 };

export interface FileFields {
  name: string | Buffer;
  size: U64;
  mode?: number;
  uid?: number;
  gid?: number;
  flags?: number;
  map: MapFields;
}

export interface FolderFields {
  name: string | Buffer;
  mode?: number;
  uid?: number;
  gid?: number;
}

export interface DeviceFields {
  index: number;
  size: U64;
  uuid?: string;
}

export const DEFAULT_UUID = "f0f1f2f3-f4f5-4657-8859-5a5b5c5d5e5f";
export const DEFAULT_MASTER_UUID = "3a3b3c3d-3e3f-4041-8243-444546474849";
export const DEFAULT_DEVICE_UUID = "10111213-1415-4617-9819-1a1b1c1d1e1f";

export function putU64(bytes: Buffer, at: number, value: U64): void {
  bytes.writeBigUInt64LE(BigInt(value), at);
}

function putUuid(bytes: Buffer, at: number, uuid: string): void {
  bytes.write(uuid.replaceAll("-", ""), at, "hex");
}

/** The 200 bytes of a superblock. */
export function superblockBytes(fields: SuperblockFields = {}): Buffer {
  const bytes = Buffer.alloc(SUPERBLOCK_SIZE);
  putU64(bytes, 0, fields.magic ?? 0x87b282ff);
  putU64(bytes, 8, fields.version ?? 48);
  putU64(bytes, 16, fields.logOffset ?? 2 * MEBI);
  putU64(bytes, 24, fields.logLength ?? 8 * MEBI);
  putU64(bytes, 32, fields.allocationUnit ?? 2 * MEBI);
  bytes.writeUInt32LE(fields.omfMajor ?? 2, 40);
  bytes.writeUInt32LE(fields.omfMinor ?? 2, 44);
  putUuid(bytes, 48, fields.uuid ?? DEFAULT_UUID);
  putUuid(bytes, 64, fields.deviceUuid ?? DEFAULT_DEVICE_UUID);
  putUuid(bytes, 80, fields.masterUuid ?? DEFAULT_MASTER_UUID);
  putU64(bytes, 96, crc32(bytes.subarray(0, 96)));
  bytes.writeUInt32LE(fields.flags ?? 1, 104);
  putU64(bytes, 112, fields.deviceSize ?? 4096 * MEBI);
  putUuid(bytes, 120, fields.daxUuid ?? DEFAULT_DEVICE_UUID);
  bytes.write(fields.devicePath ?? "/dev/dax0.0", 136, 64, "utf8");
  return bytes;
}

/** The header of a log, as mkfs makes it and each append changes it. */
export interface HeaderFields {
  magic?: U64;
  length?: U64;
  lastIndex?: U64;
  nextSequence?: U64;
  nextIndex?: U64;
}

/** The 48 bytes of a log's header. */
export function headerBytes(fields: HeaderFields = {}): Buffer {
  const bytes = Buffer.alloc(HEADER_SIZE);
  const length = fields.length ?? 8 * MEBI;
  putU64(bytes, 0, fields.magic ?? 0xbadcafef00dn);
  putU64(bytes, 8, length);
  putU64(bytes, 16, fields.lastIndex ?? lastIndexOf(Number(length)));
  putU64(bytes, 24, crc32(bytes.subarray(0, 24)));
  const next = fields.nextIndex ?? 0;
  putU64(bytes, 32, fields.nextSequence ?? next);
  putU64(bytes, 40, next);
  return bytes;
}

function lastIndexOf(length: number): number {
  return Math.floor((length - HEADER_SIZE) / ENTRY_SIZE) - 1;
}

/** The 544 bytes of an entry of any type; `payload` at most 520. */
export function entryBytes(index: U64, type: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(ENTRY_SIZE);
  putU64(bytes, 0, index);
  bytes.writeUInt32LE(type, 8);
  payload.copy(bytes, 16, 0, 520);
  putU64(bytes, 536, crc32(bytes.subarray(0, 536)));
  return bytes;
}

function putPath(bytes: Buffer, at: number, name: string | Buffer): void {
  (typeof name === "string" ? Buffer.from(name) : name).copy(bytes, at, 0, 80);
}

/** What a FILE entry holds. */
export function filePayload({ name, size, mode = 0o644, uid = 0, gid = 0, flags = 2, map }: FileFields): Buffer {
  const bytes = Buffer.alloc(520);
  putU64(bytes, 0, size);
  bytes.writeUInt32LE(flags, 8);
  bytes.writeUInt32LE(uid, 12);
  bytes.writeUInt32LE(gid, 16);
  bytes.writeUInt32LE(mode, 20);
  putPath(bytes, 24, name);
  putMap(bytes, 104, map);
  return bytes;
}

function putMap(bytes: Buffer, at: number, map: MapFields): void {
  const interleaved = "strips" in map;
  bytes.writeUInt32LE(map.type ?? (interleaved ? 1 : 0), at);
  bytes.writeUInt32LE(map.count ?? (interleaved ? 1 : map.extents.length), at + 8);
  if (!interleaved) {
    putExtents(bytes, at + 16, map.extents);
    return;
  }
  putU64(bytes, at + 16, map.stripCount ?? map.strips.length);
  putU64(bytes, at + 24, map.chunkSize);
  putExtents(bytes, at + 32, map.strips);
}

function putExtents(bytes: Buffer, at: number, extents: readonly ExtentFields[]): void {
  extents.slice(0, 16).forEach(({ device = 0, offset, length }, i) => {
    putU64(bytes, at + i * 24, device);
    putU64(bytes, at + i * 24 + 8, offset);
    putU64(bytes, at + i * 24 + 16, length);
  });
}

/** What a MKDIR entry holds. */
export function folderPayload({ name, mode = 0o755, uid = 0, gid = 0 }: FolderFields): Buffer {
  const bytes = Buffer.alloc(520);
  bytes.writeUInt32LE(uid, 0);
  bytes.writeUInt32LE(gid, 4);
  bytes.writeUInt32LE(mode, 8);
  putPath(bytes, 12, name);
  return bytes;
}

/** What an ADD_DAXDEV entry holds. */
export function devicePayload({ index, size, uuid = DEFAULT_DEVICE_UUID }: DeviceFields): Buffer {
  const bytes = Buffer.alloc(520);
  putU64(bytes, 0, size);
  putUuid(bytes, 8, uuid);
  bytes.writeUInt32LE(index, 24);
  return bytes;
}
