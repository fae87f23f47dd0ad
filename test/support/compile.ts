import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./child.js";

const FLAGS = ["-std=gnu17", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64"];

/**
 * Builds a C program of all sources in a folder of the repository (headers may lie in the one above), once: the result is kept in build/doubles/ under a
 * hash of what it is made of, and appears there at once, so that test files may build at the same time.
 * @returns its path
 */
export function compiled(folder: string, name: string, options: readonly string[] = []): string {
  const files = [folder, join(folder, "..")]
    .flatMap((path) => readdirSync(join(ROOT, path)).map((file) => join(ROOT, path, file)))
    .filter((file) => /\.[ch]$/.test(file));
  const hash = createHash("sha256").update(JSON.stringify([FLAGS, options]));
  for (const file of files) hash.update(file).update(readFileSync(file));
  const target = join(ROOT, "build/doubles", hash.digest("hex").slice(0, 16));
  const program = join(target, name);
  if (existsSync(program)) return program;
  mkdirSync(target, { recursive: true });
  const sources = files.filter((file) => file.endsWith(".c"));
  const unfinished = `${program}.${process.pid}`;
  // Where the tests run under a sanitizer, the compiler does not.
  const env = { ...process.env, LD_PRELOAD: "" };
  execFileSync("gcc", [...FLAGS, "-o", unfinished, ...sources, ...options], { stdio: "pipe", env });
  renameSync(unfinished, program);
  return program;
}
