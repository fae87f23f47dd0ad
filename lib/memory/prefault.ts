import { FamfsError } from "../errors.js";
import { type LongWorkOptions, longWork, oneOf, options } from "../guards.js";
import { failureOf, native, pageSize, systemError } from "../native/binding.js";
import { memoryMissing } from "./failure.js";
import { JobFailure, runJob } from "./job.js";
import type { Region } from "./region.js";

/** Options of {@link Mapping.prefault}. */
export type PrefaultOptions = LongWorkOptions;

/** The part of a region to prefault, in bytes, and for what. */
export interface PrefaultRange {
  readonly offset: number;
  readonly length: number;
  readonly mode: "read" | "write";
}

/** Populates the page tables of a part of a region on another thread; {@link Mapping.prefault} describes it. */
export async function prefault(region: Region, range: PrefaultRange, callerOptions?: PrefaultOptions): Promise<void> {
  oneOf("mode", range.mode, ["read", "write"]);
  const work = longWork(options("prefault", callerOptions, ["signal", "onProgress"]));
  const write = range.mode === "write";
  if (write && region.access === "read-only") {
    throw new FamfsError(
      "ERR_FAMFS_PERMISSION",
      `prefault("write") needs write access, ${region.path} is open read-only; use "read", or open with access "read-write"`,
      { path: region.path },
    );
  }
  const begin = range.offset - (range.offset % pageSize());
  const length = range.offset + range.length - begin;
  try {
    await runJob(length, work, (onStep) => native().prefault(region.slot, begin, length, write, onStep));
  } catch (error) {
    throw error instanceof JobFailure ? prefaultError(error, region, begin) : error;
  }
}

function prefaultError({ errno, at }: JobFailure, region: Region, begin: number): FamfsError {
  const failure = failureOf(errno, "madvise");
  const { path } = region;
  switch (failure.name) {
    case "ECANCELED":
      return new FamfsError("ERR_FAMFS_CLOSED", `the mapping of ${path} was closed while it was prefaulted`, { path });
    case "EINVAL":
      return systemError("ERR_FAMFS_UNSUPPORTED_KERNEL", "prefault needs Linux 5.14 or newer (MADV_POPULATE)", failure);
    default:
      return memoryMissing(failure, path, begin + at);
  }
}
