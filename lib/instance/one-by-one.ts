import type { LongWorkOptions, Progress } from "../guards.js";
import type { Backend, NamedRequest } from "./backend.js";

/** How far files that are made in turn have come together, in bytes. */
export class JointProgress {
  readonly #total: number;
  readonly #report: ((progress: Progress) => void) | undefined;
  #before = 0;

  constructor(files: readonly NamedRequest[], report: ((progress: Progress) => void) | undefined) {
    this.#total = files.reduce((sum, { request }) => sum + request.size, 0);
    this.#report = report;
  }

  /** The `onProgress` of the next file; whatever becomes of it counts as done when the one after it begins. */
  next(size: number): (progress: Progress) => void {
    const before = this.#before;
    this.#before += size;
    return ({ done }) => this.#report?.({ done: before + done, total: this.#total });
  }
}

/** Makes files in turn, for kinds of instances that gain nothing by making them together; {@link Backend.createMany}. */
export async function createOneByOne(
  backend: Pick<Backend, "create">,
  files: readonly NamedRequest[],
  { signal, onProgress }: LongWorkOptions,
): Promise<readonly unknown[]> {
  const progress = new JointProgress(files, onProgress);
  const errors: unknown[] = [];
  for (const { name, request } of files) {
    const whole = { ...request, signal, onProgress: progress.next(request.size) };
    errors.push(
      await failureOf(async () => {
        signal?.throwIfAborted();
        (await backend.create(name, whole)).file.close();
      }),
    );
  }
  return errors;
}

/** What an action rejects with; undefined where it does not. */
export async function failureOf(action: () => Promise<unknown>): Promise<unknown> {
  try {
    await action();
    return undefined;
  } catch (error) {
    return error ?? new Error("rejected without a reason");
  }
}
