import { type ParseArgsConfig, parseArgs } from "node:util";
import { UsageError } from "./command.js";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** A switch, off unless given. */
export const flag = { type: "boolean", default: false } as const;

/** What every command takes; --help was answered before. */
const COMMON = { json: flag } as const;

/** A command's options, and the one path that it may be given. */
export interface Parsed<T extends Options> {
  readonly values: ReturnType<typeof parseArgs<{ options: T & typeof COMMON }>>["values"];
  readonly path: string | undefined;
}

/**
 * Reads a command line with these options, `--json`, and at most one path.
 * @throws {UsageError}
 */
export function parse<const T extends Options>(args: readonly string[], options: T): Parsed<T> {
  const config = { args: [...args], allowPositionals: true, options: { ...options, ...COMMON } };
  let parsed: { values: unknown; positionals: string[] };
  try {
    parsed = parseArgs(config);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const { values, positionals } = parsed;
  if (positionals.length > 1) throw new UsageError(`one file or folder is expected, found ${positionals.length}`);
  if (positionals[0] === "") throw new UsageError("the path is empty");
  return { values: values as Parsed<T>["values"], path: positionals[0] };
}

/** A number given on the command line. @throws {UsageError} */
export function number(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= min && value <= max) return value;
  throw new UsageError(`${name} must be a number from ${min} to ${max}, found ${JSON.stringify(text)}`);
}

/** {@link number}, without a fraction. @throws {UsageError} */
export function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = number(name, text, min, max);
  if (Number.isInteger(value)) return value;
  throw new UsageError(`${name} must be a whole number, found ${JSON.stringify(text)}`);
}
