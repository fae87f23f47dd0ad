import { printable, table } from "../output.js";
import type { Plain } from "./plain.js";
import { problemWords } from "./problem.js";
import type { ShownStructure } from "./structures.js";

/** What is shown of a structure, for people: a line for each word, and for each field of a value. */
export function shownText({ name, kind, shown, problem }: ShownStructure): string {
  if (name === undefined || (shown === undefined && problem === undefined)) return "";
  const title = `${printable(kind ?? "")} ${printable(name)}\n`;
  if (problem !== undefined) return `${title}  ${problemWords(problem)}\n`;
  const rows = Object.entries(shown ?? {}).flatMap(([word, value]) => rowsOf(word, value));
  return title + table(rows.map(([word, value]) => [`  ${word}`, value]));
}

function rowsOf(word: string, value: Plain | undefined): [string, string][] {
  if (value === undefined) return [];
  if (word === "value" && isObject(value))
    return Object.entries(value).map(([field, of]) => [`.${field}`, plainText(of)]);
  return [[word, word !== "value" && typeof value === "string" ? printable(value) : plainText(value)]];
}

function isObject(value: Plain): value is { readonly [name: string]: Plain } {
  return typeof value === "object" && !Array.isArray(value);
}

/** A value as it would stand in a program. */
function plainText(value: Plain): string {
  if (typeof value === "string") return printable(JSON.stringify(value));
  if (!isObject(value)) return Array.isArray(value) ? `[${value.map(plainText).join(", ")}]` : String(value);
  const { length, first } = value;
  const names = Object.keys(value);
  if (names.length === 2 && typeof length === "number" && first !== undefined) return cutText(length, first);
  return `{ ${names.map((name) => `${name}: ${plainText(value[name] as Plain)}`).join(", ")} }`;
}

function cutText(length: number, first: Plain): string {
  const shown = Array.isArray(first) ? first.length : undefined;
  if (shown === undefined) return `${plainText(first)} … (${length} in all)`;
  return `[${(first as readonly Plain[]).map(plainText).join(", ")}${shown === 0 ? "" : ", "}… ${length - shown} more]`;
}
