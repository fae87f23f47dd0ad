import { bundled } from "./bundle.js";

let made: Promise<string> | undefined;

/** The stand-in for famfs's own command (test/doubles/famfs) as an executable. */
export async function famfsCommand(): Promise<readonly string[]> {
  made ??= bundled("test/doubles/famfs/main.ts", "famfs");
  return [await made];
}
