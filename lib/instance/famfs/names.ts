import { FamfsError } from "../../errors.js";
import type { FamfsPlace } from "./mount.js";

/** Superblock and log: whoever stored into them would destroy the famfs. */
export const META = ".meta";

/** Of a name with its folders, in bytes of UTF-8; what is longer, famfs's command cuts off or stumbles over. */
const LONGEST_NAME = 79;

/** Of a file on the FUSE kind: there famfs's command holds one of 79 bytes for too long, and aborts. */
const LONGEST_FUSE_FILE = 78;

/** @throws {FamfsError} ERR_FAMFS_INVALID_NAME */
export function refuseMeta(name: string): void {
  if (name.split("/")[0] !== META) return;
  throw new FamfsError(
    "ERR_FAMFS_INVALID_NAME",
    `${name} belongs to famfs itself, its superblock and log; instance.info(), devices() and files() tell what is in them`,
  );
}

/** Checks the name of a file to be made. @throws {FamfsError} ERR_FAMFS_INVALID_NAME */
export function checkNewFile({ kind }: Pick<FamfsPlace, "kind">, name: string): void {
  checkNew("files", name, kind === "famfs-fuse" ? LONGEST_FUSE_FILE : LONGEST_NAME);
}

/** Checks the name of a folder to be made. @throws {FamfsError} ERR_FAMFS_INVALID_NAME */
export function checkNewFolder(name: string): void {
  checkNew("folders", name, LONGEST_NAME);
}

function checkNew(what: string, name: string, longest: number): void {
  refuseMeta(name);
  const length = Buffer.byteLength(name);
  if (length <= longest) return;
  throw new FamfsError(
    "ERR_FAMFS_INVALID_NAME",
    `${what} on a famfs of this kind have names of up to ${longest} bytes, with the folders they are in; found ${length} in ${JSON.stringify(name)}`,
  );
}
