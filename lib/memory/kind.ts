/**
 * What an instance is. `"famfs"`: a mounted famfs of the standalone kind. `"famfs-fuse"`: one that a daemon serves.
 * `"devdax"`: a dax device without famfs. `"page-cache"`: an ordinary directory that the caller allowed with
 * `allowPageCache`.
 */
export type InstanceKind = "tmpfs" | "famfs" | "famfs-fuse" | "devdax" | "page-cache";

/** All kinds. */
export const KINDS = ["tmpfs", "famfs", "famfs-fuse", "devdax", "page-cache"] as const;

/** What the addon does differently for files of some kinds (src-native/file.h has the numbers). */
export function fileNature(kind: InstanceKind): number {
  if (kind === "tmpfs") return 1;
  return kind === "famfs" || kind === "famfs-fuse" ? 2 : 0;
}
