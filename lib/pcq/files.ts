import { chmod, stat } from "node:fs/promises";
import { join } from "node:path";
import { FamfsError } from "../errors.js";
import type { FamfsFile } from "../instance/file.js";
import type { Instance } from "../instance/instance.js";
import type { Mapping } from "../memory/mapping.js";
import { fileError } from "../memory/system-errors.js";
import { writeConsumerHeader, writeProducerHeader } from "./header.js";
import { CONSUMER_FILE_SIZE, CONSUMER_SUFFIX, type Geometry, producerFileSize } from "./layout.js";
import type { Files, Role } from "./mapped.js";

/**
 * Which roles the permission bits of a queue's files allow on this host, to all users: `"producer"` as `pcq --setperm p`
 * (the producer's file 0644, the consumer's 0444), `"consumer"` as `c` (the other way round), `"both"` as `b` (both
 * 0644), `"neither"` as `n` (both 0444).
 */
export type PcqPermissions = "producer" | "consumer" | "both" | "neither";

/** All of them. */
export const PERMISSIONS = ["producer", "consumer", "both", "neither"] as const;

/** Permission bits of the producer's file and of the consumer's. */
const MODES: Readonly<Record<PcqPermissions, { readonly producer: number; readonly consumer: number }>> = {
  producer: { producer: 0o644, consumer: 0o444 },
  consumer: { producer: 0o444, consumer: 0o644 },
  both: { producer: 0o644, consumer: 0o644 },
  neither: { producer: 0o444, consumer: 0o444 },
};

/** Makes both files of a new queue, the consumer's first: where that succeeds, nobody else makes this queue. */
export async function createFiles(
  instance: Instance,
  name: string,
  {
    geometry,
    permissions,
    signal,
  }: { geometry: Geometry; permissions: PcqPermissions; signal?: AbortSignal | undefined },
): Promise<void> {
  const modes = MODES[permissions];
  // Asked first, because a file that was made cannot be taken back on famfs.
  await refuseExisting(instance, name);
  const consumer = await instance.create(`${name}${CONSUMER_SUFFIX}`, {
    size: CONSUMER_FILE_SIZE,
    mode: modes.consumer,
    signal,
  });
  initialise(consumer, writeConsumerHeader);
  const producer = await instance.create(name, { size: producerFileSize(geometry), mode: modes.producer, signal });
  initialise(producer, (mapping) => writeProducerHeader(mapping, geometry));
}

function initialise(file: FamfsFile, write: (mapping: Mapping) => void): void {
  const mapping = file.map();
  try {
    write(mapping);
  } finally {
    mapping.close();
    file.close();
  }
}

async function refuseExisting(instance: Instance, name: string): Promise<void> {
  const found = await instance.open(name).catch((error: unknown) => {
    if (error instanceof FamfsError && error.code === "ERR_FAMFS_NOT_FOUND") return undefined;
    throw error;
  });
  if (found === undefined) return;
  found.close();
  throw new FamfsError("ERR_FAMFS_EXISTS", `${found.path} exists; open it, or choose another name for the new queue`, {
    path: found.path,
  });
}

/** Maps both files; what belongs to the other side read-only, and without a role both. */
export async function openFiles(instance: Instance, name: string, role: Role | undefined): Promise<Files> {
  const producer = await openOne(instance, name, role === "producer");
  try {
    const consumer = await openOne(instance, `${name}${CONSUMER_SUFFIX}`, role === "consumer");
    return { path: join(instance.path, name), producer, consumer };
  } catch (error) {
    producer.close();
    throw error;
  }
}

async function openOne(instance: Instance, name: string, writable: boolean): Promise<Mapping> {
  const file = await instance.open(name, { access: writable ? "read-write" : "read-only" });
  try {
    return file.map();
  } finally {
    file.close();
  }
}

/** Sets the permission bits of a queue's files, which exist. */
export async function changeModes(instance: Instance, name: string, permissions: PcqPermissions): Promise<void> {
  const modes = MODES[permissions];
  for (const [path, mode] of [
    [join(instance.path, name), modes.producer],
    [join(instance.path, `${name}${CONSUMER_SUFFIX}`), modes.consumer],
  ] as const) {
    const found = await changeMode(path, mode).catch((error: unknown) => {
      throw fileError(error, path);
    });
    if (found === mode) continue;
    throw new FamfsError(
      "ERR_FAMFS_UNSUPPORTED_OPERATION",
      `the permission bits of ${path} must now be ${mode.toString(8)}, found ${found.toString(8)}: its file system took the change and did not keep it`,
      { path },
    );
  }
}

async function changeMode(path: string, mode: number): Promise<number> {
  await chmod(path, mode);
  return (await stat(path)).mode & 0o777;
}
