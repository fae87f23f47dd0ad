import type { LongWorkOptions } from "../guards.js";
import { wrongType } from "../guards.js";
import type { Backend } from "./backend.js";
import { type CreateOutcome, type FileToCreate, type SettledCreate, settleOneOfMany } from "./create-options.js";
import { isTaken, openTaken } from "./existing.js";
import { fileName } from "./names.js";

/** A file to be made, checked. */
interface Settled extends SettledCreate {
  readonly name: string;
}

/** Checks what {@link Instance.createMany} was given. @throws {FamfsError} as that says */
export function settleMany(files: readonly FileToCreate[]): readonly Settled[] {
  if (!Array.isArray(files)) throw wrongType("files", "an array", files);
  return files.map((file: FileToCreate) => {
    const { name, ...settled } = settleOneOfMany(file);
    return { name: fileName(name), ...settled };
  });
}

/** {@link Instance.createMany} */
export async function createMany(
  backend: Backend,
  files: readonly Settled[],
  work: LongWorkOptions,
): Promise<CreateOutcome[]> {
  const errors = await backend.createMany(files, work);
  const outcomes: CreateOutcome[] = [];
  for (const [i, file] of files.entries()) outcomes.push(await outcomeOf(backend, file, errors[i], work));
  return outcomes;
}

async function outcomeOf(
  backend: Backend,
  { name, request, ifExists }: Settled,
  error: unknown,
  { signal }: LongWorkOptions,
): Promise<CreateOutcome> {
  if (error === undefined) return { name, result: "created", error };
  if (!isTaken(error) || ifExists === "error") return { name, result: "failed", error };
  try {
    const { file } = await openTaken(backend, name, { ...request, signal });
    file.close();
    return { name, result: "existed", error: undefined };
  } catch (refusal) {
    return { name, result: "failed", error: refusal };
  }
}
