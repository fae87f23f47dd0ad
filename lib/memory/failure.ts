import type { NativeMapping } from "../../types/native.js";
import { faultChannel } from "../diagnostics.js";
import { FamfsError, type MemoryFailure } from "../errors.js";
import { native, type SystemFailure, systemError } from "../native/binding.js";

/** What hears, once, of the fault of a mapping. */
export interface FaultTarget {
  readonly failure: MemoryFailure | undefined;
  tellFault(failure: MemoryFailure): void;
}

/** Those that have heard of no fault yet. */
const targets = new Map<NativeMapping, FaultTarget>();
let listening = false;

/** From now on `target` hears of a fault of this mapping. */
export function watch(mapping: NativeMapping, target: FaultTarget): void {
  targets.set(mapping, target);
  if (!listening) listen();
  warnIfReplaced();
}

/** The mapping is being closed. A fault that its target has not heard of yet is told in the next turn of the loop. */
export function unwatch(mapping: NativeMapping): void {
  const target = targets.get(mapping);
  targets.delete(mapping);
  if (target?.failure !== undefined) setImmediate(tell, target);
}

function listen(): void {
  listening = true;
  native().onFault(onFault);
  // Both come after Node's own listener, which installs and removes the handlers of process.on("SIGBUS").
  process.on("newListener", warnIfReplaced);
  process.on("removeListener", warnIfReplaced);
}

function onFault(mapping: NativeMapping): void {
  const target = targets.get(mapping);
  targets.delete(mapping);
  if (target !== undefined) tell(target);
}

function tell(target: FaultTarget): void {
  const { failure } = target;
  if (failure === undefined) return;
  faultChannel.publish(failure);
  target.tellFault(failure);
}

function warnIfReplaced(): void {
  if (!native().guardReplaced()) return;
  process.emitWarning(
    'the handler of SIGBUS or SIGSEGV that famfs installed was replaced: unless the new one passes on what is not its own, a fault in mapped memory ends or hangs this process. Remove process.on("SIGBUS") or process.on("SIGSEGV"), or install such a handler before the first openInstance()',
    { code: "FAMFS_FAULT_GUARD_REPLACED" },
  );
}

/**
 * Decides whether faults are contained in this process; undefined means yes, unless it was decided before.
 * @throws {FamfsError} ERR_FAMFS_FAULT_GUARD_DECIDED
 */
export function chooseFaultGuard(wanted: boolean | undefined): void {
  const decided = native().guard(wanted ?? true);
  if (wanted === undefined || decided === wanted) return;
  throw new FamfsError(
    "ERR_FAMFS_FAULT_GUARD_DECIDED",
    `faultGuard: ${wanted} comes too late, this process runs with faultGuard: ${!wanted} since its first openInstance() or mapping; pass it to the first openInstance()`,
  );
}

/** The error of every use of a failed mapping. */
export function memoryFailure(failure: MemoryFailure): FamfsError {
  const { kind, path, offset, length, addresses } = failure;
  return new FamfsError(
    "ERR_FAMFS_MEMORY_FAILURE",
    `the mapping of ${path} failed (${kind}) at bytes ${offset} to ${offset + length}, addresses ${addresses}: ${WHAT_HAPPENED[kind]}. What was read from it since is suspect; close it, repair the cause and map again`,
    { path, failure },
  );
}

/** The error where the system has no memory for a job of the addon, from this byte of a mapping on. */
export function memoryMissing(failure: SystemFailure, path: string, offset: number): FamfsError {
  return systemError(
    "ERR_FAMFS_MEMORY_FAILURE",
    `no memory behind ${path} within 4 MiB from byte ${offset} of the mapping: the file was truncated, its file system is full, or the device failed; an access there would fault`,
    failure,
    path,
  );
}

const WHAT_HAPPENED = {
  truncated: "the file was truncated, and private zeros stand where its end was",
  poisoned: "the memory reported an error it cannot correct, and private zeros stand in its place",
  "no-space": "the file system was full when a page was to be allocated, and private zeros stand in its place",
  device: "the memory behind it is gone, and private zeros stand in its place",
  suspect:
    "the device of its famfs failed, which was met elsewhere; ERR_FAMFS_DEVICE_FAILED of docs/errors.md has the cure",
  "read-only-store": "a store went to a mapping that is open read-only, and hit a private copy instead of the memory",
} as const;
