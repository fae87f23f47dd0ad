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

/** How a call treats a mapping: bit 0 for words of 64 bits, bits 1 and 2 the mode, the rest the site's number. */
export type NativeTreatment = number;

/** Private memory as any typed array. */
export type NativeBytes = NodeJS.TypedArray;

/** What the CPU can do for incoherent memory (src-native/cache.h). */
export interface NativeCacheSupport {
  /** The instructions it has, best first. */
  readonly available: readonly string[];
  /** What FAMFS_WRITEBACK names. */
  readonly forced: string | null;
  /** What is used; null where there is none, or not the forced one. */
  readonly writeBack: string | null;
  readonly invalidate: string | null;
  /** Of a cache line, in bytes. */
  readonly lineSize: number;
}

/** What an opener of simulated memory asks for; the first one of a file settles seed and background for all. */
export interface NativeSimulation {
  /** Where the copies are, and what their names begin with. */
  readonly folder: string;
  readonly name: string;
  /** Of the shared file, in bytes. */
  readonly size: number;
  readonly host: number;
  readonly seed: number;
  /** Whether a thread moves lines too. */
  readonly background: boolean;
}

/** A breach of a rule of docs/memory-model.md. */
export interface NativeReport {
  readonly rule: "R1" | "F7";
  readonly host: number;
  readonly otherHost: number;
  /** In the file, in bytes: the first byte that differs. */
  readonly offset: number;
  /** Of either host: who wrote the line back or invalidated it last. */
  readonly site: string;
  readonly otherSite: string;
}
/** A wait on the waiter's thread. */
export type NativeWait = number;
/** `errno` 0: the word's value; ETIMEDOUT; ECANCELED: closed; EIO: the memory is gone. */
export type OnWaitEnd = (value: number, errno: number) => void;

/** A word that a thread moves on. */
export type NativeHeartbeat = number;

/** How long to wait, in milliseconds, and the offset of the word for sleepers, or -1. */
export interface NativeWaitLimits {
  readonly timeout: number;
  readonly waiters: number;
}
/** How a mapping failed; docs/faults.md says what each means. */
export type FailureKind = "truncated" | "poisoned" | "no-space" | "device" | "read-only-store" | "suspect";

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
  /** Keeps a duplicate of the descriptor open; `nature`: 1 on tmpfs, 2 on famfs, else 0. */
  adoptFile(fd: number, nature: number): NativeFile;
  /** Closes it once no mapping needs it. */
  closeFile(file: NativeFile): void;
  /** Its size now. */
  fileSize(file: NativeFile): number;
  /** Gives an unnamed file its name; EEXIST where that is taken. */
  linkFile(file: NativeFile, path: string): void;
  /**
   * A lock on bytes that need not exist, which ends with the open file; false where another open is in the way. Unless
   * `shared`, the file must be open for writing.
   */
  lockRange(file: NativeFile, offset: number, length: number, shared: boolean): boolean;
  unlockRange(file: NativeFile, offset: number, length: number): void;
  /** Whether another open of the file has a lock in the range, shared or not. */
  rangeHeld(file: NativeFile, offset: number, length: number): boolean;
  /** Allocates the first `size` bytes of the file, on another thread. */
  reserve(file: NativeFile, size: number, onStep: OnStep): NativeJob;
  /** The value of an extended attribute of a path, at most 4,096 bytes. */
  getXattr(path: string, name: string): string;
  /**
   * One shared mmap; EOVERFLOW where the file has become too short. `granule`: the smallest part that may be replaced,
   * of which the length is made a multiple.
   */
  map(file: NativeFile, offset: number, length: number, writable: boolean, granule: number): NativeMapping;
  /** An ArrayBuffer over a part of the mapping. */
  makeBuffer(mapping: NativeMapping, offset: number, length: number): ArrayBuffer;
  /** Makes its length 0. */
  detachBuffer(buffer: ArrayBuffer): void;
  /** Populates page tables on another thread. */
  prefault(mapping: NativeMapping, offset: number, length: number, write: boolean, onStep: OnStep): NativeJob;
  /** How many bytes of this part, in whole pages, are mapped by pages of the base size and by larger ones. */
  pageSizes(mapping: NativeMapping, offset: number, length: number): { readonly base: number; readonly huge: number };
  /** Stores zeros into the whole mapping and writes them back, on another thread. */
  zero(mapping: NativeMapping, treatment: NativeTreatment, onStep: OnStep): NativeJob;
  /** Detaches all buffers and lets the memory go; true when that is done already, else `onReleased` is called then. */
  close(mapping: NativeMapping, onReleased: () => void): boolean;
  /** Closes as soon as no ArrayBuffer of the mapping is left; true when that is done already. */
  forget(mapping: NativeMapping): boolean;
  /** Ends a job with ECANCELED. */
  cancel(job: NativeJob): void;
  cacheSupport(): NativeCacheSupport;
  /** The process-wide number of a site's name; only simulated memory asks. */
  siteNumber(name: string): number;
  writeBack(mapping: NativeMapping, treatment: NativeTreatment, offset: number, length: number): void;
  /** With a full fence on either side. */
  invalidate(mapping: NativeMapping, treatment: NativeTreatment, offset: number, length: number): void;
  /** As invalidate, with steps of other names. */
  fetch(mapping: NativeMapping, treatment: NativeTreatment, offset: number, length: number): void;
  storeFence(site: number): void;
  fullFence(site: number): void;
  /** R2. */
  publish(
    mapping: NativeMapping,
    treatment: NativeTreatment,
    word: number,
    value: number,
    offset: number,
    length: number,
  ): void;
  /** R2; offsets and lengths in turn. */
  publishRanges(
    mapping: NativeMapping,
    treatment: NativeTreatment,
    word: number,
    value: number,
    ranges: Float64Array,
  ): void;
  /** R3, the first look. A word of 64 bits above 2^53 comes rounded. */
  observe(mapping: NativeMapping, treatment: NativeTreatment, word: number): number;
  /** R3, the second look. */
  lookAgain(mapping: NativeMapping, treatment: NativeTreatment, word: number): number;
  /** R2b, the odd mark. */
  begin(mapping: NativeMapping, treatment: NativeTreatment, word: number): void;
  /** R2b; false where the word has this value already. */
  overwrite(
    mapping: NativeMapping,
    treatment: NativeTreatment,
    word: number,
    value: number,
    offset: number,
    source: Uint8Array,
  ): boolean;
  /** R3; -1 where a writer was at it. */
  read(mapping: NativeMapping, treatment: NativeTreatment, word: number, offset: number, target: Uint8Array): number;
  /** R3 without the first look; false where the word has another value after the copy. */
  readAs(
    mapping: NativeMapping,
    treatment: NativeTreatment,
    word: number,
    value: number,
    offset: number,
    target: Uint8Array,
  ): boolean;
  /**
   * Stores records of one size, one after the other: a payload, its number (u64) and the CRC-32 of both (u64). Then moves
   * a word on, and a counter to the number of the next record. R2 but for its last full fence. `numbers`: offset, size
   * and number of the first record, offset of the counter, offset of the word, its value.
   */
  publishRecords(mapping: NativeMapping, treatment: NativeTreatment, numbers: Float64Array, payloads: Uint8Array): void;
  /**
   * R3's fetch of as many records as there is room for payloads; returns how many, from the first on, had their number
   * and the right CRC-32. `numbers`: offset, size and number of the first record.
   */
  fetchRecords(mapping: NativeMapping, treatment: NativeTreatment, numbers: Float64Array, payloads: Uint8Array): number;
  /**
   * Looks keys up in a table of slots (src-native/table.cc), each on its own (R3). `table`: offset of the slots, their
   * size and number, bytes of a key and of a value, the farthest that a key can be from its home, the seed of the hash,
   * whether values have checksums, bytes of a string's key. `keys`: a Float64Array or BigInt64Array of integers, or in a
   * Uint8Array one string with zeros behind. `out`: a value for each, zeros where there is none; or empty. `found`, a
   * byte a key: 0 absent, 1 found, 2 changing all the time, 3 its home's reach is no reach, 4 a wrong checksum, 5 no
   * safe integer.
   */
  findKeys(
    mapping: NativeMapping,
    treatment: NativeTreatment,
    table: Float64Array,
    keys: NativeBytes,
    out: NativeBytes,
    found: Uint8Array,
  ): void;
  /**
   * The index of the first of `count` records of `size` bytes each that begins with `bytes`, at most 256; -1 where none
   * does. They were fetched before, and may be changing: it is a hint where to look.
   */
  findRecord(
    mapping: NativeMapping,
    treatment: NativeTreatment,
    offset: number,
    size: number,
    count: number,
    bytes: Uint8Array,
  ): number;
  /** CRC-32C of private bytes from `start` up to `end`, as a signed number of 32 bits. */
  crc32c(bytes: Uint8Array, start: number, end: number): number;
  /** A simulated host's copy of a file; mappings of it are what that host sees. `began`: this call settled the seed. */
  openCopy(
    device: NativeFile,
    settings: NativeSimulation,
  ): { readonly file: NativeFile; readonly seed: number; readonly began: boolean };
  /** What the simulation of a mapping is, and what its detector found. */
  simulationOf(mapping: NativeMapping): {
    readonly seed: number;
    readonly reports: readonly NativeReport[];
  };
  /** A fence of the mapping's simulated host alone. */
  fenceHost(mapping: NativeMapping, treatment: NativeTreatment, full: boolean): void;
  /** What may happen between two accesses of a simulated host, `count` times. */
  passMoments(mapping: NativeMapping, treatment: NativeTreatment, count: number): void;
  /** Leaves the steps of a name out, on simulated memory of this process; "" none. False where no step is called so. */
  leaveOut(step: string): boolean;
  /** Names of the steps that ran on simulated memory since the last call. */
  stepsSeen(): string[];
  /** Called on this thread between the steps of calls on simulated memory. */
  interleave(action: (() => void) | null): void;
  /** The process kills itself (SIGKILL) half-way through moving a simulated line, after so many others. */
  dieMovingLine(times: number): void;
  /** SIGSTOP, at a moment at which none of its threads moves a simulated line. */
  stopProcess(): void;
  /** Moves simulated lines word by word, as on a CPU that must; true where this one need not. */
  moveLinesInWords(on: boolean): boolean;
  /** Waits on the waiter's thread; `flags`: bit 0 for "at least" instead of "not", the rest the idle strategy. */
  startWait(
    mapping: NativeMapping,
    treatment: NativeTreatment,
    word: number,
    value: number,
    flags: number,
    more: NativeWaitLimits & { readonly onEnd: OnWaitEnd },
  ): NativeWait;
  /** Ends a wait; its onEnd will not be called. */
  endWait(wait: NativeWait): void;
  /** Waits on this thread: the word, or a negative errno. */
  waitSync(
    mapping: NativeMapping,
    treatment: NativeTreatment,
    word: number,
    value: number,
    flags: number,
    more: NativeWaitLimits,
  ): number;
  /** Wakes all who sleep on a word. */
  wake(mapping: NativeMapping, treatment: NativeTreatment, word: number): void;
  /** Adds 1 to a word now and every `interval` milliseconds, on a thread of its own, until the mapping closes. */
  startHeartbeat(mapping: NativeMapping, treatment: NativeTreatment, word: number, interval: number): NativeHeartbeat;
  /** When it returns, the word is not stored to any more. */
  stopHeartbeat(heartbeat: NativeHeartbeat): void;
  /** Whether faults are contained: the first answer of the process stands and is returned. */
  guard(wanted: boolean): boolean;
  /** Whether someone else's signal handler has taken the place of ours; true at most once a process. */
  guardReplaced(): boolean;
  /** The first fault of a failed mapping, in bytes from its start. */
  failure(mapping: NativeMapping): NativeFailure | undefined;
  /** Fails all mappings of the famfs with this device number (of stat), in the whole process. */
  failDevice(device: number): void;
  /** Called once a mapping that failed. */
  onFault(callback: (mapping: NativeMapping) => void): void;
}
