import { setTimeout as sleep } from "node:timers/promises";
import { FamfsError } from "../../errors.js";
import { options } from "../../guards.js";
import type { Mapping } from "../../memory/mapping.js";
import { type PatienceOptions, settlePatience } from "../../segment/patience.js";
import type { RecordSource } from "./source.js";

/** Where a record is, for waits. */
export interface RecordPlace {
  readonly memory: Mapping;
  readonly name: string;
  readonly source: RecordSource;
}

/** Looks are so far apart at most, in milliseconds. */
const LONGEST_PAUSE = 16;

/** Returns when the record has been read. */
export async function readInTime(place: RecordPlace, callerOptions: PatienceOptions | undefined): Promise<void> {
  const { timeout, signal } = settlePatience(options("read", callerOptions, ["timeout", "signal"]));
  signal?.throwIfAborted();
  const end = performance.now() + timeout;
  for (let pause = 1; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    const version = place.source.tryRead();
    if (version !== undefined && version !== 0) return;
    const left = end - performance.now();
    if (left <= 0) throw tooLate(place.name, timeout, version === 0);
    if (!(await waitForChange(place, version, { timeout: Math.max(left, 0), pause, signal }))) signal?.throwIfAborted();
  }
}

/** Reads the next value after version `seen`: its version; undefined where the signal was aborted. */
export async function readNext(
  place: RecordPlace,
  seen: number,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  for (let pause = 1; signal?.aborted !== true; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    const version = place.source.tryRead();
    if (version !== undefined && version !== 0 && version !== seen) return version;
    await waitForChange(place, version, { timeout: Number.POSITIVE_INFINITY, pause, signal });
  }
  return undefined;
}

interface Wait {
  readonly timeout: number;
  /** Before the next look, where there is no single word to wait at; all in milliseconds. */
  readonly pause: number;
  readonly signal: AbortSignal | undefined;
}

/** Returns when it is worth looking again; false where the signal was aborted. */
async function waitForChange(
  { memory, source }: RecordPlace,
  version: number | undefined,
  wait: Wait,
): Promise<boolean> {
  const { timeout, pause, signal } = wait;
  try {
    if (version !== undefined && source.selector !== undefined)
      await memory.waitUntil(source.selector, { bits: 64, not: version }, { timeout, signal });
    else await sleep(Math.min(pause, timeout), undefined, { signal });
  } catch (error) {
    if (signal?.aborted) return false;
    if (!(error instanceof FamfsError) || error.code !== "ERR_FAMFS_TIMEOUT") throw error;
  }
  return true;
}

function tooLate(name: string, timeout: number, unwritten: boolean): FamfsError {
  const found = unwritten ? "nobody has written it yet" : "its writers were faster at each attempt";
  return new FamfsError(
    "ERR_FAMFS_TIMEOUT",
    `the record ${JSON.stringify(name)} could not be read within ${timeout} ms: ${found}`,
  );
}
