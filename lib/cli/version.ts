import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** The version of this package. */
export function version(): string {
  const manifest = createRequire(import.meta.url).resolve("famfs/package.json");
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}
