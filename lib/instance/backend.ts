import type { LongWorkOptions } from "../guards.js";
import type { MemoryTraits } from "../memory/coherence.js";
import type { Access, OpenFile } from "../memory/open-file.js";
import type { ReplayCounts, SettledFolder, SettledInterleave } from "./create-options.js";
import type { Extents } from "./famfs/extents.js";
import type { Device, InstanceInfo } from "./info.js";

/** Stores the contents of a file that was just made; resolves when they are in memory for every host. */
export type Fill = (file: OpenFile, work: LongWorkOptions) => Promise<void>;

/** A file to be made. */
export interface CreateRequest extends LongWorkOptions {
  readonly size: number;
  readonly mode: number;
  readonly interleave: SettledInterleave | undefined;
  /** What is in it when its maker hears of it: `"any"` is whatever the memory held. */
  readonly contents: "zero" | "any" | Fill;
}

/** One of many files to be made. */
export interface NamedRequest {
  readonly name: string;
  readonly request: CreateRequest;
}

/** A file of an instance, as {@link Instance.files} lists it. */
export interface FileEntry {
  /** Relative to the instance: what {@link Instance.open} takes. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Where its bytes lie; absent on tmpfs and in directories. */
  readonly extents?: Extents | undefined;
}

/** A file as a backend opened it. */
export interface OpenedFile {
  readonly file: OpenFile;
  /** Where its bytes lie. @throws {FamfsError} ERR_FAMFS_UNSUPPORTED_OPERATION, or why it is not known */
  extents(): Extents;
  /** On famfs: of its entry in the log, where this user may know it. */
  readonly sequence?: number | undefined;
}

/** What differs between kinds of instances. */
export interface Backend {
  /** Absolute path of the instance, without symbolic links. */
  readonly path: string;
  /** What all of its files have in common. */
  readonly traits: MemoryTraits;
  /**
   * Makes a file of its full size appear under this name, at once and only where there is none.
   * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NO_SPACE and what else its kind may meet
   */
  create(name: string, request: CreateRequest): Promise<OpenedFile>;
  /** Makes files as {@link Backend.create} does; tells for each why it failed, undefined where it did not. */
  createMany(files: readonly NamedRequest[], work: LongWorkOptions): Promise<readonly unknown[]>;
  /** @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NOT_FOUND and what else its kind may meet */
  makeFolder(name: string, options: SettledFolder): Promise<void>;
  open(name: string, access: Access): Promise<OpenedFile>;
  /** Does what there is to do, if anything, so that a file that others made, or are making, can be opened here. */
  bring(name: string, signal: AbortSignal | undefined): Promise<void>;
  /** Makes all that other hosts made visible here. */
  replay(signal: AbortSignal | undefined): Promise<ReplayCounts>;
  files(): AsyncGenerator<FileEntry, void, undefined>;
  refresh(): Promise<void>;
  info(): Promise<InstanceInfo>;
  devices(): Promise<Device[]>;
  /** The error that this kind makes of what the system said to mmap. */
  explain(error: unknown): unknown;
}
