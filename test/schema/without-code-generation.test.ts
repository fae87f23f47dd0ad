import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const run = promisify(execFile);
const root = dirname(fileURLToPath(import.meta.resolve("famfs/package.json")));
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
const FLAG = "--disallow-code-generation-from-strings";

/** Prints how a view's accessors were made, and the bytes of a record. */
const SCRIPT = `
  import { struct, f64, bits } from "famfs";
  const schema = struct({ price: f64, flags: bits("open", "hidden") });
  const memory = new Uint8Array(schema.size);
  const view = schema.view(memory);
  view.assign({ price: 1.5, flags: { open: false, hidden: true } });
  let generates = true;
  try { new Function(""); } catch { generates = false; }
  const getter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(view), "price").get;
  console.log(JSON.stringify({ generates, getter: String(getter), bytes: Buffer.from(memory).toString("hex") }));
`;

async function accessors(...flags: string[]): Promise<{ generates: boolean; getter: string; bytes: string }> {
  const { stdout } = await run(process.execPath, [...flags, "--input-type=module", "--eval", SCRIPT], { cwd: root });
  return JSON.parse(stdout);
}

describe("a process that may not make code from strings", () => {
  test("gets views of closures, which write the same bytes", async () => {
    const [free, bound] = await Promise.all([accessors(), accessors(FLAG)]);
    expect([free.generates, bound.generates]).toEqual([true, false]);
    expect(free.getter).toContain("this._offset + 0");
    expect(bound.getter).toContain("this._offset + offset");
    expect(bound.bytes).toBe(free.bytes);
  });

  test("passes the tests of views and shared arrays", async () => {
    const files = [
      "test/schema/view.test.ts",
      "test/schema/values.test.ts",
      "test/schema/memory-of-views.test.ts",
      "test/schema/properties.test.ts",
      "test/structures/array.test.ts",
    ];
    const args = ["run", "--config", "test/vitest.config.ts", "--typecheck.enabled=false", "--reporter=verbose"];
    const result = await run(process.execPath, [vitest, ...args, `--execArgv=${FLAG}`, ...files], {
      cwd: root,
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "" },
    });
    expect(result.stdout).toContain("what is chosen without code generation");
    expect(result.stdout).toMatch(/Test Files.* 5 passed/);
  }, 120_000);
});
