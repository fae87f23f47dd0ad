import { FamfsError } from "../../errors.js";
import type { FamfsMount } from "./mount.js";

/** Placeholder for what is made by famfs's own command. */
async function notYet({ root }: FamfsMount, ..._arguments: readonly unknown[]): Promise<never> {
  throw new FamfsError("ERR_FAMFS_UNSUPPORTED_OPERATION", `files of ${root} cannot be made yet`);
}

export const createFile = notYet;
export const createFiles = notYet;
export const makeFolder = notYet;
export const replay = notYet;
export const bring = notYet;
