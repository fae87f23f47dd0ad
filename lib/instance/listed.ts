import { FamfsError } from "../errors.js";
import type { InstanceKind } from "../memory/kind.js";
import { fileError } from "../memory/system-errors.js";

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

/** Why what is at a path cannot be opened; undefined where it can. */
export async function problemOf(path: string, open: () => Promise<unknown>): Promise<FamfsError | undefined> {
  try {
    await open();
    return undefined;
  } catch (error) {
    const problem = fileError(error, path);
    if (problem instanceof FamfsError) return problem;
    throw problem;
  }
}
