import { FamfsError } from "../../errors.js";
import type { FileEntry } from "../../instance/backend.js";
import type { Instance } from "../../instance/instance.js";
import { openTarget } from "../target.js";
import { type Check, type Finding, failed } from "./finding.js";

/** A check that looks at an open instance. */
export function inside(name: string, look: (instance: Instance) => Promise<readonly Finding[]>): Check<[path: string]> {
  return {
    name,
    async look(path) {
      let instance: Instance | undefined;
      try {
        ({ instance } = await openTarget(path));
        return await look(instance);
      } catch (error) {
        return [failed(`${name}.check`, error)];
      } finally {
        await instance?.close();
      }
    },
  };
}

/** Whether it is a mounted famfs. */
export function isFamfs({ kind }: Instance): boolean {
  return kind === "famfs" || kind === "famfs-fuse";
}

/** The files of an instance, and why some are left out: a folder that this user may not look into ends the list. */
export async function listFiles(instance: Instance): Promise<{ files: FileEntry[]; refusal: FamfsError | undefined }> {
  const files: FileEntry[] = [];
  try {
    for await (const file of instance.files()) files.push(file);
  } catch (error) {
    if (error instanceof FamfsError && error.code === "ERR_FAMFS_PERMISSION") return { files, refusal: error };
    throw error;
  }
  return { files, refusal: undefined };
}
