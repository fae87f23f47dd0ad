import { FamfsError } from "../../errors.js";

/** Superblock and log: whoever stored into them would destroy the famfs. */
export const META = ".meta";

/** Of a name with its folders, in bytes of UTF-8; what is longer, famfs's command cuts off or stumbles over. */
const LONGEST_NAME = 79;

/** @throws {FamfsError} ERR_FAMFS_INVALID_NAME */
export function refuseMeta(name: string): void {
  if (name.split("/")[0] !== META) return;
  throw new FamfsError(
    "ERR_FAMFS_INVALID_NAME",
    `${name} belongs to famfs itself, its superblock and log; instance.info(), devices() and files() tell what is in them`,
  );
}

/** Checks the name of a file or folder to be made. @throws {FamfsError} ERR_FAMFS_INVALID_NAME */
export function checkNew(name: string): void {
  refuseMeta(name);
  const length = Buffer.byteLength(name);
  if (length <= LONGEST_NAME) return;
  throw new FamfsError(
    "ERR_FAMFS_INVALID_NAME",
    `famfs has names of up to ${LONGEST_NAME} bytes, with the folders they are in; found ${length} in ${JSON.stringify(name)}`,
  );
}
