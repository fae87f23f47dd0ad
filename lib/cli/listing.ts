import { FamfsError } from "../errors.js";
import type { FileEntry } from "../instance/backend.js";
import type { Instance } from "../instance/instance.js";

/** Files of an instance. */
export interface Listing {
  readonly files: FileEntry[];
  /** Why some are left out: a folder that this user may not look into ended the list. */
  readonly refusal: FamfsError | undefined;
}

/** Lists the files of an instance, as far as this user may. @throws {FamfsError} other errors of {@link Instance.files} */
export async function listFiles(instance: Instance): Promise<Listing> {
  const files: FileEntry[] = [];
  try {
    for await (const file of instance.files()) files.push(file);
  } catch (error) {
    if (error instanceof FamfsError && error.code === "ERR_FAMFS_PERMISSION") return { files, refusal: error };
    throw error;
  }
  return { files, refusal: undefined };
}
