import { FamfsError } from "../errors.js";
import { show, string } from "../guards.js";

/**
 * Checks the name of a file in an instance: a relative path whose parts are not empty, not `.` or `..`, and do not
 * start with `-` (famfs's own command would take such a name for an option).
 * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_INVALID_NAME
 */
export function fileName(name: unknown): string {
  const text = string("name", name);
  const problem = nameProblem(text);
  if (problem === undefined) return text;
  throw new FamfsError(
    "ERR_FAMFS_INVALID_NAME",
    `a file is named by a path relative to its instance, such as "table" or "models/a"; found ${problem} in ${show(text)}`,
  );
}

/**
 * Checks a path of the system: any but one with a NUL character, where the system would end it.
 * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_INVALID_NAME
 */
export function systemPath(name: string, value: unknown): string {
  const text = string(name, value);
  if (!text.includes("\0")) return text;
  throw new FamfsError("ERR_FAMFS_INVALID_NAME", `${name} must be a path, found a NUL character in ${show(text)}`);
}

/** Whether a folder's entry has a name that {@link fileName} allows. */
export function isAllowed(part: string): boolean {
  return partProblem(part, 0) === undefined;
}

/** Whether {@link fileName} allows a name. */
export function isFileName(name: string): boolean {
  return nameProblem(name) === undefined;
}

function nameProblem(name: string): string | undefined {
  if (name.includes("\0")) return "a NUL character";
  return name
    .split("/")
    .map(partProblem)
    .find((found) => found !== undefined);
}

function partProblem(part: string, index: number): string | undefined {
  if (part === "") return index === 0 ? "an empty or absolute name" : "an empty part";
  if (part === "." || part === "..") return `the part "${part}"`;
  if (part.startsWith("-")) return `a part that starts with "-"`;
  return undefined;
}
