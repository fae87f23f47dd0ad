import { FamfsError } from "../errors.js";
import { string, wrongType } from "../guards.js";
import type { Instance } from "../instance/instance.js";
import type { Mapping } from "../memory/mapping.js";
import { Consumer } from "./consumer.js";
import { openFiles } from "./files.js";
import { readGeometry } from "./header.js";
import type { Geometry } from "./layout.js";
import type { Files, Role } from "./mapped.js";
import { Producer } from "./producer.js";
import { consumerStart, producerStart } from "./recover.js";

/** A queue whose files were checked, and the end that was asked for. */
export interface Opened {
  readonly files: Files;
  readonly geometry: Geometry;
  readonly role: Role | undefined;
  readonly end: Producer | Consumer | undefined;
}

/** Opens a queue by its name. @throws {FamfsError} as {@link PcqQueue.open} */
export async function openByName(instance: Instance, name: string, role: Role | undefined): Promise<Opened> {
  return startOver(await openFiles(instance, name, role), role);
}

/** Opens a queue in mapped files, which are closed where it fails. */
export async function startOver(files: Files, role: Role | undefined): Promise<Opened> {
  try {
    if (role !== undefined) checkAccess(files, role);
    const geometry = await readGeometry(files);
    return { files, geometry, role, end: await startEnd(files, geometry, role) };
  } catch (error) {
    files.producer.close();
    files.consumer.close();
    throw error;
  }
}

async function startEnd(files: Files, geometry: Geometry, role: Role | undefined) {
  if (role === undefined) return undefined;
  return role === "consumer"
    ? new Consumer(files, geometry, consumerStart(files, geometry))
    : new Producer(files, geometry, await producerStart(files, geometry));
}

function checkAccess(files: Files, role: Role): void {
  if (files[role].access === "read-write") return;
  throw new FamfsError(
    "ERR_FAMFS_PERMISSION",
    `the role "${role}" needs the ${role}'s file of the queue ${files.path} mapped read-write, it is read-only`,
    { path: files.path },
  );
}

/** Windows of two mappings, so that closing the queue leaves them. @throws {FamfsError} ERR_FAMFS_INVALID_TYPE */
export function windowsOf(producer: Mapping, consumer: Mapping): Files {
  for (const [name, mapping] of Object.entries({ producer, consumer })) {
    if (typeof mapping?.window !== "function") throw wrongType(name, "a mapping", mapping);
  }
  return {
    path: producer.handle().path,
    producer: producer.window(0, producer.byteLength),
    consumer: consumer.window(0, consumer.byteLength),
  };
}

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE */
export function checkPlace(instance: Instance, name: string): void {
  if (typeof instance?.create !== "function") throw wrongType("instance", "an instance", instance);
  string("name", name);
}
