import { FamfsError, type FamfsErrorCode } from "../errors.js";
import { oneOf, options } from "../guards.js";
import { type MemoryTraits, settleCoherence } from "../memory/coherence.js";
import { checkHandle, type MappingHandle } from "../memory/handle.js";
import { Mapping } from "../memory/mapping.js";
import { ACCESSES, type Access, OpenFile } from "../memory/open-file.js";
import { Region } from "../memory/region.js";
import { explainAt } from "./famfs/recognise.js";
import { settleDevice } from "./settle-device.js";

/** Options of {@link openHandle}. */
export interface OpenHandleOptions {
  /** Default: as the mapping that the handle was made of. */
  access?: Access | undefined;
}

/**
 * Maps what a handle names, in a worker or another process of the same host.
 * @param handle from {@link Mapping.handle}
 * @param callerOptions `access`: `"read-only"` or `"read-write"`
 * @returns a mapping of its own, to be closed by whoever opened it
 * @throws {FamfsError} ERR_FAMFS_STALE_HANDLE where the name means another file by now or none, ERR_FAMFS_PERMISSION,
 * ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_MISALIGNED, ERR_FAMFS_UNKNOWN_OPTION,
 * ERR_FAMFS_FILE_LIMIT, ERR_FAMFS_MAP_LIMIT, ERR_FAMFS_ADDRESS_SPACE; on famfs also ERR_FAMFS_FILE_DEAD,
 * ERR_FAMFS_DEVICE_FAILED, ERR_FAMFS_DAEMON_DEAD, ERR_FAMFS_READ_ONLY_CLIENT, ERR_FAMFS_WRITE_DISABLED
 */
export async function openHandle(handle: MappingHandle, callerOptions?: OpenHandleOptions): Promise<Mapping> {
  return (await openHandleRegion(handle, callerOptions)).mapping;
}

/** {@link openHandle}, with what the mapping is made over. */
export async function openHandleRegion(
  handle: MappingHandle,
  callerOptions?: OpenHandleOptions,
): Promise<{ readonly region: Region; readonly mapping: Mapping }> {
  const { path, kind, identity, offset, length, alignment, access, ...mode } = checkHandle(handle);
  const onDevice = kind === "famfs" || kind === "famfs-fuse" || kind === "devdax";
  const settled = onDevice ? settleDevice(path, mode) : settleCoherence(mode, mode.coherence);
  const traits = { kind, mapAlignment: alignment, ...settled };
  const { access: wanted = access } = options("openHandle", callerOptions, ["access"]);
  oneOf("access", wanted, ACCESSES);
  try {
    return await mapSame(await openSame(path, wanted, traits), { identity, offset, length });
  } catch (error) {
    throw onDevice ? await explainAt(path, error) : error;
  }
}

/** The part of a file that a handle means. */
type Part = Pick<MappingHandle, "identity" | "offset" | "length">;

async function mapSame(file: OpenFile, { identity, offset, length }: Part) {
  const { path } = file;
  try {
    if (file.identity !== identity) {
      throw stale(path, `the name means another file now (${file.identity}, the handle's was ${identity})`);
    }
    if (offset + length > file.size) {
      throw stale(path, `the file is ${file.size} bytes now, the handle's part ended at ${offset + length}`);
    }
    const region = new Region(file, offset, length);
    return { region, mapping: new Mapping(region, region.start, length) };
  } finally {
    file.close();
  }
}

/** What took the place of the file, by the error of opening it. */
const REPLACED: Partial<Record<FamfsErrorCode, string>> = {
  ERR_FAMFS_NOT_FOUND: "the name is gone",
  ERR_FAMFS_IS_DIRECTORY: "the name means another thing now, a directory",
  ERR_FAMFS_NOT_A_FILE: "the name means another thing now, a device, pipe or socket",
};

async function openSame(path: string, access: Access, traits: MemoryTraits): Promise<OpenFile> {
  try {
    return await OpenFile.open(path, access, traits);
  } catch (error) {
    const found = error instanceof FamfsError ? REPLACED[error.code] : undefined;
    throw found === undefined ? error : stale(path, found);
  }
}

function stale(path: string, found: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_STALE_HANDLE",
    `the handle of ${path} is stale: ${found}; ask its sender for a new one`,
    { path },
  );
}
