import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "rolldown";
import { ROOT } from "./child.js";

let made: Promise<readonly string[]> | undefined;

/** The stand-in for famfs's own command (test/doubles/famfs) as an executable; it goes with this process. */
export function famfsCommand(): Promise<readonly string[]> {
  made ??= bundle();
  return made;
}

async function bundle(): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "famfs-command-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "famfs");
  await build({
    input: join(ROOT, "test/doubles/famfs/main.ts"),
    platform: "node",
    transform: { target: "node20" },
    logLevel: "warn",
    output: { file: path, format: "cjs", banner: `#!${process.execPath}` },
  });
  chmodSync(path, 0o755);
  chmodSync(folder, 0o755);
  return [path];
}
