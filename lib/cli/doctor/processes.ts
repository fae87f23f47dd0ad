import { readlinkSync } from "node:fs";
import { field, readNames, readText } from "./read.js";

/** A process of this pid namespace. */
export interface Process {
  readonly pid: number;
  /** As `ps` names it. */
  readonly name: string;
  readonly args: readonly string[];
}

/** All processes that can be seen. */
export function processes(): Process[] {
  return pids().flatMap((pid) => {
    const args = readText(`/proc/${pid}/cmdline`)?.split("\0");
    return args === undefined ? [] : [{ pid, name: nameOf(pid), args }];
  });
}

/** What holds a file. */
export interface Holders {
  readonly holders: readonly (Omit<Process, "args"> & { readonly how: "open" | "mapped" })[];
  /** Processes that this user may not look into. */
  readonly unseen: number;
}

/** Which processes have a file open or mapped. */
export function holdersOf(path: string): Holders {
  let unseen = 0;
  const holders = pids().flatMap((pid) => {
    const how = use(pid, path);
    if (how === "unseen") unseen++;
    return how === undefined || how === "unseen" ? [] : [{ pid, name: nameOf(pid), how }];
  });
  return { holders, unseen };
}

function use(pid: number, path: string): "open" | "mapped" | "unseen" | undefined {
  const folder = `/proc/${pid}`;
  const maps = readText(`${folder}/maps`);
  if (maps === undefined)
    return field(readText(`${folder}/status`) ?? "", "State") === undefined ? undefined : "unseen";
  if (maps.split("\n").some((line) => line.endsWith(` ${path}`))) return "mapped";
  return readNames(`${folder}/fd`).some((fd) => target(`${folder}/fd/${fd}`) === path) ? "open" : undefined;
}

function target(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined; // closed meanwhile
  }
}

function pids(): number[] {
  return readNames("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function nameOf(pid: number): string {
  return readText(`/proc/${pid}/comm`) ?? "?";
}
