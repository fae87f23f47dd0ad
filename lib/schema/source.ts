import { isAnyArrayBuffer } from "node:util/types";
import { FamfsError } from "../errors.js";
import { aligned, integer, wrongType } from "../guards.js";
import { ViewMemory } from "./view-memory.js";

/** Memory that a view can look at: a mapping, or a typed array. */
export interface ViewSource {
  /** Bytes. */
  readonly byteLength: number;
  /** The buffer with these bytes. */
  readonly buffer: ArrayBuffer;
  /** Where in the buffer they start; a mapping has the whole buffer and leaves this out. */
  readonly byteOffset?: number;
}

/** Memory of which a part can be had with a buffer of its own: a mapping. */
export interface MemorySource extends ViewSource {
  /** The bytes from `offset` (a multiple of 8) on, `length` of them, in their own buffer over the same memory. */
  window(offset: number, length: number): MemorySource;
}

/**
 * A source's memory, for views.
 * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_MISALIGNED, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_CLOSED
 */
export function viewMemoryOf(source: ViewSource, align: number): ViewMemory {
  const buffer: unknown = source?.buffer;
  if (!isAnyArrayBuffer(buffer)) throw wrongType("the memory of a view", "a mapping or a typed array", source);
  const start = aligned("the byteOffset of the memory", source.byteOffset ?? 0, align);
  if (buffer.byteLength === 0) throw closed();
  return new ViewMemory(
    buffer,
    start,
    integer("the byteLength of the memory", source.byteLength, 0, buffer.byteLength - start),
  );
}

function closed(): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_CLOSED",
    "the memory of this view is gone: its mapping was closed; map the file again",
  );
}

/** @throws {FamfsError} ERR_FAMFS_CLOSED if the mapping behind a DataView was closed, which detaches its buffer */
export function checkOpen(data: DataView): void {
  if (data.buffer.byteLength === 0) throw closed();
}
