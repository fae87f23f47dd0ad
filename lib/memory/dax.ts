import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { deviceNumber } from "./device-number.js";

/**
 * What the kernel uses a dax device as. `"devdax"`: a program maps it. `"fsdev"`: a file system does (also called
 * famfs mode). `"system-ram"`: it is ordinary memory of this host.
 */
export type DaxMode = "devdax" | "fsdev" | "system-ram";

/** A dax device, as /sys/bus/dax shows it. */
export interface DaxDevice {
  /** Such as `"dax0.0"`. */
  readonly name: string;
  /** `"major:minor"`. */
  readonly number: string;
  /** In bytes. */
  readonly size: number;
  /** Offsets and lengths of mappings are multiples of this, in bytes. */
  readonly alignment: number;
  /** Undefined where no driver has it, or one that is not known. */
  readonly mode: DaxMode | undefined;
}

const DEVICES = "/sys/bus/dax/devices";
const DEFAULT_ALIGNMENT = 2 ** 21;

/** The names of drivers. */
const MODES: Readonly<Record<string, DaxMode>> = {
  device_dax: "devdax",
  fsdev_dax: "fsdev",
  kmem: "system-ram",
};

/** The dax devices of this host. */
export function daxDevices(): DaxDevice[] {
  return unlessMissing(() => readdirSync(DEVICES), []).flatMap((name) => {
    const folder = join(DEVICES, name);
    const attribute = (file: string) => unlessMissing(() => readFileSync(join(folder, file), "utf8").trim(), undefined);
    const driver = unlessMissing(() => basename(readlinkSync(join(folder, "driver"))), "");
    const number = attribute("dev");
    const size = Number(attribute("size"));
    const alignment = Number(attribute("align") ?? DEFAULT_ALIGNMENT);
    const usable = number !== undefined && Number.isSafeInteger(size) && Number.isInteger(Math.log2(alignment));
    return usable ? [{ name, number, size, alignment, mode: MODES[driver] }] : [];
  });
}

/** The dax device with this number of stat(2); undefined where it is none. */
export function daxDevice(number: bigint | number): DaxDevice | undefined {
  const wanted = deviceNumber(number);
  return daxDevices().find((device) => device.number === wanted);
}

/** Devices go while they are listed, and kernels without them have no such folder. */
function unlessMissing<T, U>(read: () => T, otherwise: U): T | U {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
