import { describe, expect, test } from "vitest";
import { famfsNode } from "../../support/cli.js";
import { NO_PATH } from "../../support/doctor.js";
import { named, noScript } from "../../support/requirements.js";

/** The doctor on a terminal of 80 columns. */
async function onTerminal(env: NodeJS.ProcessEnv): Promise<string> {
  const wrapper = ["sh", "-c", 'exec script -qec "stty columns 80; $*" /dev/null', "sh"];
  const { stdout } = await famfsNode(["doctor"], { wrapper, env: { ...NO_PATH.env, TERM: "xterm", ...env } });
  return stdout.replaceAll("\r", "");
}

describe.skipIf(noScript !== undefined)(named("the doctor on a terminal", noScript), () => {
  test("has colours, and lines that fit", async () => {
    const output = await onTerminal({ NO_COLOR: "" });
    expect(output).toMatch(/ {2}\x1b\[32mok +\x1b\[0mnode\.version +Node/);
    for (const line of output.replace(/\x1b\[\d+m/g, "").split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("has no colours where NO_COLOR is set", async () => {
    expect(await onTerminal({ NO_COLOR: "1" })).not.toContain("\x1b");
  });
});
