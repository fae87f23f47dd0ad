import { realpath, stat } from "node:fs/promises";
import { resolve as absolute, dirname, relative } from "node:path";
import { explainAt } from "../instance/famfs/recognise.js";
import type { Instance } from "../instance/instance.js";
import { systemPath } from "../instance/names.js";
import { openInstance } from "../instance/open-instance.js";
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

/** Opens the instance that a path is or lies in. @throws {FamfsError} what {@link openInstance} throws */
export async function openTarget(path: string): Promise<Target> {
  const { real, isFile } = await resolve(systemPath("path", path));
  const instance = await openInstance(isFile ? dirname(real) : real);
  return { instance, name: relative(instance.path, real), isFile };
}

async function resolve(path: string): Promise<{ real: string; isFile: boolean }> {
  try {
    const real = await realpath(path);
    return { real, isFile: (await stat(real)).isFile() };
  } catch (error) {
    throw await explainAt(absolute(path), fileError(error, path));
  }
}
