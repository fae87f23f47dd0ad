import { FamfsError } from "../../errors.js";
import type { OpenFile } from "../../memory/open-file.js";
import type { CreateRequest } from "../backend.js";
import type { FamfsMount } from "./mount.js";

/** Placeholder. */
export async function createFile(mount: FamfsMount, name: string, _request: CreateRequest): Promise<OpenFile> {
  throw new FamfsError("ERR_FAMFS_UNSUPPORTED_OPERATION", `${mount.root}/${name} cannot be made yet`);
}
