import { readFileSync } from "node:fs";

/** Where the modules of the standalone kind tell it; the FUSE kind has none. */
const PARAMETERS = ["famfs", "famfsv1"].flatMap((module) =>
  ["kabi_version", "famfs_kabi_version"].map((name) => `/sys/module/${module}/parameters/${name}`),
);

/** The version of the interface between the kernel's famfs module and famfs's command; undefined where it is not told. */
export function kernelAbi(): number | undefined {
  for (const path of PARAMETERS) {
    try {
      const version = Number(readFileSync(path, "utf8"));
      if (Number.isSafeInteger(version)) return version;
    } catch {
      // Not this one.
    }
  }
  return undefined;
}
