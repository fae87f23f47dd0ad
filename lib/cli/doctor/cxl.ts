import { readFileSync } from "node:fs";
import { type CxlWindow, parseCedt } from "./cedt.js";
import { type Check, type Finding, note, ok } from "./finding.js";

const TABLE = "/sys/firmware/acpi/tables/CEDT";

/** Assumption H3 of docs/memory-model.md: does this host's firmware say "No Clean Writebacks"? */
export const cxl: Check = {
  name: "cxl",
  look() {
    const table = read();
    if (typeof table === "string") return [note("cxl.table", table)];
    const cedt = parseCedt(table);
    if (cedt === undefined) return [note("cxl.table", `${TABLE} is not a CXL table as CXL 3.2 describes it`)];
    return [cleanWritebacks(cedt.noCleanWritebacks), ...windows(cedt.windows)];
  },
};

function read(): Buffer | string {
  try {
    return readFileSync(TABLE);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES" || code === "EPERM") return `${TABLE} is for root only, so nothing can be told of CXL`;
    return "the firmware has no CXL table (CEDT), so whether the CPUs write back clean lines cannot be told";
  }
}

function cleanWritebacks(none: boolean | undefined): Finding {
  const id = "cxl.clean-writebacks";
  if (none) return ok(id, "this host writes back no line that it has not stored to (No Clean Writebacks)");
  const found = none === undefined ? "the firmware's CXL table does not say" : "the firmware's CXL table leaves open";
  return note(
    id,
    `${found} whether this host writes back lines that it has not stored to (No Clean Writebacks)`,
    "incoherent memory assumes that none of its hosts does: ask whoever built the machines (docs/memory-model.md, H3)",
  );
}

function windows(all: readonly CxlWindow[]): Finding[] {
  if (all.length === 0) return [];
  const coherent = all.filter(({ admitsCoherent }) => admitsCoherent).length;
  if (coherent > 0)
    return [
      note(
        "cxl.windows",
        `${coherent} of ${all.length} CXL memory windows admit memory that hardware keeps coherent between hosts; whether a device there is such memory, its maker says`,
      ),
    ];
  return [
    note(
      "cxl.windows",
      `none of the ${all.length} CXL memory windows admits memory that hardware keeps coherent between hosts`,
      'declare coherence "incoherent" for CXL memory that other hosts use too',
    ),
  ];
}
