// The whole surface of the addon, one function a line, in the order of src-native/addon.cc. Arguments were checked by
// lib/; the addon checks again only what would corrupt memory. What the system refuses is thrown as an Error with the
// system's `errno` (positive) and `syscall`. Offsets and lengths are bytes.

/** A file that the addon keeps open. */
export type NativeFile = number;
/** A mapping: its index into the status words. */
export type NativeMapping = number;
/** Work on another thread. */
export type NativeJob = number;
/** Progress in bytes; the last call has `errno` not 0, or `done` equal to the whole. */
export type OnStep = (done: number, errno: number) => void;

/** How a mapping failed; docs/faults.md says what each means. */
export type FailureKind = "truncated" | "poisoned" | "no-space" | "device" | "read-only-store";

/** What failed, in bytes from the mapping's start, and its virtual addresses as in /proc/self/maps. */
export interface NativeFailure {
  readonly kind: FailureKind;
  readonly offset: number;
  readonly length: number;
  readonly addresses: string;
}

export interface NativeBinding {
  /** The kernel's page size. */
  pageSize(): number;
  /** One i32 a mapping: 0 closed, 1 open, 2 failed. Null where the engine refuses external buffers (Electron). */
  statusWords(): ArrayBuffer | null;
  /** Keeps a duplicate of the descriptor open. */
  adoptFile(fd: number): NativeFile;
  /** Closes it once no mapping needs it. */
  closeFile(file: NativeFile): void;
  /** Its size now. */
  fileSize(file: NativeFile): number;
  /** Gives an unnamed file its name; EEXIST where that is taken. */
  linkFile(file: NativeFile, path: string): void;
  /** Allocates the first `size` bytes of the file, on another thread. */
  reserve(file: NativeFile, size: number, onStep: OnStep): NativeJob;
  /** One shared mmap; EOVERFLOW where the file has become too short. `granule`: the smallest part that may be replaced. */
  map(file: NativeFile, offset: number, length: number, writable: boolean, granule: number): NativeMapping;
  /** An ArrayBuffer over a part of the mapping. */
  makeBuffer(mapping: NativeMapping, offset: number, length: number): ArrayBuffer;
  /** Makes its length 0. */
  detachBuffer(buffer: ArrayBuffer): void;
  /** Populates page tables on another thread. */
  prefault(mapping: NativeMapping, offset: number, length: number, write: boolean, onStep: OnStep): NativeJob;
  /** Detaches all buffers and lets the memory go; true when that is done already, else `onReleased` is called then. */
  close(mapping: NativeMapping, onReleased: () => void): boolean;
  /** Closes as soon as no ArrayBuffer of the mapping is left; true when that is done already. */
  forget(mapping: NativeMapping): boolean;
  /** Ends a job with ECANCELED. */
  cancel(job: NativeJob): void;
  /** Whether faults are contained: the first answer of the process stands and is returned. */
  guard(wanted: boolean): boolean;
  /** Whether someone else's signal handler has taken the place of ours; true at most once a process. */
  guardReplaced(): boolean;
  /** The first fault of a failed mapping, in bytes from its start. */
  failure(mapping: NativeMapping): NativeFailure | undefined;
  /** Called once a mapping that failed. */
  onFault(callback: (mapping: NativeMapping) => void): void;
}
