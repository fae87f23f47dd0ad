import { FamfsError } from "../errors.js";
import type { OpenFile } from "../memory/open-file.js";

/**
 * Lets a file pass that lies on the instance's own file system; closes another.
 * @param device the device number of the instance
 * @throws {FamfsError} ERR_FAMFS_INVALID_NAME
 */
export function insideOnly(file: OpenFile, device: number): OpenFile {
  const { path, identity } = file;
  if (identity.startsWith(`${device}:`)) return file;
  file.close();
  throw leadsOutside(path);
}

/** The error of a path that is not on the instance's own file system. */
export function leadsOutside(path: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_INVALID_NAME",
    `${path} leads to another file system, by a symbolic link or a mount; open the instance that it leads to`,
    { path },
  );
}
