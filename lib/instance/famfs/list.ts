import { stat } from "node:fs/promises";
import { deviceNumber } from "../../memory/device-number.js";
import { fileError } from "../../memory/system-errors.js";
import { type ListedInstance, problemOf } from "../listed.js";
import { type MountEntry, readMounts } from "../mountinfo.js";
import { explainAt, findFamfs, looksLikeFamfs } from "./recognise.js";

/** The famfs that are mounted in this mount namespace, each once, and the devices that they lie on. */
export async function listMounted(): Promise<{ mounted: ListedInstance[]; sources: ReadonlySet<string> }> {
  // Other FUSE mounts are left alone: one whose server hangs would keep us waiting.
  const mounts = (await readMounts()).filter(looksLikeFamfs);
  const numbers = [...new Set(mounts.map(({ number }) => number))];
  const mounted = numbers.map((number) => listOne(mounts.filter((mount) => mount.number === number)));
  return { mounted: (await Promise.all(mounted)).flat(), sources: new Set(mounts.map(({ source }) => source)) };
}

/** Of the mounts of one file system the first that no other mount hides. */
async function listOne(mounts: readonly MountEntry[]): Promise<ListedInstance[]> {
  for (const { path, type, source, number } of mounts.filter(({ root }) => root === "/")) {
    let found: object | undefined;
    const problem = await problemOf(path, async () => {
      found = await findAt(path, number);
    });
    const kind = type === "fuse" ? "famfs-fuse" : "famfs";
    if (found !== undefined || problem !== undefined) return [{ kind, path, device: source, problem }];
  }
  return [];
}

async function findAt(path: string, number: string): Promise<object | undefined> {
  try {
    const { dev } = await stat(path);
    return deviceNumber(dev) === number ? await findFamfs(path, dev) : undefined;
  } catch (error) {
    throw await explainAt(path, fileError(error, path));
  }
}
