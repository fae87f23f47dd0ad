// The description of a file that famfs keeps in its shadow tree (FUSE kind), as its own user space writes it.
import type { ExtentFields, FileFields } from "./media-bytes.js";

function list({ device = 0, offset, length }: ExtentFields, indent: string): string[] {
  return [
    `${indent}- devindex: ${device}`,
    `${indent}  offset: 0x${offset.toString(16)}`,
    `${indent}  length: 0x${length.toString(16)}`,
  ];
}

function mapLines(map: FileFields["map"]): string[] {
  if (!("strips" in map)) {
    const lines = map.extents.flatMap((extent) => list(extent, "  "));
    return [`  nextents: ${map.count ?? map.extents.length}`, "  simple_ext_list:", ...lines];
  }
  return [
    `  nextents: ${map.count ?? 1}`,
    "  striped_ext_list:",
    `  - nstrips: ${map.stripCount ?? map.strips.length}`,
    `    chunk_size: 0x${map.chunkSize.toString(16)}`,
    "    simple_ext_list:",
    ...map.strips.flatMap((strip) => list(strip, "    ")),
  ];
}

/** The YAML that describes a file. */
export function shadowText({ name, size, mode = 0o644, uid = 0, gid = 0, flags = 2, map }: FileFields): string {
  const path = /^\w[\w./-]*$/.test(String(name)) ? name : JSON.stringify(String(name));
  const lines = [
    "---",
    "file:",
    `  path: ${path}`,
    `  size: ${size}`,
    `  flags: ${flags}`,
    `  mode: 0${mode.toString(8)}`,
    `  uid: ${uid}`,
    `  gid: ${gid}`,
    ...mapLines(map),
    "...",
  ];
  return `${lines.join("\n")}\n`;
}
