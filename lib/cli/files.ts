import { join } from "node:path";
import type { FileEntry } from "../instance/backend.js";
import type { Extent, Extents } from "../instance/famfs/extents.js";
import type { Instance } from "../instance/instance.js";

/** Where a file of an instance lies. A dax device is its only file itself. */
export function pathOf({ kind, path }: Instance, name: string): string {
  return kind === "devdax" ? path : join(path, name);
}

/** Permission bits as in `ls -l`. */
export function modeText(mode: number): string {
  const bits = [..."rwxrwxrwx"];
  return `-${bits.map((letter, i) => ((mode >> (8 - i)) & 1 ? letter : "-")).join("")}`;
}

/** A file as the commands print it in JSON: its mode as for chmod. */
export function plainFile(file: FileEntry) {
  return { ...file, mode: `0${file.mode.toString(8).padStart(3, "0")}` };
}

/** The extents or the strips; none where they are not known. */
export function partsOf(extents: Extents | undefined): readonly Extent[] {
  if (extents === undefined || extents.kind === "unknown") return [];
  return extents.kind === "simple" ? extents.extents : extents.strips;
}

/** What a file takes of its devices, in bytes; undefined where that is not known. */
export function occupied({ extents }: FileEntry): number | undefined {
  if (extents === undefined || extents.kind === "unknown") return undefined;
  return partsOf(extents).reduce((sum, { length }) => sum + length, 0);
}

/** Where a file lies, in one word: `<device>:<offset>+<length>` of the first extent, and how many more there are. */
export function shortExtents(extents: Extents | undefined): string {
  const [first, ...more] = partsOf(extents);
  if (extents === undefined || first === undefined) return "-";
  const dealt = extents.kind === "interleaved" ? "/" : "";
  return `${first.device}:${hex(first.offset)}+${hex(first.length)}${more.length > 0 ? `,+${more.length}` : ""}${dealt}`;
}

/** A number as offsets in a device are written. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
