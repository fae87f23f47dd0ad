import { FamfsError } from "../errors.js";
import type { Backend, CreateRequest, OpenedFile } from "./backend.js";

/** Whether making a file failed only because it is there: with `ifExists: "open"` it is opened then. */
export function isTaken(error: unknown): boolean {
  return error instanceof FamfsError && error.code === "ERR_FAMFS_EXISTS";
}

/** Opens a file that was to be made and is there, if it has the size asked for. @throws {FamfsError} ERR_FAMFS_EXISTS */
export async function openTaken(backend: Backend, name: string, { size, signal }: CreateRequest): Promise<OpenedFile> {
  await backend.bring(name, signal);
  const opened = await backend.open(name, "read-write");
  const { file } = opened;
  if (file.size === size) return opened;
  file.close();
  throw new FamfsError(
    "ERR_FAMFS_EXISTS",
    `${file.path} exists with ${file.size} bytes, expected ${size}; open it as it is, or choose another name`,
    { path: file.path },
  );
}
