import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "rolldown";
import { ROOT } from "./child.js";

/**
 * Bundles TypeScript of the repository into one executable file for plain Node. It is kept in build/doubles/ under a hash of what it
 * holds, and appears there at once, so that test files may build at the same time.
 * @param source relative to the repository
 * @param external packages that it imports when it runs
 * @returns its path
 */
export async function bundled(source: string, name: string, external: string[] = []): Promise<string> {
  const { output } = await build({
    input: join(ROOT, source),
    external,
    platform: "node",
    transform: { target: "node20" },
    logLevel: "warn",
    write: false,
    output: { format: "esm", banner: `#!${process.execPath}` },
  });
  const { code } = output[0];
  const folder = join(ROOT, "build/doubles", createHash("sha256").update(code).digest("hex").slice(0, 16));
  const path = join(folder, name);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, code, { mode: 0o755 });
  renameSync(unfinished, path);
  return path;
}
