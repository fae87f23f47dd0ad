import { type FileHandle, open } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { FamfsError } from "../errors.js";
import { integer, wrongType } from "../guards.js";
import { storeFence } from "../memory/coherence.js";
import { memoryMissing } from "../memory/failure.js";
import { Mapping } from "../memory/mapping.js";
import { Region } from "../memory/region.js";
import { fileError } from "../memory/system-errors.js";
import { systemFailure } from "../native/binding.js";
import type { Fill } from "./backend.js";
import { systemPath } from "./names.js";

/** Copied at once, in bytes: a turn of the event loop takes a millisecond or two. */
const PIECE = 4 * 2 ** 20;

/** Where bytes to be copied come from. */
export interface Source {
  readonly size: number;
  /** Stores the bytes from `position` on into the target. */
  read(target: Uint8Array, position: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens what {@link Instance.copyIn} was given.
 * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_INVALID_NAME, ERR_FAMFS_NOT_FOUND, ERR_FAMFS_NOT_A_FILE,
 * ERR_FAMFS_IS_DIRECTORY, ERR_FAMFS_PERMISSION, ERR_FAMFS_OUT_OF_RANGE where it is empty
 */
export async function openSource(source: unknown): Promise<Source> {
  if (source instanceof Uint8Array) return sourceOfBytes(source);
  if (typeof source !== "string") throw wrongType("source", "a path or a Uint8Array", source);
  const path = systemPath("source", source);
  const file = await open(path).catch((error: unknown) => {
    throw fileError(error, path);
  });
  try {
    return await sourceOfFile(path, file);
  } catch (error) {
    await file.close();
    throw fileError(error, path);
  }
}

function sourceOfBytes(bytes: Uint8Array): Source {
  const size = integer("source.byteLength", bytes.byteLength, 1);
  return {
    size,
    read: async (target, position) => {
      if (bytes.byteLength !== size) throw changed("the source", size, bytes.byteLength);
      target.set(bytes.subarray(position, position + target.byteLength));
      await nextTurn();
    },
    close: async () => {},
  };
}

async function sourceOfFile(path: string, file: FileHandle): Promise<Source> {
  const status = await file.stat();
  if (status.isDirectory())
    throw new FamfsError("ERR_FAMFS_IS_DIRECTORY", `${path} is a directory, expected a file to copy`, { path });
  if (!status.isFile())
    throw new FamfsError("ERR_FAMFS_NOT_A_FILE", `${path} is no regular file, so its size is not known`, { path });
  const size = integer(`the size of ${path}`, status.size, 1);
  return {
    size,
    read: async (target, position) => {
      for (let done = 0; done < target.byteLength; ) {
        const { bytesRead } = await file.read(target, done, target.byteLength - done, position + done);
        if (bytesRead === 0) throw changed(path, size, position + done);
        done += bytesRead;
      }
    },
    close: () => file.close(),
  };
}

function changed(path: string, size: number, found: number): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_PAST_END",
    `${path} had ${size} bytes when the copy began and ends at ${found} now: someone changed it meanwhile; copy it again`,
  );
}

/** Copies a source into a file through a mapping, piece by piece, each written back. */
export function fillFrom(source: Source): Fill {
  return async (file, { signal, onProgress }) => {
    const { size } = file;
    const region = new Region(file, 0, size);
    const mapping = new Mapping(region, 0, size);
    try {
      for (let at = 0; at < size; at += PIECE) {
        signal?.throwIfAborted();
        const length = Math.min(PIECE, size - at);
        await copyPiece(source, mapping.window(at, length), at).catch((error: unknown) => {
          throw storeError(error, file.path, at);
        });
        region.check();
        onProgress?.({ done: at + length, total: size });
      }
    } finally {
      mapping.close();
      await mapping.released;
    }
  };
}

async function copyPiece(source: Source, target: Mapping, at: number): Promise<void> {
  try {
    await source.read(target.bytes(), at);
    target.writeBack(0, target.byteLength, "copyIn");
    storeFence("copyIn");
  } finally {
    target.close();
  }
}

/** EFAULT: the kernel found no memory to copy to. */
function storeError(error: unknown, path: string, at: number): unknown {
  const failure = systemFailure(error);
  return failure?.name === "EFAULT" ? memoryMissing(failure, path, at) : fileError(error, path);
}
