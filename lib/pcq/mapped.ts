import { FamfsError } from "../errors.js";
import type { Mapping } from "../memory/mapping.js";

/** Which end of a queue somebody has. */
export type Role = "producer" | "consumer";

/** Both. */
export const ROLES = ["producer", "consumer"] as const;

/** The two files of a queue, mapped. */
export interface Files {
  /** The absolute path of the producer's file, for messages. */
  readonly path: string;
  readonly producer: Mapping;
  readonly consumer: Mapping;
}

/** The error for what no writer of this queue stores. */
export function corrupt({ path }: Files, what: string): FamfsError {
  return new FamfsError("ERR_FAMFS_CORRUPT", `queue ${path}: ${what}`, { path });
}
