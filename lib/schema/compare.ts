import { FamfsError } from "../errors.js";
import { string } from "../guards.js";
import { LIMITS, type StructType } from "./types.js";

/** Beyond this many pairs of lines no common lines are looked for. */
const MAX_PAIRS = 1_500_000;
/** Lines of a diff that are shown. */
const MAX_LINES = 60;
/** Characters of a line that are shown. */
const MAX_WIDTH = 200;

/** Lengths of the longest common subsequences of the lines from `i` and `j` on. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint32Array {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const next = i * width + j;
      lengths[next] =
        a[i] === b[j]
          ? (lengths[next + width + 1] as number) + 1
          : Math.max(lengths[next + width] as number, lengths[next + 1] as number);
    }
  }
  return lengths;
}

function diffLines(a: readonly string[], b: readonly string[]): string[] {
  if (a.length * b.length > MAX_PAIRS) return [...a.map((line) => `- ${line}`), ...b.map((line) => `+ ${line}`)];
  const lengths = commonLengths(a, b);
  const width = b.length + 1;
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(`  ${a[i++]}`);
      j++;
      continue;
    }
    const without = i < a.length ? (lengths[(i + 1) * width + j] as number) : -1;
    const withNext = j < b.length ? (lengths[i * width + j + 1] as number) : -1;
    lines.push(without >= withNext ? `- ${a[i++]}` : `+ ${b[j++]}`);
  }
  return lines;
}

/** A line that no terminal will misread, of bounded length. */
function printable(line: string): string {
  const safe = line.replace(/[^\x20-\x7e]/g, (char) => `\\u{${(char.codePointAt(0) as number).toString(16)}}`);
  return safe.length > MAX_WIDTH ? `${safe.slice(0, MAX_WIDTH)}…` : safe;
}

/** Keeps the changed lines and one unchanged line on each side of them. */
function shorten(lines: readonly string[]): string[] {
  const changed = (line: string | undefined) => line !== undefined && !line.startsWith(" ");
  const near = lines.filter((line, i) => changed(lines[i - 1]) || changed(line) || changed(lines[i + 1]));
  const shown = near.slice(0, MAX_LINES).map(printable);
  if (near.length > MAX_LINES) shown.push(`… and ${near.length - MAX_LINES} lines more`);
  return shown;
}

/**
 * Checks that a schema's text found in a file is that of the schema expected.
 * @param what where the text was found, for the message
 * @param expected the schema that the caller works with
 * @param found the text from the file, which may be anything
 * @throws {FamfsError} ERR_FAMFS_SCHEMA_MISMATCH with a diff: `-` lines are expected, `+` lines were found
 */
export function assertSameSchema(what: string, expected: Pick<StructType, "text">, found: string): void {
  if (string("the text of a schema", found) === expected.text) return;
  const diff = shorten(diffLines(expected.text.split("\n"), found.slice(0, LIMITS.text).split("\n")));
  throw new FamfsError(
    "ERR_FAMFS_SCHEMA_MISMATCH",
    `${what} has another schema than the one given here (- given here, + found); open it with its own schema:\n${diff.join("\n")}`,
  );
}
