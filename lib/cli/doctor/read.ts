import { readdirSync, readFileSync } from "node:fs";

/** The text of a file of /proc or /sys, without the end of its last line; undefined where it is not to be had. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trimEnd();
  } catch {
    return undefined;
  }
}

/** The names in a folder, sorted; none where it is not to be had. */
export function readNames(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch {
    return [];
  }
}

/** The value of a line `Name: value`, as in /proc/<pid>/status. */
export function field(text: string, name: string): string | undefined {
  for (const line of text.split("\n")) {
    if (line.startsWith(`${name}:`)) return line.slice(name.length + 1).trim();
  }
  return undefined;
}
