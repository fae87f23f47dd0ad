import type { Instance } from "../../instance/instance.js";
import { fileError } from "../../memory/system-errors.js";
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
        return [failed(`${name}.check`, fileError(error, path))];
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
