import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { LongWorkOptions } from "../../guards.js";
import type { NamedRequest } from "../backend.js";
import { failureOf, JointProgress } from "../one-by-one.js";
import { checkManner, creatMany, foundIt, type Held, isPlain } from "./creat.js";
import { checkCanBeMade, createFile, fillNew, makeLogged, problemOf } from "./create.js";
import { CreationLock } from "./creation-lock.js";
import type { FamfsMount } from "./mount.js";
import { checkNewFile } from "./names.js";
import { checkRoom } from "./preconditions.js";

/** Made by one command, so that other makers get their turn between two of them. */
const BATCH = 32;

/** Files with these errors would fail alike if they were made one by one. */
const OF_ALL: readonly string[] = [
  "ERR_FAMFS_NOT_MASTER",
  "ERR_FAMFS_PERMISSION",
  "ERR_FAMFS_CLI_MISSING",
  "ERR_FAMFS_CLI_TIMEOUT",
  "ERR_FAMFS_DAEMON_DEAD",
  "ERR_FAMFS_LOG_FULL",
];

/** Makes many files of a famfs; tells for each why it failed, undefined where it did not. */
export async function createFiles(
  mount: FamfsMount,
  files: readonly NamedRequest[],
  { signal, onProgress }: LongWorkOptions,
): Promise<readonly unknown[]> {
  const progress = new JointProgress(files, onProgress);
  const errors: unknown[] = [];
  while (errors.length < files.length) {
    const batch = batchOf(mount, files.slice(errors.length)).map(({ name, request }) => {
      return { name, request: { ...request, signal, onProgress: progress.next(request.size) } };
    });
    errors.push(...(await makeBatch(mount, batch, signal)));
  }
  return errors;
}

/** The first of the files, and those behind it that the same command can make: in the same manner, and told plainly. */
function batchOf(mount: FamfsMount, files: readonly NamedRequest[]): readonly NamedRequest[] {
  const [first] = files;
  if (first === undefined || !isPlain(mount, first.name)) return files.slice(0, 1);
  const { mode, interleave } = first.request;
  const names = new Set<string>();
  const end = files.findIndex(({ name, request }) => {
    const other = request.mode !== mode || !isDeepStrictEqual(request.interleave, interleave);
    const ends = other || names.has(name) || names.size === BATCH || !isPlain(mount, name);
    names.add(name);
    return ends;
  });
  return end < 0 ? files : files.slice(0, end);
}

async function makeBatch(
  mount: FamfsMount,
  batch: readonly NamedRequest[],
  signal: AbortSignal | undefined,
): Promise<unknown[]> {
  const [only] = batch;
  if (only !== undefined && batch.length === 1) {
    return [await failureOf(async () => (await createFile(mount, only.name, only.request)).close())];
  }
  let errors: unknown[] = [];
  const failure = await failureOf(async () => {
    const lock = await CreationLock.open(mount);
    try {
      errors = await lock.whileAlone(signal, () => new LoggedBatch(mount, batch, { lock, signal }).make());
      for (const [i, { name, request }] of batch.entries()) {
        errors[i] ??= await failureOf(async () => (await fillNew(mount, name, request)).close());
      }
    } finally {
      lock.close();
    }
  });
  return failure === undefined ? errors : batch.map(() => failure);
}

/** Files that are to appear in the log together. */
class LoggedBatch {
  /** By index. */
  readonly #errors: unknown[] = [];

  constructor(
    readonly mount: FamfsMount,
    readonly batch: readonly NamedRequest[],
    readonly held: Held,
  ) {}

  /** Returns for each why it is not to be stored to. */
  async make(): Promise<unknown[]> {
    await this.mount.log.refresh();
    const pending = await this.#pending();
    const [first] = pending;
    if (first !== undefined) await this.#creat(pending, this.#at(first));
    return this.#errors;
  }

  #at(index: number): NamedRequest {
    return this.batch[index] as NamedRequest;
  }

  /** The indexes of those that can be made, their names taken. */
  async #pending(): Promise<readonly number[]> {
    const pending: number[] = [];
    for (const [i, { name, request }] of this.batch.entries()) {
      this.#errors[i] = await failureOf(async () => {
        checkNewFile(this.mount, name);
        checkManner(this.mount, request);
        await checkCanBeMade(this.mount, name);
        checkRoom(this.mount, pending.length + 1);
        await this.held.lock.takeName(name, this.held.signal);
        pending.push(i);
      });
    }
    return pending;
  }

  async #creat(pending: readonly number[], { request }: NamedRequest): Promise<void> {
    const { mount } = this;
    const before = mount.log.used;
    const wanted = pending.map((i) => ({ name: this.#at(i).name, size: this.#at(i).request.size }));
    const result = await creatMany(mount, wanted, request, this.held);
    await mount.log.refresh();
    for (const [at, i] of pending.entries()) {
      const file = wanted[at] as (typeof wanted)[number];
      const problem = problemOf(mount, file, { before, result });
      const told = result.error === undefined || foundIt(result, join(mount.root, file.name));
      if (problem === undefined || told) this.#errors[i] = problem;
      else if (result.error !== undefined && OF_ALL.includes(result.error.code)) this.#errors[i] = result.error;
      // What a command for many files wrote does not tell which of them it meant.
      else this.#errors[i] = await failureOf(() => this.#creatAlone(this.#at(i)));
    }
  }

  async #creatAlone({ name, request }: NamedRequest): Promise<void> {
    await checkCanBeMade(this.mount, name);
    await makeLogged(this.mount, name, request, this.held);
  }
}
