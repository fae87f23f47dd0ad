import { readdirSync } from "node:fs";
import type { FamfsError, FamfsErrorCode } from "famfs";
import { expect } from "vitest";
import { descriptorsOf, mapsOf } from "./proc.js";

/** What an action throws or rejects with; fails where it does neither. */
export async function thrownBy(action: () => unknown): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  throw new Error("expected an error, but nothing was thrown");
}

/** Expects a FamfsError with this code whose message has all of these parts. */
export async function expectError(code: FamfsErrorCode, action: () => unknown, ...parts: (string | RegExp)[]) {
  const error = await thrownBy(action);
  // By its name: a part of the library that a test imports by itself has a class of its own.
  expect(error).toMatchObject({ name: "FamfsError" });
  const { code: found, message } = error as FamfsError;
  expect(found, message).toBe(code);
  for (const part of parts) expect(message).toMatch(part);
  return error as FamfsError;
}

/** What this process shows of an instance in the system: open files, mappings, names. */
export function tracesOf(path: string) {
  // Where FAMFS_PATH is set, other test files work in the same instance; their names carry their process's id.
  const isOurs = (name: string) => !/-\d+-\d+$/.test(name) || name.includes(`-${process.pid}-`);
  return {
    descriptors: descriptorsOf(path).sort(),
    maps: mapsOf(path),
    names: readdirSync(path).filter(isOurs).sort(),
  };
}

/** {@link expectError}, and that the failed call has left no descriptor, mapping or name behind in a directory. */
export async function expectErrorWithoutTrace(
  directory: string,
  code: FamfsErrorCode,
  action: () => unknown,
  ...parts: (string | RegExp)[]
) {
  const before = tracesOf(directory);
  const error = await expectError(code, action, ...parts);
  expect(tracesOf(directory)).toEqual(before);
  return error;
}
