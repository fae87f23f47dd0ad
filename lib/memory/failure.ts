import type { NativeMapping } from "../../types/native.js";
import { faultChannel } from "../diagnostics.js";
import { FamfsError, type MemoryFailure } from "../errors.js";
import { native } from "../native/binding.js";

/** What hears of the fault of a mapping. */
export interface FaultTarget {
  readonly failure: MemoryFailure | undefined;
  tellFault(failure: MemoryFailure): void;
}

const targets = new Map<NativeMapping, FaultTarget>();
let warned = false;
let listening = false;

/** From now on `target` hears of a fault of this mapping. */
export function watch(mapping: NativeMapping, target: FaultTarget): void {
  targets.set(mapping, target);
  if (!listening) {
    listening = true;
    native().onFault(onFault);
  }
  if (!warned && native().guardReplaced()) warnOfReplacement();
}

/** The mapping is closed. */
export function unwatch(mapping: NativeMapping): void {
  targets.delete(mapping);
}

function onFault(mapping: NativeMapping): void {
  const target = targets.get(mapping);
  const failure = target?.failure;
  if (target === undefined || failure === undefined) return;
  faultChannel.publish(failure);
  target.tellFault(failure);
}

function warnOfReplacement(): void {
  warned = true;
  process.emitWarning(
    'another handler of SIGBUS or SIGSEGV was installed after that of famfs: a fault in mapped memory may end or hang this process. Remove process.on("SIGBUS") or process.on("SIGSEGV"), or install such a handler before the first openInstance()',
    { code: "FAMFS_FAULT_GUARD_REPLACED" },
  );
}

/** Decides whether faults are contained in this process. @throws {FamfsError} ERR_FAMFS_FAULT_GUARD_DECIDED */
export function chooseFaultGuard(wanted: boolean): void {
  if (native().guard(wanted) === wanted) return;
  throw new FamfsError(
    "ERR_FAMFS_FAULT_GUARD_DECIDED",
    `faultGuard: ${wanted} comes too late, this process runs with faultGuard: ${!wanted} since its first openInstance() or mapping; pass it to the first openInstance()`,
  );
}

/** The error of every use of a failed mapping. */
export function memoryFailure(failure: MemoryFailure): FamfsError {
  const { kind, path, offset, length } = failure;
  return new FamfsError(
    "ERR_FAMFS_MEMORY_FAILURE",
    `the mapping of ${path} failed (${kind}) at bytes ${offset} to ${offset + length}: ${WHAT_HAPPENED[kind]}. What was read from it since is suspect; close it, repair the cause and map again`,
    { path, failure },
  );
}

const WHAT_HAPPENED = {
  truncated: "the file was truncated, and private zeros stand where its end was",
  poisoned: "the memory reported an error it cannot correct, and private zeros stand in its place",
  "no-space": "the file system was full when a page was to be allocated, and private zeros stand in its place",
  device: "the memory behind it is gone, and private zeros stand in its place",
  "read-only-store": "a store went to a mapping that is open read-only, and hit a private copy instead of the memory",
} as const;
