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
    const work = { signal, onProgress: progress.next(request.size) };
    errors.push(await failureToMake(backend, name, { ...request, ...work }));
  }
  return errors;
}

async function failureToMake(
  backend: Pick<Backend, "create">,
  name: string,
  request: NamedRequest["request"],
): Promise<unknown> {
  try {
    request.signal?.throwIfAborted();
    const { file } = await backend.create(name, request);
    file.close();
    return undefined;
  } catch (error) {
    return error ?? new Error("the signal was aborted without a reason");
  }
}
