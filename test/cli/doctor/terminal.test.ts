import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { famfsNode } from "../../support/cli.js";
import { NO_PATH } from "../../support/doctor.js";
import { tmpfsInstance } from "../../support/instance.js";
import { named, noScript } from "../../support/requirements.js";

const GREEN = "\x1b[32m";
const PLAIN = "\x1b[0m";

/** The doctor on a terminal of 80 columns. */
async function onTerminal(env: NodeJS.ProcessEnv): Promise<string> {
  const wrapper = ["sh", "-c", 'exec script -qec "stty columns 80; $*" /dev/null', "sh"];
  const neutral = { ...NO_PATH.env, TERM: "xterm", CI: undefined, NO_COLOR: undefined, FORCE_COLOR: undefined };
  const { instance } = await tmpfsInstance(); // without files, whose names may be longer than a line
  const { stdout } = await famfsNode(["doctor", instance.path], { wrapper, env: { ...neutral, ...env } });
  return stdout.replaceAll("\r", "");
}

describe.skipIf(noScript !== undefined)(named("the doctor on a terminal", noScript), () => {
  test("has colours, and lines that fit", async () => {
    const output = await onTerminal({});
    expect(output).toContain(`  ${GREEN}ok       ${PLAIN}node.version `);
    for (const line of stripVTControlCharacters(output).split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("has no colours where NO_COLOR is set", async () => {
    expect(await onTerminal({ NO_COLOR: "1" })).not.toContain("\x1b");
  });
});
