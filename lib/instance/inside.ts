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
  throw new FamfsError(
    "ERR_FAMFS_INVALID_NAME",
    `${path} leads to another file system, by a symbolic link or a mount; open the instance that it leads to`,
    { path },
  );
}
