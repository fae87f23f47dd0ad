import { type Check, note, ok } from "./finding.js";
import { listedFamfs } from "./mount.js";

/** Which famfs are mounted. */
export const mounts: Check = {
  name: "mounts",
  async look() {
    const all = await listedFamfs();
    if (all.length === 0)
      return [
        note(
          "mounts.famfs",
          "no famfs is mounted in this mount namespace",
          "mount one (famfs mount /dev/dax0.0 /mnt/famfs; in a container pass it in as a volume), or use tmpfs: createTmpfsInstance()",
        ),
      ];
    return all.map(({ path, source, kind }) =>
      ok(
        "mounts.famfs",
        `${path} is a famfs on ${source}${kind === "famfs-fuse" ? ", served by a daemon (FUSE)" : ""}`,
      ),
    );
  },
};
