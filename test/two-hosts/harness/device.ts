import { join } from "node:path";
import type { Guest } from "./guest.js";
import { MEMORY_MODULES } from "./kernel.js";

/** The shared memory as a guest has it. */
export const DEVICE = "/dev/dax0.0";

/** Where the device lies in the shared memory, in bytes. */
export interface Range {
  readonly offset: number;
  readonly size: number;
}

/** Loads the drivers of the shared memory; the device appears, if it has been made. */
export async function loadDrivers(guest: Guest, modules: string): Promise<void> {
  const files = MEMORY_MODULES.map((module) => join(modules, `${module}.ko`));
  await must(guest, ["sh", "-c", 'for file; do insmod "$file" || exit; done', "sh", ...files]);
}

/** Makes the whole of the memory a device, for good. The kernels keep what they need to know of its pages in their own memory. */
export async function makeDevice(guest: Guest): Promise<void> {
  await must(guest, "ndctl create-namespace -f -e namespace0.0 -m devdax --map=mem --align=2M");
}

/** Looks where it is. */
export async function findDevice(guest: Guest): Promise<Range> {
  const where = "/sys/bus/dax/devices/dax0.0/resource /sys/bus/nd/devices/region0/resource";
  const [device, region, size] = (await must(guest, `cat ${where} /sys/bus/dax/devices/dax0.0/size`))
    .split("\n")
    .map(Number);
  return { offset: (device as number) - (region as number), size: size as number };
}

/** Runs a command that must succeed; returns what it printed. */
async function must(guest: Guest, command: readonly string[] | string): Promise<string> {
  const { code, stdout, stderr } = await guest.run(command);
  if (code === 0) return stdout;
  throw new Error(`guest ${guest.name}: ${String(command)} ended with ${code}\n${stdout}${stderr}`);
}
