import { readFileSync } from "node:fs";
import type { Role } from "../info.js";
import type { FamfsMount } from "./mount.js";
import type { Superblock } from "./superblock.js";

/** What famfs knows a host by. */
const SYSTEM_UUID = "/opt/famfs/system_uuid";

/** What this host is to a famfs. As famfs itself sees it, a host whose UUID cannot be read is a client. */
export function roleIn({ masterUuid }: Superblock): Role {
  return systemUuid() === masterUuid ? "master" : "client";
}

/**
 * Whether the log is better not opened: on the master of the FUSE kind whoever closes it takes its lock from the `famfs`
 * command that has it, and two commands at once can damage it.
 */
export function sparesLog({ kind, superblock }: Pick<FamfsMount, "kind" | "superblock">): boolean {
  return kind === "famfs-fuse" && roleIn(superblock) === "master";
}

/** Of this host, in lower case; undefined where famfs has not made it yet, or this user may not read it. */
function systemUuid(): string | undefined {
  try {
    return readFileSync(SYSTEM_UUID, "utf8").trim().toLowerCase();
  } catch {
    return undefined;
  }
}
