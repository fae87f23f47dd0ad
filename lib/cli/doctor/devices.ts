import { accessSync, constants, existsSync } from "node:fs";
import { type DaxDevice, daxDevices } from "../../memory/dax.js";
import { amount } from "../output.js";
import { type Check, type Finding, note, ok } from "./finding.js";

/** The dax devices of this host, and what the kernel uses them as. */
export const devices: Check = {
  name: "devices",
  look() {
    const all = daxDevices();
    if (all.length > 0) return all.map(device);
    return [
      note(
        "devices.mode",
        "this host has no dax device",
        "famfs needs one (CXL or NVDIMM memory, ndctl, daxctl, or a kernel started with efi_fake_mem or memmap=); tmpfs needs none",
      ),
    ];
  },
};

function device({ name, size, mode }: DaxDevice): Finding {
  const text = `${name}, ${amount(size)}, ${access(`/dev/${name}`)}`;
  switch (mode) {
    case "devdax":
      return ok(
        "devices.mode",
        `${text}: mode devdax, to be mapped by programs, or by a famfs of the older standalone kind`,
      );
    case "fsdev":
      return ok("devices.mode", `${text}: mode famfs (fsdev), for a file system`);
    case "system-ram":
      return note(
        "devices.mode",
        `${text}: mode system-ram, so it is memory of this host alone`,
        `to share it: sudo daxctl reconfigure-device --mode=devdax --force ${name}`,
      );
    default:
      return note(
        "devices.mode",
        `${text}: no driver that is known has it`,
        `to use it: sudo daxctl reconfigure-device --mode=devdax ${name} (or --mode=famfs, where the kernel's famfs wants that)`,
      );
  }
}

function access(path: string): string {
  if (!existsSync(path)) return `no ${path} in this container or namespace`;
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return "this user may open it";
  } catch {
    return "this user may not open it";
  }
}
