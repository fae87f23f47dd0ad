import { truncateSync } from "node:fs";
import { Instance } from "../../instance/instance.js";
import { createTmpfsInstance } from "../../instance/tmpfs.js";
import { type Check, type Finding, note, ok, problem, said } from "./finding.js";

const SIZE = 2 ** 20;
const VALUE = 0x66616d66;

/** Tries on tmpfs what the library is for: two mappings of one file, and a fault that does not end the process. */
export const memory: Check = {
  name: "memory",
  async look() {
    const instance = await createTmpfsInstance().catch((error: unknown) => error);
    if (!(instance instanceof Instance))
      return [note("memory.shared", `shared memory could not be tried: ${said(instance)}`)];
    try {
      return [await sharing(instance), await containment(instance)];
    } finally {
      await instance.close();
    }
  },
};

async function sharing(instance: Instance): Promise<Finding> {
  const stored = (await instance.create("shared", { size: SIZE })).map().view(Uint32Array, SIZE / 2, 1);
  const seen = (await instance.open("shared")).map().view(Uint32Array, SIZE / 2, 1);
  stored[0] = VALUE;
  if (seen[0] === VALUE)
    return ok("memory.shared", "memory can be shared: a store to a file on tmpfs is seen through another mapping");
  return problem("memory.shared", "a store to a file on tmpfs is not seen through another mapping", "report this");
}

async function containment(instance: Instance): Promise<Finding> {
  const file = await instance.create("truncated", { size: SIZE });
  const mapping = file.map();
  const bytes = mapping.bytes();
  truncateSync(file.path, 0);
  void bytes[SIZE - 1];
  if (mapping.failure?.kind === "truncated")
    return ok(
      "memory.faults",
      "a fault in a mapping is contained (a truncated file fails its mapping, not the process)",
    );
  return problem("memory.faults", "a fault in a mapping was not noticed", "report this");
}
