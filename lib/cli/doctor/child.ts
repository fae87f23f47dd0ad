import { HOST_CHECKS, INSIDE_CHECKS, OUTSIDE_CHECKS } from "./checks.js";
import { type Finding, failed } from "./finding.js";
import type { Task } from "./task.js";

// The doctor's child: it looks at one thing after the other, and may hang or crash at any of them.

async function look({ name, path }: Task): Promise<readonly Finding[]> {
  try {
    return await (path === undefined
      ? find(HOST_CHECKS, name).look()
      : find([...OUTSIDE_CHECKS, ...INSIDE_CHECKS], name).look(path));
  } catch (error) {
    return [failed(`${name}.check`, error)];
  }
}

function find<T extends { name: string }>(checks: readonly T[], name: string): T {
  const check = checks.find((candidate) => candidate.name === name);
  if (check === undefined) throw new Error(`there is no check ${name}`);
  return check;
}

process.on("message", async (task: Task) => {
  process.send?.(await look(task));
});
// Not process.exitCode: a call that hangs must not keep the process.
process.on("disconnect", () => process.exit());
// A Ctrl-C goes to both; the doctor's end is this one's, and then private instances are removed.
process.on("SIGINT", () => undefined);
