import type { LongWorkOptions } from "../guards.js";
import type { MemoryTraits } from "../memory/coherence.js";
import type { OpenFile } from "../memory/open-file.js";

/** What an instance is. `page-cache` is an ordinary directory that the caller allowed with `allowPageCache`. */
export type InstanceKind = "tmpfs" | "page-cache";

/** A file to be made. */
export interface CreateRequest extends LongWorkOptions {
  readonly size: number;
  readonly mode: number;
}

/** What differs between kinds of instances. */
export interface Backend {
  readonly kind: InstanceKind;
  /** What all of its files have in common. */
  readonly traits: MemoryTraits;
  /**
   * Makes a file of its full size appear under this path, at once and only where there is none.
   * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NO_SPACE and what else its kind may meet
   */
  create(path: string, request: CreateRequest): Promise<OpenFile>;
}
