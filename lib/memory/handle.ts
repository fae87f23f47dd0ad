import { isAbsolute } from "node:path";
import { FamfsError } from "../errors.js";
import { aligned, integer, oneOf, string, wrongType } from "../guards.js";
import { pageSize } from "../native/binding.js";
import { COHERENCES, type Coherence } from "./coherence.js";
import { type InstanceKind, KINDS } from "./kind.js";
import { ACCESSES, type Access } from "./open-file.js";
import type { Region } from "./region.js";

/**
 * A mapping as plain data: goes through `postMessage`, `workerData`, `process.send` and JSON. It means something on
 * this host only, and as long as the name means the same file.
 */
export interface MappingHandle {
  /** Absolute path of the file. */
  readonly path: string;
  /** What the file's instance is. */
  readonly kind: InstanceKind;
  /** Device and inode number of the file; of a dax device its own number. */
  readonly identity: string;
  /** Start in the file, in bytes. */
  readonly offset: number;
  /** Length in bytes. */
  readonly length: number;
  /** What offsets of a mapping of this file are multiples of. */
  readonly alignment: number;
  /** What the mapping that it was made of allowed. */
  readonly access: Access;
  readonly coherence: Coherence;
  /** The simulated host; absent in other modes. */
  readonly host?: number | undefined;
}

/** @internal */
export function makeHandle(region: Region, offset: number, length: number): MappingHandle {
  const { path, identity, access } = region;
  const { kind, mapAlignment: alignment, coherence, host } = region.traits;
  const where = { path, kind, identity, offset: region.fileOffset + offset, length, alignment };
  return { ...where, access, coherence, ...(host === undefined ? {} : { host }) };
}

/** A handle comes from another process: nothing in it is taken for granted. */
export function checkHandle(handle: MappingHandle): MappingHandle {
  if (typeof handle !== "object" || handle === null)
    throw wrongType("handle", "what Mapping.handle() returned", handle);
  const { host } = handle;
  const path = string("handle.path", handle.path);
  if (!isAbsolute(path) || path.includes("\0")) {
    throw new FamfsError(
      "ERR_FAMFS_INVALID_NAME",
      `handle.path must be an absolute path, found ${JSON.stringify(path)}`,
    );
  }
  const alignment = integer("handle.alignment", handle.alignment, pageSize(), 2 ** 30);
  if (!Number.isInteger(Math.log2(alignment))) {
    throw new FamfsError("ERR_FAMFS_OUT_OF_RANGE", `handle.alignment must be a power of two, found ${alignment}`);
  }
  return {
    path,
    kind: oneOf("handle.kind", handle.kind, KINDS),
    identity: string("handle.identity", handle.identity),
    offset: aligned("handle.offset", integer("handle.offset", handle.offset, 0), 8),
    length: integer("handle.length", handle.length, 1),
    alignment,
    access: oneOf("handle.access", handle.access, ACCESSES),
    coherence: oneOf("handle.coherence", handle.coherence, COHERENCES),
    host: host === undefined ? undefined : integer("handle.host", host, 0),
  };
}
