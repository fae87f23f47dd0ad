import { amount, grouped } from "../output.js";
import { type Check, type Finding, note, ok, warning } from "./finding.js";
import { field, readText } from "./read.js";

/** The kernel's default. */
const MAPPINGS = 65_530;
/** Below this a service with a few hundred files and connections is in trouble. */
const FILES = 1024;

/** The kernel's limits for this process. */
export const limits: Check = {
  name: "limits",
  look: () => [...mappings(), ...files(), ...addresses(), ...hugePages()],
};

function mappings(): Finding[] {
  const text = readText("/proc/sys/vm/max_map_count");
  if (text === undefined) return [];
  const most = Number(text);
  const found = `a process may have ${grouped(most)} mappings (vm.max_map_count), of which famfs takes three quarters`;
  if (most >= MAPPINGS) return [ok("limits.mappings", found)];
  return [warning("limits.mappings", found, `sysctl vm.max_map_count=${MAPPINGS} or more`)];
}

/** The soft limit of a line of /proc/self/limits. */
function softLimit(name: string): number | undefined {
  const line = readText("/proc/self/limits")
    ?.split("\n")
    .find((candidate) => candidate.startsWith(name));
  const value = line?.slice(name.length).trim().split(/\s+/)[0];
  if (value === undefined) return undefined;
  return value === "unlimited" ? Number.POSITIVE_INFINITY : Number(value);
}

function files(): Finding[] {
  const most = softLimit("Max open files");
  if (most === undefined) return [];
  const found = `this process may have ${grouped(most)} files open`;
  return [
    most >= FILES
      ? ok("limits.files", found)
      : warning("limits.files", found, "raise ulimit -n in the service's unit or shell"),
  ];
}

function addresses(): Finding[] {
  const most = softLimit("Max address space");
  if (most === undefined || most === Number.POSITIVE_INFINITY) return [];
  return [
    note(
      "limits.addresses",
      `the address space of this process is limited to ${amount(most)}`,
      "map less, or raise ulimit -v",
    ),
  ];
}

/** DAX mappings get 2 MiB pages whatever /sys/kernel/mm/transparent_hugepage says, unless the process gave them up. */
function hugePages(): Finding[] {
  if (field(readText("/proc/self/status") ?? "", "THP_enabled") !== "0") return [];
  return [
    warning(
      "limits.huge-pages",
      "huge pages are switched off for this process, so famfs is mapped in pages of 4 KiB",
      "find who called prctl(PR_SET_THP_DISABLE), such as a container runtime, and leave it out",
    ),
  ];
}
