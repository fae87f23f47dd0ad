import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./child.js";

/** A folder outside of the repository whose programs can import "famfs", as a user's would. */
export interface LinkedFolder {
  readonly path: string;
  remove(): void;
}

/** @param contents a folder of the repository to copy there; default: none */
export function linkedFolder(contents?: string): LinkedFolder {
  const path = mkdtempSync(join(tmpdir(), "famfs-linked-"));
  const filter = (source: string) => !source.includes("node_modules");
  if (contents !== undefined) cpSync(join(ROOT, contents), path, { recursive: true, filter });
  mkdirSync(join(path, "node_modules"));
  symlinkSync(ROOT, join(path, "node_modules/famfs"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
