import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { type DaxDevice, daxDevice, daxDevices } from "../../memory/dax.js";
import type { Device } from "../info.js";
import type { FamfsMount } from "./mount.js";

/** The dax devices of a famfs: that of its superblock, and those that its log adds. */
export async function devicesOf({ superblock, log, device }: FamfsMount): Promise<Device[]> {
  const { uuid, size } = superblock.device;
  const mode = (await onThisHost(device))?.mode;
  const others = log.devices.filter(({ index }) => index !== 0);
  return [
    { index: 0, uuid, size, path: device, mode },
    // Nothing on this host tells which of its devices has this UUID.
    ...others.map((other) => ({
      index: other.index,
      uuid: other.uuid,
      size: other.size,
      path: undefined,
      mode: undefined,
    })),
  ];
}

/** In a container a mount's device may have no node. */
async function onThisHost(path: string): Promise<DaxDevice | undefined> {
  const status = await stat(path).catch(() => undefined);
  if (status?.isCharacterDevice()) return daxDevice(status.rdev);
  return daxDevices().find(({ name }) => name === basename(path));
}
