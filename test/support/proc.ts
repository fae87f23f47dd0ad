import { readdirSync, readFileSync, readlinkSync } from "node:fs";

type Pid = number | "self";

/**
 * The lines of /proc/<pid>/maps that name a path or anything below it. Ask for the instance's path: a file's own creator
 * has it under the kernel's name for an unnamed file.
 */
export function mapsOf(path: string, pid: Pid = "self"): string[] {
  return readFileSync(`/proc/${pid}/maps`, "utf8")
    .split("\n")
    .filter((line) => line.includes(path));
}

/** How many lines /proc/<pid>/maps has. */
export function mapCount(pid: Pid = "self"): number {
  return readFileSync(`/proc/${pid}/maps`, "utf8").split("\n").length - 1;
}

/** What the open descriptors of a process are, those that lie below a path only. */
export function descriptorsOf(path: string, pid: Pid = "self"): string[] {
  return descriptors(pid).filter((target) => target.startsWith(path));
}

/** What the open descriptors of a process are. */
export function descriptors(pid: Pid = "self"): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return []; // the descriptor of the listing itself
    }
  });
}
