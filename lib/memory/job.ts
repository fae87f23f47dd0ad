import type { NativeJob, OnStep } from "../../types/native.js";
import type { LongWorkOptions } from "../guards.js";
import { native } from "../native/binding.js";

/** Why a job of the addon ended early: the system's error number (positive) at this byte. */
export class JobFailure {
  constructor(
    readonly errno: number,
    readonly at: number,
  ) {}
}

/**
 * Waits for a job of the addon. Rejects with the signal's reason, with what `onProgress` threw, or with a
 * {@link JobFailure}; never before the job's thread is done with the memory.
 */
export function runJob(
  total: number,
  { signal, onProgress }: LongWorkOptions,
  start: (onStep: OnStep) => NativeJob,
): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    let stopped: { reason: unknown } | undefined;
    const stop = (reason: unknown) => {
      stopped ??= { reason };
      native().cancel(job);
    };
    const onAbort = () => stop(signal?.reason);
    const job = start((done, errno) => {
      try {
        if (errno === 0 && stopped === undefined) onProgress?.({ done, total });
      } catch (error) {
        stop(error);
      }
      if (errno === 0 && done < total) return;
      signal?.removeEventListener("abort", onAbort);
      if (stopped !== undefined) reject(stopped.reason);
      else if (errno !== 0) reject(new JobFailure(errno, done));
      else resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
