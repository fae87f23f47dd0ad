// For scripts in a guest: the dax device, opened and mapped.
import { openInstance } from "famfs";

/** A mapping of a part of the device; by default the first 2 MiB. */
export async function mapDevice({ coherence, offset = 0, length = 2 ** 21, access = "read-write" } = {}) {
  const instance = await openInstance("/dev/dax0.0", { coherence });
  const file = await instance.open("dax0.0", { access });
  return file.map({ offset, length });
}
