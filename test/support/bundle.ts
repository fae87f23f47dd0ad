import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "rolldown";
import { ROOT } from "./child.js";

/**
 * Bundles TypeScript of the repository into one file for plain Node; it goes with this process.
 * @param source relative to the repository
 * @param format of an executable "cjs", because it has no extension
 */
export async function bundled(source: string, name: string, format: "cjs" | "esm"): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "famfs-bundle-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  await build({
    input: join(ROOT, source),
    platform: "node",
    transform: { target: "node20" },
    logLevel: "warn",
    output: { file: path, format, banner: format === "cjs" ? `#!${process.execPath}` : "" },
  });
  chmodSync(path, 0o755);
  chmodSync(folder, 0o755);
  return path;
}
