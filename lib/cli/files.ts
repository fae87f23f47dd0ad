import type { FileEntry } from "../instance/backend.js";
import type { Extent, Extents } from "../instance/famfs/extents.js";

/** A file as the commands print it. */
export type Listed = FileEntry & { readonly extents?: Extents | undefined };

/** Permission bits as in `ls -l`. */
export function modeText(mode: number): string {
  const bits = [..."rwxrwxrwx"];
  return `-${bits.map((letter, i) => ((mode >> (8 - i)) & 1 ? letter : "-")).join("")}`;
}

/** Permission bits as for chmod. */
export function octal(mode: number): string {
  return `0${mode.toString(8).padStart(3, "0")}`;
}

/** Where a file lies, in one word: the device's index, offset and length of the first extent, and how many more. */
export function shortExtents(extents: Extents | undefined): string {
  if (extents === undefined) return "-";
  if (extents.kind === "unknown") return "?";
  const parts = partsOf(extents);
  const more = parts.length > 1 ? `,+${parts.length - 1}` : "";
  const dealt = extents.kind === "interleaved" ? "/" : "";
  return `${parts[0] === undefined ? "-" : place(parts[0])}${more}${dealt}`;
}

/** The extents or the strips; none where a later famfs placed the file in a way that is not known here. */
export function partsOf(extents: Extents): readonly Extent[] {
  if (extents.kind === "unknown") return [];
  return extents.kind === "simple" ? extents.extents : extents.strips;
}

/** An extent as `<device>:<offset>+<length>`. */
export function place({ device, offset, length }: Extent): string {
  return `${device}:${hex(offset)}+${hex(length)}`;
}

/** A number as offsets are written. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
