import { stat } from "node:fs/promises";
import { daxDevices } from "../memory/dax.js";
import { openDevdax } from "./devdax.js";
import { type ListedInstance, problemOf } from "./listed.js";

/**
 * Lists the famfs that are mounted in this mount namespace, each once, and the dax devices in mode devdax that none of
 * them lies on. Directories on tmpfs are not listed: any can be an instance.
 * @throws {FamfsError} the errors of loading the addon (docs/errors.md)
 */
export async function listInstances(): Promise<ListedInstance[]> {
  const { listMounted } = await import("./famfs/list.js");
  const { mounted, sources } = await listMounted();
  const free = daxDevices()
    .filter(({ mode }) => mode === "devdax")
    .map(({ name }) => `/dev/${name}`)
    .filter((path) => !sources.has(path));
  return [...mounted, ...(await Promise.all(free.map(listDevice)))];
}

async function listDevice(path: string): Promise<ListedInstance> {
  const problem = await problemOf(path, async () => {
    const { rdev } = await stat(path);
    return openDevdax(path, rdev, { coherence: "coherent" });
  });
  return { kind: "devdax", path, device: path, problem };
}
