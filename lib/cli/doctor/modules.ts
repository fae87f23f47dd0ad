import { existsSync, readFileSync } from "node:fs";
import { kernelAbi } from "../../instance/famfs/kernel.js";
import { type Check, type Finding, note, ok } from "./finding.js";
import { readNames, readText } from "./read.js";

/** What the kernel has of what famfs needs. A part that is compiled in is in none of the lists of modules. */
export const modules: Check = {
  name: "modules",
  look: () => [famfs(), dax()],
};

function famfs(): Finding {
  const fileSystems = (readText("/proc/filesystems") ?? "").split("\n").map((line) => line.split("\t").at(-1));
  const standalone = ["famfs", "famfsv1"].find((name) => fileSystems.includes(name) || isLoaded(name));
  const abi = kernelAbi();
  if (standalone !== undefined)
    return ok(
      "modules.famfs",
      `the kernel has famfs as a file system of its own${abi === undefined ? "" : `, ABI ${abi}`}`,
    );
  const fuse = fileSystems.includes("fuse") || isLoaded("fuse");
  const remedy =
    "tmpfs works without it; for famfs load its module (modprobe famfs), or run a kernel with it, and mount with famfs mount";
  if (!fuse) return note("modules.famfs", "the kernel has no famfs, and no FUSE either", remedy);
  switch (fuseHasFamfs()) {
    case true:
      return ok("modules.famfs", "the kernel has famfs inside FUSE");
    case false:
      return note("modules.famfs", "the kernel has no famfs: neither of its own nor inside its FUSE", remedy);
    default:
      return note(
        "modules.famfs",
        "the kernel has FUSE; whether that knows famfs cannot be seen (/proc/kallsyms is not readable or empty)",
        remedy,
      );
  }
}

function isLoaded(name: string): boolean {
  return (
    existsSync(`/sys/module/${name}`) ||
    (readText("/proc/modules") ?? "").split("\n").some((line) => line.startsWith(`${name} `))
  );
}

/** famfs's own command looks for the same name. Undefined where the kernel keeps its symbols to itself. */
function fuseHasFamfs(): boolean | undefined {
  let symbols: Buffer;
  try {
    symbols = readFileSync("/proc/kallsyms");
  } catch {
    return undefined;
  }
  if (symbols.includes(" famfs_fuse_iomap_begin")) return true;
  return symbols.includes(" fuse_") ? false : undefined;
}

function dax(): Finding {
  const drivers = readNames("/sys/bus/dax/drivers");
  if (existsSync("/sys/bus/dax"))
    return ok(
      "modules.dax",
      `the kernel has dax devices${drivers.length === 0 ? "" : `, with drivers ${drivers.join(", ")}`}`,
    );
  return note(
    "modules.dax",
    "the kernel has no dax devices: the bus /sys/bus/dax is missing",
    "famfs needs them, tmpfs does not: modprobe device_dax, and the driver of the memory (dax_pmem, dax_hmem, dax_cxl)",
  );
}
