import type { LongWorkOptions } from "../guards.js";
import { failureOf, native } from "../native/binding.js";
import { treatment } from "./coherence.js";
import { memoryMissing } from "./failure.js";
import { JobFailure, runJob } from "./job.js";
import type { OpenFile } from "./open-file.js";
import { Region } from "./region.js";

/**
 * Stores zeros into a whole file and writes them back, on another thread. What was aborted has zeros up to somewhere.
 * @throws {FamfsError} ERR_FAMFS_MEMORY_FAILURE, ERR_FAMFS_MAP_LIMIT, ERR_FAMFS_ADDRESS_SPACE and what else mapping
 * throws; the signal's reason
 */
export async function zero(file: OpenFile, { signal, onProgress }: LongWorkOptions): Promise<void> {
  const { size } = file;
  const region = new Region(file, 0, size);
  // The job counts whole pages.
  const report =
    onProgress && (({ done }: { done: number }) => onProgress({ done: Math.min(done, size), total: size }));
  const pages = Math.ceil(size / native().pageSize()) * native().pageSize();
  const how = treatment(file.traits.coherence, "zero");
  try {
    await runJob(pages, { signal, onProgress: report }, (onStep) => native().zero(region.slot, how, onStep));
    region.check();
  } catch (error) {
    throw error instanceof JobFailure ? memoryMissing(failureOf(error.errno, "madvise"), file.path, error.at) : error;
  } finally {
    region.close();
    await region.released;
  }
}
