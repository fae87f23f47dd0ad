import { FamfsError } from "../../errors.js";
import { integer } from "../../guards.js";
import { badField } from "./media-bytes.js";

/** A contiguous part of a dax device. */
export interface Extent {
  /** Index of the device in its famfs: {@link Instance.devices}. */
  readonly device: number;
  /** In bytes from the device's start. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
}

/** Where the bytes of a file lie. */
export type Extents =
  /** One after the other. */
  | { readonly kind: "simple"; readonly extents: readonly Extent[] }
  /** In chunks, dealt to the strips in turn. */
  | { readonly kind: "interleaved"; readonly chunkSize: number; readonly strips: readonly Extent[] }
  /** In a way that this library does not know, as a later famfs may write. The file itself can be used. */
  | { readonly kind: "unknown" };

/** Where one byte of a file lies. */
export interface Location {
  readonly device: number;
  /** In bytes from the device's start. */
  readonly offset: number;
  /** So many bytes of the file lie there in a row, this one included. */
  readonly length: number;
}

/** A file has no more extents, and an interleaved one no more strips. */
export const MAX_EXTENTS = 16;

const LEAST_CHUNK = 4096;

/**
 * Checks that extents hold a file of `size` bytes: what {@link locate} relies on.
 * @throws {FamfsError} ERR_FAMFS_CORRUPT
 */
export function checkExtents(extents: Extents, size: number): Extents {
  if (extents.kind === "simple") checkSimple(extents.extents, size);
  if (extents.kind === "interleaved") checkInterleaved(extents, size);
  return extents;
}

function checkSimple(extents: readonly Extent[], size: number): void {
  if (extents.length > MAX_EXTENTS) throw badField("nextents", `${MAX_EXTENTS} at most`, `${extents.length}`);
  let total = 0;
  for (const extent of extents) {
    checkExtent(extent);
    total += extent.length;
  }
  if (total < size || !Number.isSafeInteger(total))
    throw badField("the sum of its extents", `the file's size of ${size} bytes at least, below 2^53`, `${total}`);
}

function checkInterleaved({ chunkSize, strips }: Extents & { kind: "interleaved" }, size: number): void {
  if (strips.length < 1 || strips.length > MAX_EXTENTS)
    throw badField("nstrips", `from 1 to ${MAX_EXTENTS}`, `${strips.length}`);
  if (chunkSize < LEAST_CHUNK || !Number.isInteger(Math.log2(chunkSize)))
    throw badField("chunk_size", `a power of two from ${LEAST_CHUNK} on`, `${chunkSize}`);
  // The last chunk may be a part of one; strips before its own have one more row than those behind it.
  const last = Math.ceil(size / chunkSize) - 1;
  strips.forEach((strip, i) => {
    checkExtent(strip);
    if (i > last) return;
    const row = Math.floor((last - i) / strips.length);
    const inLast = last % strips.length === i ? size - last * chunkSize : chunkSize;
    const needed = row * chunkSize + inLast;
    if (strip.length < needed) throw badField(`strip ${i}`, `${needed} bytes at least`, `${strip.length}`);
  });
}

function checkExtent({ offset, length }: Extent): void {
  if (length < 1 || !Number.isSafeInteger(offset + length))
    throw badField("an extent", "at least one byte long and end below 2^53", `${length} bytes at ${offset}`);
}

/**
 * Finds a byte of a file of `size` bytes; {@link checkExtents} found the extents to hold it.
 * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_PAST_END,
 * ERR_FAMFS_UNSUPPORTED_VERSION where the extents are of a kind that is not known
 */
export function locate(extents: Extents, size: number, offset: number): Location {
  if (integer("offset", offset, 0) >= size) {
    throw new FamfsError(
      "ERR_FAMFS_PAST_END",
      `offset must be below the file's size of ${size} bytes, found ${offset}`,
    );
  }
  const found = find(extents, offset);
  return { ...found, length: Math.min(found.length, size - offset) };
}

function find(extents: Extents, offset: number): Location {
  if (extents.kind === "simple") return inRow(extents.extents, offset);
  if (extents.kind === "interleaved") return inStrips(extents, offset);
  throw new FamfsError(
    "ERR_FAMFS_UNSUPPORTED_VERSION",
    "the file's extents are of a kind that is not known, expected simple or interleaved; use a release of this library that knows it",
  );
}

function inRow(extents: readonly Extent[], offset: number): Location {
  let start = 0;
  for (const extent of extents) {
    const inside = offset - start;
    if (inside < extent.length)
      return { device: extent.device, offset: extent.offset + inside, length: extent.length - inside };
    start += extent.length;
  }
  throw new FamfsError("ERR_FAMFS_CORRUPT", `byte ${offset} of the file lies in none of its extents`);
}

function inStrips({ chunkSize, strips }: Extents & { kind: "interleaved" }, offset: number): Location {
  const chunk = Math.floor(offset / chunkSize);
  const inside = offset % chunkSize;
  const strip = strips[chunk % strips.length] as Extent;
  const row = Math.floor(chunk / strips.length);
  return { device: strip.device, offset: strip.offset + row * chunkSize + inside, length: chunkSize - inside };
}
