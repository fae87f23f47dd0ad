import { accessSync, constants } from "node:fs";
import { FamfsError } from "../../errors.js";
import type { FileEntry } from "../../instance/backend.js";
import type { Instance } from "../../instance/instance.js";
import type { Mapping } from "../../memory/mapping.js";
import { pathOf } from "../files.js";
import { listFiles } from "../listing.js";
import { amount } from "../output.js";
import { type Check, type Finding, note, ok, said, warning } from "./finding.js";
import { inside, isFamfs } from "./inside.js";

const HUGE_PAGE = 2 ** 21;
/** Longer than this is felt by those who open many files, in milliseconds. */
const SLOW = 100;

/** How fast a file is opened and mapped, and in which pages. The largest file that this user may read is tried. */
export const mapping: Check<[path: string]> = inside("mapping", async (instance: Instance) => {
  const { files } = await listFiles(instance);
  const bySize = files.filter(({ size }) => size > 0).sort((a, b) => b.size - a.size);
  for (const sample of bySize) {
    if (!isReadable(pathOf(instance, sample.name))) continue;
    try {
      return await look(instance, sample);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
  return [];
});

const GONE: readonly string[] = ["ERR_FAMFS_NOT_FOUND", "ERR_FAMFS_PAST_END", "ERR_FAMFS_FILE_DEAD"];

/** Others may remove or truncate a file meanwhile; of one that is dead another check tells. */
function isGone(error: unknown): boolean {
  return error instanceof FamfsError && GONE.includes(error.code);
}

async function look(instance: Instance, sample: FileEntry): Promise<Finding[]> {
  const start = performance.now();
  const file = await instance.open(sample.name);
  const opened = performance.now();
  const mapped = file.map();
  const took = { open: opened - start, map: performance.now() - opened };
  return [latency(sample, took), ...(isFamfs(instance) ? [await pages(sample, mapped)] : [])];
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function latency({ name }: FileEntry, { open, map }: { open: number; map: number }): Finding {
  const text = `${name}: opened in ${open.toFixed(2)} ms, mapped in ${map.toFixed(2)} ms`;
  if (open + map < SLOW) return ok("mapping.latency", text);
  return warning("mapping.latency", text, "look at the load of this host; keep files open and mapped");
}

async function pages({ name, size }: FileEntry, mapped: Mapping): Promise<Finding> {
  if (size < HUGE_PAGE)
    return note("mapping.pages", `no file of ${amount(HUGE_PAGE)} or more is there to try large pages with`);
  try {
    const part = mapped.window(0, HUGE_PAGE);
    await part.prefault("read");
    const { [HUGE_PAGE]: huge = 0 } = part.pageSizes();
    if (huge > 0) return ok("mapping.pages", `${name} is mapped in pages of ${amount(HUGE_PAGE)}`);
  } catch (error) {
    if (!(error instanceof FamfsError) || error.code !== "ERR_FAMFS_UNSUPPORTED_KERNEL") throw error;
    return note("mapping.pages", `the sizes of pages cannot be told: ${said(error)}`);
  }
  return warning(
    "mapping.pages",
    `${name} is mapped in small pages, though it has ${amount(HUGE_PAGE)} and more: page faults cost more`,
    "make files of famfs with extents and chunks of 2 MiB or multiples of it; see also limits.huge-pages",
  );
}
