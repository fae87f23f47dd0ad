import { realpath, stat } from "node:fs/promises";
import { resolve as absolute, dirname, relative } from "node:path";
import { FamfsError } from "../errors.js";
import { explainAt } from "../instance/famfs/recognise.js";
import type { Instance } from "../instance/instance.js";
import { nameInWhole, readMounts } from "../instance/mountinfo.js";
import { systemPath } from "../instance/names.js";
import { type OpenInstanceOptions, openInstance } from "../instance/open-instance.js";
import { deviceNumber } from "../memory/device-number.js";
import { fileError } from "../memory/system-errors.js";

/** What a path on the command line means. */
export interface Target {
  readonly instance: Instance;
  /** Relative to the instance; "" is the instance itself. */
  readonly name: string;
  readonly isFile: boolean;
}

/** The path of the command line, else that of FAMFS_PATH. */
export function givenPath(path: string | undefined): string | undefined {
  return path ?? (process.env["FAMFS_PATH"] || undefined);
}

/**
 * Opens the instance that a path is or lies in.
 * @param options of {@link openInstance}
 * @throws {FamfsError} what {@link openInstance} throws
 */
export async function openTarget(path: string, options: OpenInstanceOptions = {}): Promise<Target> {
  const { real, isFile } = await resolve(systemPath("path", path));
  const instance = await (isFile ? openAround(real, options) : openInstance(real, options));
  return { instance, name: await nameIn(instance, real), isFile };
}

/** Opens what a file lies in: a famfs, also where the folder it is mounted in is on tmpfs; else its folder. */
async function openAround(file: string, options: OpenInstanceOptions): Promise<Instance> {
  try {
    return await openInstance(file, options);
  } catch (error) {
    if (!(error instanceof FamfsError) || error.code !== "ERR_FAMFS_NOT_A_DIRECTORY") throw error;
    return openInstance(dirname(file), options);
  }
}

/**
 * The name that a path has in its instance. A famfs is opened as a whole, so in a bind mount of a part of it that is not
 * what follows `instance.path`.
 * @param real absolute, without symbolic links
 */
export async function nameIn({ kind, path }: Instance, real: string): Promise<string> {
  const fromInstance = relative(path, real);
  if (kind !== "famfs" && kind !== "famfs-fuse") return fromInstance;
  const { dev } = await stat(real).catch((error: unknown) => {
    throw fileError(error, real);
  });
  return nameInWhole(await readMounts(), real, deviceNumber(dev)) ?? fromInstance;
}

async function resolve(path: string): Promise<{ real: string; isFile: boolean }> {
  try {
    const real = await realpath(path);
    return { real, isFile: (await stat(real)).isFile() };
  } catch (error) {
    throw await explainAt(absolute(path), fileError(error, path));
  }
}
