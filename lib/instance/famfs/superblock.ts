import { join } from "node:path";
import { FamfsError } from "../../errors.js";
import { badField, hex, MediaBytes } from "./media-bytes.js";
import { MetaFile } from "./meta-file.js";
import { PATIENCE, untilWhole } from "./patience.js";

/** What the superblock of a famfs says. */
export interface Superblock {
  /** Of the format; another one is refused. */
  readonly version: number;
  /** Version of the on-media format; a larger minor one may have entries that are not known yet. */
  readonly omf: { readonly major: number; readonly minor: number };
  /** Of this famfs: another one after each mkfs. Lower-case text, as the other UUIDs. */
  readonly uuid: string;
  readonly deviceUuid: string;
  /** The system UUID of the one host that may create. */
  readonly masterUuid: string;
  /** Where the log is on the device, and its length, in bytes. */
  readonly logOffset: number;
  readonly logLength: number;
  /** Files take a multiple of this, in bytes. */
  readonly allocationUnit: number;
  /** The first device, as the host that made the famfs saw it. No checksum covers it, and paths differ between hosts. */
  readonly device: { readonly size: number; readonly uuid: string; readonly path: string };
}

const SIZE = 200;
const MAGIC = 0x87b2_82ffn;
const VERSION = 48;
const OMF_MAJOR = 2;
const LARGEST_UNIT = 2 ** 30;
/** Of the log: its header and one entry. */
const LEAST_LOG = 592;

/**
 * Reads the superblock out of a private copy of its bytes.
 * @param bytes 200 at least
 * @param path for messages
 * @throws {FamfsError} ERR_FAMFS_CORRUPT, ERR_FAMFS_UNSUPPORTED_VERSION
 */
export function parseSuperblock(bytes: Buffer, path: string): Superblock {
  try {
    if (bytes.length < SIZE) throw badField("its length", `${SIZE} bytes at least`, `${bytes.length}`);
    return parse(new MediaBytes(bytes));
  } catch (error) {
    if (!(error instanceof FamfsError)) throw error;
    const advice =
      error.code === "ERR_FAMFS_CORRUPT"
        ? "this is no famfs, its superblock was damaged, or it is being made; check it with famfs fsck"
        : "use a release of this library that knows it";
    throw new FamfsError(error.code, `${path}: ${error.message}; ${advice}`, { path });
  }
}

function parse(media: MediaBytes): Superblock {
  const omf = checkKind(media);
  return {
    version: VERSION,
    omf,
    uuid: media.uuid(48),
    deviceUuid: media.uuid(64),
    masterUuid: media.uuid(80),
    ...parseLayout(media),
    device: { size: media.u64(112, "the device's size"), uuid: media.uuid(120), path: media.text(136, 64) },
  };
}

function checkKind(media: MediaBytes): Superblock["omf"] {
  const magic = media.bigU64(0);
  if (magic !== MAGIC) throw badField("the magic number", hex(MAGIC), hex(magic));
  // Before the checksum, whose place may be another in another version.
  const version = media.bigU64(8);
  if (version !== BigInt(VERSION)) throw unsupported("version", VERSION, version);
  if (!media.hasCrc(96, 0, 96)) throw badField("the CRC", hex(media.crc(0, 96)), hex(media.bigU64(96)));
  const [major, minor] = [media.u32(40), media.u32(44)];
  if (major !== OMF_MAJOR) throw unsupported("on-media format", OMF_MAJOR, major);
  return { major, minor };
}

function parseLayout(media: MediaBytes) {
  const logOffset = media.u64(16, "the log's offset");
  const logLength = media.u64(24, "the log's length");
  const allocationUnit = media.u64(32, "the allocation unit");
  if (logOffset < SIZE || logOffset % 8 !== 0)
    throw badField("the log's offset", "a multiple of 8 behind the superblock", `${logOffset}`);
  if (logLength < LEAST_LOG || !Number.isSafeInteger(logOffset + logLength))
    throw badField("the log's length", `${LEAST_LOG} bytes at least and end below 2^53`, `${logLength}`);
  const isPower = Number.isInteger(Math.log2(allocationUnit));
  if (allocationUnit < 4096 || allocationUnit > LARGEST_UNIT || !isPower)
    throw badField("the allocation unit", `a power of two from 4096 to ${LARGEST_UNIT}`, `${allocationUnit}`);
  return { logOffset, logLength, allocationUnit };
}

function unsupported(what: string, known: number, found: number | bigint): FamfsError {
  return new FamfsError("ERR_FAMFS_UNSUPPORTED_VERSION", `${what} ${known} is known, found ${found}`);
}

/**
 * Reads the superblock of a mounted famfs. One that is being written is looked at again for a while.
 * @param root the mount root
 * @param patience for how long, in milliseconds
 * @throws {FamfsError} ERR_FAMFS_CORRUPT, ERR_FAMFS_UNSUPPORTED_VERSION, ERR_FAMFS_NOT_FOUND, ERR_FAMFS_PERMISSION and
 * what else opening and mapping throw
 */
export async function readSuperblock(root: string, patience = PATIENCE): Promise<Superblock> {
  const file = await openSuperblock(root);
  try {
    return await superblockIn(file, patience);
  } finally {
    await file.close();
  }
}

/** The file that {@link superblockIn} reads. */
export function openSuperblock(root: string): Promise<MetaFile> {
  return MetaFile.open(join(root, ".meta/.superblock"));
}

/** {@link readSuperblock} of an open file. */
export async function superblockIn(file: MetaFile, patience: number): Promise<Superblock> {
  file.checkSize(SIZE);
  return untilWhole(() => parseSuperblock(file.read(0, SIZE).bytes, file.path), patience);
}
