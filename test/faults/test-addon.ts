import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

/** Builds addon/ for this test file; returns a line of script that makes `addon` of it. */
export function testAddon(): string {
  const source = fileURLToPath(new URL("addon", import.meta.url));
  const target = mkdtempSync(join(tmpdir(), "famfs-test-addon-"));
  afterAll(() => rmSync(target, { recursive: true, force: true }));
  const headers = join(dirname(createRequire(import.meta.url).resolve("node-api-headers")), "include");
  // Where the tests run under a sanitizer, the compiler does not.
  const options = { stdio: "pipe", env: { ...process.env, LD_PRELOAD: "" } } as const;
  execFileSync("cmake", ["-S", source, "-B", target, `-DNODE_API_HEADERS=${headers}`], options);
  execFileSync("cmake", ["--build", target], options);
  return `const addon = require(${JSON.stringify(join(target, "faults.node"))});`;
}
