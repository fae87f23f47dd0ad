import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { command, Unavailable } from "./command.js";
import { CACHE } from "./paths.js";

/** The generic kernel: the one for clouds has no 9p. */
const PACKAGE = /^linux-image-6\.12\.[^ ]*\+deb12-amd64-unsigned/;

/** For the root file system; in the order in which they load. */
export const FILE_SYSTEM_MODULES = ["netfs", "9pnet", "9p", "9pnet_virtio", "overlay"];
/** For the shared memory. */
export const MEMORY_MODULES = ["libnvdimm", "nfit", "nd_btt", "nd_pmem", "device_dax", "dax_pmem"];
/** What a scenario may load besides. */
const MORE_MODULES = ["kmem"];

/** A kernel that guests can be started with. */
export interface Kernel {
  readonly image: string;
  /** A folder with all of the modules, unpacked. */
  readonly modules: string;
}

/**
 * Debian's kernel, downloaded the first time.
 * @throws {Unavailable} where the package cannot be had
 */
export function obtainKernel(): Kernel {
  mkdirSync(CACHE, { recursive: true });
  const name = readdirSync(CACHE).find((entry) => PACKAGE.test(entry)) ?? unpack(download());
  return { image: join(CACHE, name, "vmlinuz"), modules: join(CACHE, name, "modules") };
}

interface Download {
  readonly folder: string;
  readonly name: string;
}

function download(): Download {
  const folder = mkdtempSync(join(CACHE, "download-"));
  try {
    try {
      return { folder, name: downloadTo(folder) };
    } catch (error) {
      if (process.getuid?.() !== 0) throw error;
      // The lists of packages may be missing or older than the archive.
      command("apt-get", ["update", "-qq"]);
      return { folder, name: downloadTo(folder) };
    }
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw new Unavailable(`Debian's kernel package cannot be downloaded: ${(error as Error).message.trim()}`);
  }
}

function downloadTo(folder: string): string {
  const found = command("apt-cache", ["search", "--names-only", PACKAGE.source]).split("\n");
  const versions = found.map((line) => line.split(" ")[0] as string).filter((name) => PACKAGE.test(name));
  const name = versions.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  if (name === undefined) throw new Error(`apt knows no package ${PACKAGE.source}`);
  command("apt-get", ["download", name, "-o", "APT::Sandbox::User=root"], folder);
  return name;
}

function unpack({ folder, name }: Download): string {
  try {
    const [file] = readdirSync(folder);
    command("dpkg-deb", ["--extract", join(folder, file as string), join(folder, "package")]);
    const ready = join(folder, "ready");
    mkdirSync(join(ready, "modules"), { recursive: true });
    const [vmlinuz] = readdirSync(join(folder, "package/boot")).filter((entry) => entry.startsWith("vmlinuz-"));
    renameSync(join(folder, "package/boot", vmlinuz as string), join(ready, "vmlinuz"));
    unpackModules(join(folder, "package/lib/modules"), join(ready, "modules"));
    if (!existsSync(join(CACHE, name))) renameSync(ready, join(CACHE, name));
    return name;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function unpackModules(from: string, to: string): void {
  const files = readdirSync(from, { recursive: true, encoding: "utf8" });
  for (const module of [...FILE_SYSTEM_MODULES, ...MEMORY_MODULES, ...MORE_MODULES]) {
    const file = files.find((path) => path.endsWith(`/${module}.ko.xz`));
    if (file === undefined) throw new Error(`the kernel package has no module ${module}`);
    command("sh", ["-c", 'xz -dc "$1" >"$2"', "sh", join(from, file), join(to, `${module}.ko`)]);
  }
}
