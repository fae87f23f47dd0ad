import { join } from "node:path";
import { FamfsError } from "../../errors.js";
import { OpenFile } from "../../memory/open-file.js";
import { zero } from "../../memory/zero.js";
import type { CreateRequest } from "../backend.js";
import type { CliResult } from "./cli.js";
import { checkManner, creatOne, foundIt, type Held, type Wanted } from "./creat.js";
import { CreationLock } from "./creation-lock.js";
import type { FamfsMount } from "./mount.js";
import { checkNewFile } from "./names.js";
import { checkFolder, checkFree, checkRoom, strayError } from "./preconditions.js";
import { deadFile } from "./refusals.js";

/**
 * Makes a file of a famfs and fills it; only a file whose entry in the log is new is stored to.
 * @throws {FamfsError} as {@link Instance.create} says; the signal's reason
 */
export async function createFile(mount: FamfsMount, name: string, request: CreateRequest): Promise<OpenFile> {
  checkNewFile(mount, name);
  checkManner(mount, request);
  const lock = await CreationLock.open(mount);
  try {
    const { signal } = request;
    await lock.whileAlone(signal, () => logFile(mount, name, request, { lock, signal }));
    return await fillNew(mount, name, request);
  } finally {
    lock.close();
  }
}

/** Makes a file appear in the log, with its name taken. */
async function logFile(mount: FamfsMount, name: string, request: CreateRequest, held: Held): Promise<void> {
  await mount.log.refresh();
  await checkCanBeMade(mount, name);
  await held.lock.takeName(name, held.signal);
  await makeLogged(mount, name, request, held);
}

/** Makes a file appear in the log; its memory holds anything. */
export async function makeLogged(mount: FamfsMount, name: string, request: CreateRequest, held: Held): Promise<void> {
  const before = mount.log.used;
  const wanted = { name, size: request.size };
  const result = await creatOne(mount, wanted, request, held);
  await mount.log.refresh();
  const problem = problemOf(mount, wanted, { before, result });
  if (problem !== undefined) throw problem;
}

/** @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_FILE_DEAD, ERR_FAMFS_NOT_FOUND, ERR_FAMFS_LOG_FULL */
export async function checkCanBeMade(mount: FamfsMount, name: string): Promise<void> {
  await checkFree(mount, name);
  checkFolder(mount, name);
  checkRoom(mount, 1);
}

/** What a command did that was to make a file, when the log had `before` entries. */
interface Attempt {
  readonly before: number;
  readonly result: CliResult;
}

/** Why a file that `famfs creat` says it made is not to be stored to; undefined where it is new. */
export function problemOf(mount: FamfsMount, wanted: Wanted, { before, result }: Attempt): FamfsError | undefined {
  const { name, size } = wanted;
  const path = join(mount.root, name);
  const logged = mount.log.files.get(name);
  if (foundIt(result, path)) {
    if (logged === undefined) return strayError(mount, path);
    const made = `${path} exists already: somebody made it by famfs's own command meanwhile; open it, or pass ifExists: "open"`;
    return new FamfsError("ERR_FAMFS_EXISTS", made, { path });
  }
  if (logged === undefined || logged.sequence < before) {
    return result.unfulfilled(
      `it said it was done, but the log of the famfs has no new entry for ${path}: nothing was stored to it. It may be a famfs of another version, or of another mount`,
    );
  }
  if (logged.size === size) return undefined;
  return result.unfulfilled(`it made ${path} with ${logged.size} bytes, expected ${size}`);
}

/**
 * Opens a file that is new in the log, and fills it.
 * @throws {FamfsError} what opening, mapping and storing throw, with the news that the file is there
 */
export async function fillNew(mount: FamfsMount, name: string, request: CreateRequest): Promise<OpenFile> {
  const path = join(mount.root, name);
  const { size, contents, signal, onProgress } = request;
  try {
    const file = await OpenFile.open(path, "read-write", mount.traits);
    try {
      if (file.size !== size) throw deadFile(mount, path, file.size, size);
      if (contents === "any") onProgress?.({ done: size, total: size });
      else await (contents === "zero" ? zero : contents)(file, { signal, onProgress });
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  } catch (error) {
    throw error instanceof FamfsError ? incomplete(error) : error;
  }
}

function incomplete(error: FamfsError): FamfsError {
  const { code, message, errno, syscall, path, failure } = error;
  const said = `${message}. The file is in the famfs all the same, for ever, and not filled: open it read-write and fill it, or use another name`;
  return new FamfsError(code, said, { errno, syscall, path, failure, cause: error });
}
