import { readFileSync } from "node:fs";

/** The names of users or groups by number, as far as /etc knows them. */
function names(file: "/etc/passwd" | "/etc/group"): (id: number) => string {
  let known: Map<string, string> | undefined;
  return (id) => {
    known ??= new Map(fields(file).map(([name = "", , number = ""]) => [number, name]));
    return known.get(String(id)) ?? String(id);
  };
}

function fields(file: string): string[][] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.split(":"));
  } catch {
    return []; // as in a container without users
  }
}

/** The name of a user, or its number where it has none. */
export const userName = names("/etc/passwd");

/** The name of a group, or its number where it has none. */
export const groupName = names("/etc/group");
