import type { Coherence } from "../memory/coherence.js";
import type { DaxMode } from "../memory/dax.js";
import type { InstanceKind } from "../memory/kind.js";

/** What a host is to a famfs: only its master makes files. */
export type Role = "master" | "client";

/** What {@link Instance.info} tells. What an instance of its kind does not have is undefined. */
export interface InstanceInfo {
  readonly kind: InstanceKind;
  /** Of a famfs its mount point. */
  readonly path: string;
  readonly coherence: Coherence;
  /** The dax device, as this host names it. */
  readonly device: string | undefined;
  /** The folder in which the daemon of the FUSE kind keeps what it plays from the log. */
  readonly shadow: string | undefined;
  /** The UUID of the famfs. */
  readonly uuid: string | undefined;
  /** The system UUID of its master. */
  readonly masterUuid: string | undefined;
  /** What this host is to it. */
  readonly role: Role | undefined;
  /** How many entries its log has, and for how many it has room; undefined where this user may not read the log. */
  readonly log: { readonly used: number; readonly capacity: number } | undefined;
  /** The version of the interface of the kernel's famfs module, where it tells. */
  readonly kernelAbi: number | undefined;
}

/** A dax device of an instance, as {@link Instance.devices} lists it. */
export interface Device {
  /** What {@link Extent.device} means. */
  readonly index: number;
  /** The UUID that its famfs gave it. */
  readonly uuid: string | undefined;
  /** In bytes. */
  readonly size: number;
  /** As this host names it; undefined where that is not known. */
  readonly path: string | undefined;
  /** What this host's kernel uses it as; undefined where that is not known. */
  readonly mode: DaxMode | undefined;
}

/** What an instance without famfs has of all this. */
export const NO_FAMFS = {
  device: undefined,
  shadow: undefined,
  uuid: undefined,
  masterUuid: undefined,
  role: undefined,
  log: undefined,
  kernelAbi: undefined,
} as const;
