import { readFileSync } from "node:fs";
import { native, pageSize, systemError, systemFailure } from "../native/binding.js";
import type { Region } from "./region.js";

/** How many bytes of a mapping are mapped now, by the size of the pages that the processor sees. */
export type PageSizes = Readonly<Record<number, number>>;

const HUGE = "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size";

/** {@link Mapping.pageSizes} describes it. */
export function pageSizes(region: Region, offset: number, length: number): PageSizes {
  try {
    const { base, huge } = native().pageSizes(region.slot, offset, length);
    return { [pageSize()]: base, [hugePageSize()]: huge };
  } catch (error) {
    const failure = systemFailure(error);
    if (failure === undefined) throw error;
    if (failure.name !== "ENOTTY")
      throw systemError("ERR_FAMFS_SYSTEM", `the page tables of ${region.path} could not be read`, failure);
    throw systemError(
      "ERR_FAMFS_UNSUPPORTED_KERNEL",
      "pageSizes needs Linux 6.7 or newer (PAGEMAP_SCAN), as famfs does",
      failure,
    );
  }
}

/** 2 MiB on x64 and on arm64 with pages of 4 KiB. */
function hugePageSize(): number {
  try {
    return Number(readFileSync(HUGE, "utf8"));
  } catch {
    return 2 ** 21;
  }
}
