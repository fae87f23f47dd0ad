import type { Instance } from "../../instance/instance.js";
import { openTarget } from "../target.js";
import { type Check, failed, ok, warning } from "./finding.js";

/** Longer than this is felt where programs start, in milliseconds. */
const SLOW = 1000;

/** Whether the instance can be opened, and how fast. What concerns its inside is looked at only then. */
export const opening: Check<[path: string]> = {
  name: "opening",
  async look(path) {
    let instance: Instance | undefined;
    try {
      const start = performance.now();
      ({ instance } = await openTarget(path));
      const took = performance.now() - start;
      const text = `it opens as ${instance.kind}, in ${took.toFixed(1)} ms`;
      if (took < SLOW) return [ok("opening.instance", text)];
      return [warning("opening.instance", text, "look at the load of this host; open an instance once in a program")];
    } catch (error) {
      return [failed("opening.instance", error)];
    } finally {
      await instance?.close();
    }
  },
};
