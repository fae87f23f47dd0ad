// A dax device for tests: a node with the numbers of /dev/zero, which children map as a device (test/doubles/devdax says
// what that cannot show), and a /sys/bus/dax that has it. Its bytes are a file, which this process may change.
import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdirSync, openSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { compiled } from "./compile.js";
import { type OnOptions, on } from "./famfs.js";
import { mountFolder, removeMount } from "./mount-folder.js";

const MEBI = 2 ** 20;

/** Options of {@link makeDevdax}. */
export interface DevdaxOptions {
  /** In bytes; default 8 MiB. */
  readonly size?: number;
  /** What sysfs says; undefined: nothing, as older kernels. Default 2 MiB. */
  readonly alignment?: number | undefined;
  /** Of the kernel; "" for none. Default `device_dax`. */
  readonly driver?: string;
  /** Of the device in mountinfo and sysfs; default that of /dev/zero. */
  readonly number?: string;
}

/** For one test. */
export interface Devdax {
  /** The device. */
  readonly path: string;
  /** Its bytes. */
  readonly bytes: string;
  /** A folder for what the test needs besides. */
  readonly folder: string;
  /** Runs a script, as `on` of famfs.ts, with the device's path as `root`. */
  on<T>(script: string, options?: OnOptions): Promise<T>;
}

const SCRIPT = `set -e
mount --bind "$1" /sys/bus/dax/devices
shift
exec "$@"`;

/** A device for one test. Where that cannot be, `noDax` of requirements.ts says why. */
export function makeDevdax(options: DevdaxOptions = {}): Devdax {
  const { size = 8 * MEBI, driver = "device_dax", number = "1:5" } = options;
  const alignment = "alignment" in options ? options.alignment : 2 * MEBI;
  const folder = mountFolder();
  onTestFinished(() => removeMount(folder));
  const [path, bytes, sysfs] = [join(folder, "dax9.0"), join(folder, "bytes"), join(folder, "sys/dax9.0")];
  execFileSync("mknod", ["-m", "600", path, "c", "1", "5"]);
  const fd = openSync(bytes, "wx");
  ftruncateSync(fd, size);
  closeSync(fd);
  mkdirSync(sysfs, { recursive: true });
  writeFileSync(join(sysfs, "dev"), `${number}\n`);
  writeFileSync(join(sysfs, "size"), `${size}\n`);
  if (alignment !== undefined) writeFileSync(join(sysfs, "align"), `${alignment}\n`);
  if (driver !== "") symlinkSync(`../../drivers/${driver}`, join(sysfs, "driver"));
  const library = compiled("test/doubles/devdax", "devdax_double.so", ["-U_FILE_OFFSET_BITS", "-shared", "-fPIC"]);
  const view = {
    root: path,
    env: {
      LD_PRELOAD: [process.env["LD_PRELOAD"], library].filter(Boolean).join(" "),
      FAMFS_DOUBLE_DEVICE: path,
      FAMFS_DOUBLE_BYTES: bytes,
      FAMFS_DOUBLE_ALIGNMENT: `${alignment ?? 2 * MEBI}`,
    },
    wrapper: ["unshare", "-m", "sh", "-c", SCRIPT, "sh", join(folder, "sys")],
  };
  return { path, bytes, folder, on: (script, settings) => on(view, script, settings) };
}
