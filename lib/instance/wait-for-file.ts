import { setTimeout as pause } from "node:timers/promises";
import { FamfsError, type FamfsErrorCode } from "../errors.js";
import { type Limits, limits, oneOf, options } from "../guards.js";
import { ACCESSES, type Access } from "../memory/open-file.js";
import type { Backend, OpenedFile } from "./backend.js";
import type { WaitForFileOptions } from "./create-options.js";

const DEFAULT_TIMEOUT = 10_000;

/** The pause between two looks doubles up to this, in milliseconds. */
const LONGEST_PAUSE = 100;

/** After a replay that failed. */
const OBSTACLE_PAUSE = 1000;

/** A replay that fails for these reasons may be done by somebody else. */
const OBSTACLES: readonly FamfsErrorCode[] = [
  "ERR_FAMFS_PERMISSION",
  "ERR_FAMFS_CLI_MISSING",
  "ERR_FAMFS_CLI_FAILED",
  "ERR_FAMFS_CLI_TIMEOUT",
  "ERR_FAMFS_TIMEOUT",
];

/** A wait whose arguments were checked. */
export interface SettledWait extends Limits {
  readonly access: Access;
}

/** Checks what {@link Instance.waitForFile} was given. @throws {FamfsError} as that says */
export function settleWaitForFile(given: WaitForFileOptions | undefined): SettledWait {
  const known = options("waitForFile", given, ["access", "timeout", "signal"]);
  const { access = "read-only", timeout = DEFAULT_TIMEOUT, signal } = known;
  oneOf("access", access, ACCESSES);
  return { access, ...limits(timeout, signal) };
}

/** {@link Instance.waitForFile}. `closing` is aborted when the instance closes. */
export async function waitForFile(
  backend: Backend,
  name: string,
  { access, timeout, signal }: SettledWait,
  closing: AbortSignal,
): Promise<OpenedFile> {
  const over = new AbortController();
  // setTimeout takes 24.8 days at most.
  const timer = timeout < 2 ** 31 ? setTimeout(() => over.abort(), timeout) : undefined;
  const stop = AbortSignal.any([over.signal, closing, ...(signal === undefined ? [] : [signal])]);
  const look = new Look(backend, name, access);
  try {
    for (;;) {
      const opened = await look.once(stop);
      if (opened !== undefined) return opened;
      await pause(look.pause, undefined, { signal: stop });
    }
  } catch (error) {
    closing.throwIfAborted();
    signal?.throwIfAborted();
    throw over.signal.aborted ? look.timeoutError(timeout) : error;
  } finally {
    clearTimeout(timer);
  }
}

/** What is done again and again, and what it met. */
class Look {
  /** Until the next one, in milliseconds. */
  pause = 0.5;
  #obstacle: FamfsError | undefined;
  /** Whether it is being made visible here. */
  #atWork = false;

  constructor(
    readonly backend: Backend,
    readonly name: string,
    readonly access: Access,
  ) {}

  /** Undefined where the file is not there yet. */
  async once(stop: AbortSignal): Promise<OpenedFile | undefined> {
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE);
    try {
      this.#atWork = true;
      await this.backend.bring(this.name, stop);
      this.#atWork = false;
    } catch (error) {
      if (!(error instanceof FamfsError) || !OBSTACLES.includes(error.code)) throw error;
      this.#obstacle = error;
      this.#atWork = false;
      this.pause = OBSTACLE_PAUSE;
    }
    try {
      return await this.backend.open(this.name, this.access);
    } catch (error) {
      if (!(error instanceof FamfsError) || error.code !== "ERR_FAMFS_NOT_FOUND") throw error;
      return undefined;
    }
  }

  timeoutError(timeout: number): FamfsError {
    const path = `${this.backend.path}/${this.name}`;
    return new FamfsError("ERR_FAMFS_TIMEOUT", `${path} did not appear within ${timeout} ms: ${this.#met()}`, {
      path,
      cause: this.#obstacle,
    });
  }

  #met(): string {
    if (this.#obstacle !== undefined) return `what would make it visible here failed: ${this.#obstacle.message}`;
    if (this.#atWork)
      return "this host was still reading or playing the log, or waiting for its maker to fill it; wait longer";
    return "nobody has made it; look whether its maker runs, or wait longer";
  }
}
