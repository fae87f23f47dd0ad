import { stat } from "node:fs/promises";
import { FamfsError } from "../errors.js";
import { daxDevices } from "../memory/dax.js";
import { deviceNumber } from "../memory/device-number.js";
import type { InstanceKind } from "../memory/kind.js";
import { fileError } from "../memory/system-errors.js";
import { openDevdax } from "./devdax.js";
import { explainAt, findFamfs, looksLikeFamfs } from "./famfs/recognise.js";
import { type MountEntry, readMounts } from "./mountinfo.js";

/** An instance of this host, as {@link listInstances} lists it. */
export interface ListedInstance {
  readonly kind: InstanceKind;
  /** What {@link openInstance} takes. */
  readonly path: string;
  /** Its dax device, as this host names it. */
  readonly device: string;
  /** Why it cannot be opened; undefined where it can. */
  readonly problem: FamfsError | undefined;
}

/**
 * Lists the famfs that are mounted in this mount namespace, each once, and the dax devices in mode devdax that none of
 * them lies on. Directories on tmpfs are not listed: any can be an instance.
 * @throws {FamfsError} the errors of loading the addon (docs/errors.md)
 */
export async function listInstances(): Promise<ListedInstance[]> {
  // Other FUSE mounts are left alone: one whose server hangs would keep us waiting.
  const mounts = (await readMounts()).filter(looksLikeFamfs);
  const numbers = [...new Set(mounts.map(({ number }) => number))];
  const mounted = await Promise.all(
    numbers.map((number) => listMounts(mounts.filter((mount) => mount.number === number))),
  );
  const devices = await Promise.all(daxDevices().map(({ name, mode }) => (mode === "devdax" ? listDevice(name) : [])));
  const taken = new Set(mounts.map(({ source }) => source));
  return [...mounted.flat(), ...devices.flat().filter(({ device }) => !taken.has(device))];
}

/** Of the mounts of one file system the first that no other mount hides. */
async function listMounts(mounts: readonly MountEntry[]): Promise<ListedInstance[]> {
  for (const { path, type, source, number } of mounts.filter(({ root }) => root === "/")) {
    const problem = await problemOf(path, async () => {
      const { dev } = await stat(path);
      return deviceNumber(dev) === number ? findFamfs(path, dev) : undefined;
    });
    const kind = type === "fuse" ? "famfs-fuse" : "famfs";
    if (problem !== "none") return [{ kind, path, device: source, problem }];
  }
  return [];
}

async function listDevice(name: string): Promise<ListedInstance[]> {
  const path = `/dev/${name}`;
  const problem = await problemOf(path, async () => {
    const { rdev } = await stat(path);
    return openDevdax(path, rdev, { coherence: "coherent" });
  });
  return problem === "none" ? [] : [{ kind: "devdax", path, device: path, problem }];
}

/** `"none"` where there is no instance after all. */
async function problemOf(
  path: string,
  open: () => Promise<object | undefined>,
): Promise<FamfsError | undefined | "none"> {
  try {
    return (await open()) === undefined ? "none" : undefined;
  } catch (error) {
    const problem = await explainAt(path, fileError(error, path));
    if (problem instanceof FamfsError) return problem;
    throw problem;
  }
}
