import type { MemoryTraits } from "../../memory/coherence.js";
import type { FamfsLog } from "./log.js";
import type { Superblock } from "./superblock.js";

/** Where a famfs is mounted, as this host's kernel has it. */
export interface FamfsPlace {
  readonly kind: "famfs" | "famfs-fuse";
  /** The mount point. */
  readonly root: string;
  /** The device number that its files have on this host. */
  readonly number: number;
  /** The dax device of its superblock and log, as this host names it. */
  readonly device: string;
  /** Where its daemon keeps what it plays from the log; undefined on the standalone kind. */
  readonly shadow: string | undefined;
}

/** A mounted famfs that was recognised: what all of its parts are read and run with. */
export interface FamfsMount extends FamfsPlace {
  /** As it was when the famfs was recognised. */
  readonly superblock: Superblock;
  readonly log: FamfsLog;
  /** What starts famfs's own command. */
  readonly cli: readonly string[];
  /** What all of its files have in common. */
  readonly traits: MemoryTraits;
}
