import { release } from "node:os";
import { type Check, ok, warning } from "./finding.js";

/** The first kernel with MADV_POPULATE_READ and MADV_POPULATE_WRITE. */
const PREFAULTS = [5, 14] as const;

/** The kernel's version. */
export const kernel: Check = {
  name: "kernel",
  look() {
    const version = release();
    const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
    if (major > PREFAULTS[0] || (major === PREFAULTS[0] && minor >= PREFAULTS[1]))
      return [ok("kernel.version", `Linux ${version}`)];
    return [
      warning(
        "kernel.version",
        `Linux ${version} cannot prefault mappings (ERR_FAMFS_UNSUPPORTED_KERNEL)`,
        `use Linux ${PREFAULTS.join(".")} or newer, or do without prefault()`,
      ),
    ];
  },
};
