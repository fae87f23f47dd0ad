import { FamfsError } from "../../errors.js";
import { integer } from "../../guards.js";

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
  | { readonly kind: "interleaved"; readonly chunkSize: number; readonly strips: readonly Extent[] };

/** Where one byte of a file lies. */
export interface Location {
  readonly device: number;
  /** In bytes from the device's start. */
  readonly offset: number;
  /** So many bytes of the file lie there in a row, this one included. */
  readonly length: number;
}

/**
 * Finds a byte of a file of `size` bytes; the extents were checked to hold it.
 * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_PAST_END
 */
export function locate(extents: Extents, size: number, offset: number): Location {
  if (integer("offset", offset, 0) >= size) {
    throw new FamfsError(
      "ERR_FAMFS_PAST_END",
      `offset must be below the file's size of ${size} bytes, found ${offset}`,
    );
  }
  const found = extents.kind === "simple" ? inRow(extents.extents, offset) : inStrips(extents, offset);
  return { ...found, length: Math.min(found.length, size - offset) };
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
