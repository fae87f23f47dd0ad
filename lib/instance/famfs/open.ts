import { pageSize } from "../../native/binding.js";
import { settleDevice } from "../settle-device.js";
import type { Wanted } from "../wanted.js";
import { FamfsBackend } from "./backend.js";
import { FamfsLog } from "./log.js";
import { findFamfs } from "./recognise.js";

/**
 * Opens the famfs that a path lies in.
 * @param path absolute and real
 * @param number the device number of what is there
 * @returns undefined where it is another file system
 * @throws {FamfsError} what {@link findFamfs} and {@link settleDevice} throw
 */
export async function openFamfs(path: string, number: number, wanted: Wanted): Promise<FamfsBackend | undefined> {
  const found = await findFamfs(path, number);
  if (found === undefined) return undefined;
  const { place, superblock } = found;
  const traits = { kind: place.kind, mapAlignment: pageSize(), ...settleDevice(place.root, wanted) };
  const log = new FamfsLog(place.root, superblock);
  return new FamfsBackend({ ...place, superblock, log, cli: wanted.cli ?? ["famfs"], traits });
}
