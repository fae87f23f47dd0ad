import { type Check, type Finding, note, ok } from "./finding.js";
import { type ListedFamfs, listedFamfs } from "./mount.js";

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
    return all.flatMap(told);
  },
};

function told({ path, source, kind, options }: ListedFamfs): Finding[] {
  if (kind === "famfs") return [ok("mounts.famfs", `${path} is a famfs on ${source}`)];
  const user = options.find((option) => option.startsWith("user_id="))?.slice("user_id=".length) ?? "0";
  const served = ok("mounts.famfs", `${path} is a famfs on ${source}, served by a daemon (FUSE)`);
  if (options.includes("allow_other")) return [served];
  return [
    served,
    note(
      "mounts.users",
      `only user ${user} may use ${path}`,
      "let others in too: famfs mount without --nouseraccess (option allow_other)",
    ),
  ];
}
