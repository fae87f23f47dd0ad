import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./child.js";
import type { Reason } from "./requirements.js";

const found = (command: string) => spawnSync(command, ["--version"], { stdio: "ignore" }).error === undefined;

/** Models are checked by Debian's spin, which needs a C compiler. */
export const noSpin: Reason = found("spin") && found("gcc") ? undefined : "needs spin and gcc";

/** What the model checker said. */
export interface Checked {
  /** The assertion that was violated; undefined where none is. */
  readonly violated: string | undefined;
  readonly states: number;
}

/**
 * Checks a model to the end of its states.
 * @param level of the compiler's optimisation: what has many states is checked sooner with 1, all else with 0
 * @throws where it cannot be checked, or not all of it
 */
export function check(model: string, defines: readonly string[], level: 0 | 1 = 0): Checked {
  const folder = mkdtempSync(join(tmpdir(), "famfs-model-"));
  const run = (command: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: "utf8", timeout: 120_000 });
    if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
    return stdout;
  };
  try {
    run("spin", "-a", ...defines.map((name) => `-D${name}`), join(ROOT, model));
    run("gcc", `-O${level}`, "-DSAFETY", "-DCOLLAPSE", "-w", "-o", "pan", "pan.c");
    const output = run("./pan", "-m10000");
    const violated = /assertion violated (.*) \(at depth/.exec(output)?.[1];
    const [, errors] = /errors: (\d+)/.exec(output) ?? [];
    if (
      errors === undefined ||
      (violated === undefined && errors !== "0") ||
      output.includes("max search depth too small")
    )
      throw new Error(`the model was not checked to its end:\n${output}`);
    return { violated, states: Number(/(\d+) states, stored/.exec(output)?.[1]) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
