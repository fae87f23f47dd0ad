import { join } from "node:path";
import { FamfsError } from "../../errors.js";
import type { LongWorkOptions } from "../../guards.js";
import { type Access, OpenFile } from "../../memory/open-file.js";
import type { Backend, CreateRequest, FileEntry, NamedRequest, OpenedFile } from "../backend.js";
import type { ReplayCounts, SettledFolder } from "../create-options.js";
import type { Device, InstanceInfo } from "../info.js";
import { insideOnly } from "../inside.js";
import { isFileName } from "../names.js";
import { createFile } from "./create.js";
import { createFiles } from "./create-many.js";
import { devicesOf } from "./devices.js";
import type { Extents } from "./extents.js";
import { kernelAbi } from "./kernel.js";
import type { LoggedFile } from "./log.js";
import { makeFolder } from "./make-folder.js";
import type { FamfsMount } from "./mount.js";
import { META, refuseMeta } from "./names.js";
import { deadFile, explain, numberNow } from "./refusals.js";
import { bring, replay } from "./replay.js";
import { roleIn, sparesLog } from "./role.js";
import { listShadow, readShadowFile } from "./shadow.js";

/** What is known of a file, or why nothing is. */
type Known = { readonly logged: LoggedFile | undefined } | { readonly problem: FamfsError };

/** A mounted famfs of either kind. */
export class FamfsBackend implements Backend {
  constructor(readonly mount: FamfsMount) {}

  get path(): string {
    return this.mount.root;
  }

  get traits(): FamfsMount["traits"] {
    return this.mount.traits;
  }

  async create(name: string, request: CreateRequest): Promise<OpenedFile> {
    refuseMeta(name);
    return this.#explained(async () => {
      const file = await createFile(this.mount, name, request);
      return this.#opened(file, { logged: this.mount.log.files.get(name) });
    });
  }

  async createMany(files: readonly NamedRequest[], work: LongWorkOptions): Promise<readonly unknown[]> {
    const errors = await createFiles(this.mount, files, work);
    return errors.map((error) => this.explain(error));
  }

  makeFolder(name: string, options: SettledFolder): Promise<void> {
    return this.#explained(() => makeFolder(this.mount, name, options));
  }

  replay(signal: AbortSignal | undefined): Promise<ReplayCounts> {
    return this.#explained(() => replay(this.mount, signal));
  }

  async bring(name: string, signal: AbortSignal | undefined): Promise<void> {
    refuseMeta(name);
    await this.#explained(() => bring(this.mount, name, signal));
  }

  /** Looks at the superblock first, and at what is new in the log, or at the shadow where the log is spared. */
  async open(name: string, access: Access): Promise<OpenedFile> {
    refuseMeta(name);
    return this.#explained(async () => {
      const known = await this.#lookUp(name);
      const path = join(this.path, name);
      const file = await OpenFile.open(path, access, this.traits).catch((error: unknown) => {
        throw "logged" in known && known.logged !== undefined ? unlessPlayed(error, path) : error;
      });
      return this.#opened(file, known);
    });
  }

  /** A file that is not as long as the log says is none to be used: somebody truncated it, or it is another one. */
  #opened(file: OpenFile, known: Known): OpenedFile {
    insideOnly(file, numberNow(this.mount));
    const logged = "logged" in known ? known.logged : undefined;
    if (file.size === 0 || (logged !== undefined && logged.size !== file.size)) {
      file.close();
      throw deadFile(this.mount, file.path, file.size, logged?.size);
    }
    return { file, extents: () => extentsOf(file.path, known), sequence: sequenceOf(logged) };
  }

  async *files(): AsyncGenerator<FileEntry, void, undefined> {
    for await (const file of await this.#known()) if (isFileName(file.name)) yield entryOf(file);
  }

  async #known(): Promise<Iterable<LoggedFile> | AsyncIterable<LoggedFile>> {
    const { log, shadow } = this.mount;
    const unreadable = await this.#readLog();
    if (unreadable === undefined) return log.files.values();
    if (unreadable.code === "ERR_FAMFS_PERMISSION" && shadow !== undefined) return listShadow(shadow);
    throw unreadable;
  }

  async refresh(): Promise<void> {
    await this.#explained(() => this.mount.log.refresh());
  }

  async info(): Promise<InstanceInfo> {
    const { kind, root, device, shadow, superblock, log, traits } = this.mount;
    const unreadable = await this.#readLog();
    const { uuid, masterUuid } = superblock;
    return {
      kind,
      path: root,
      coherence: traits.coherence,
      device,
      shadow,
      uuid,
      masterUuid,
      role: roleIn(superblock),
      log: unreadable === undefined ? { used: log.used, capacity: log.capacity } : undefined,
      kernelAbi: kernelAbi(),
    };
  }

  async devices(): Promise<Device[]> {
    await this.#readLog();
    return devicesOf(this.mount);
  }

  explain(error: unknown): unknown {
    return explain(this.mount, error);
  }

  async #explained<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw this.explain(error);
    }
  }

  /**
   * Reads what is new. A log that this user may not read, or that is damaged, is returned as the reason: what the files
   * hold is not touched by it. What is wrong with the famfs itself is thrown.
   */
  async #readLog(): Promise<FamfsError | undefined> {
    try {
      await this.refresh();
      return undefined;
    } catch (error) {
      const ofLog = error instanceof FamfsError && error.path === join(this.path, META, ".log");
      if (ofLog && UNREADABLE.includes(error.code)) return error;
      throw error;
    }
  }

  async #lookUp(name: string): Promise<Known> {
    const { log, shadow } = this.mount;
    if (shadow !== undefined && sparesLog(this.mount)) {
      await log.checkInstance();
      const found = await readShadowFile(shadow, name).catch(unlessAbsent);
      if (found !== "unreadable") return { logged: found };
    }
    const problem = await this.#readLog();
    const logged = log.files.get(name);
    if (problem === undefined || logged !== undefined) return { logged };
    if (shadow === undefined) return { problem };
    // Where there is no such file, opening it says so.
    return readShadowFile(shadow, name).then(
      (found) => ({ logged: found }),
      () => ({ problem }),
    );
  }
}

/** Where there is no such file, opening it says so; what else is wrong with the shadow, the log makes up for. */
function unlessAbsent(error: unknown): undefined | "unreadable" {
  return error instanceof FamfsError && error.code === "ERR_FAMFS_NOT_FOUND" ? undefined : "unreadable";
}

const UNREADABLE: readonly string[] = ["ERR_FAMFS_PERMISSION", "ERR_FAMFS_CORRUPT"];

/** The shadow does not know it. */
function sequenceOf(logged: LoggedFile | undefined): number | undefined {
  return logged === undefined || logged.sequence < 0 ? undefined : logged.sequence;
}

function entryOf({ name, size, mode, uid, gid, extents }: LoggedFile): FileEntry {
  return { name, size, mode, uid, gid, extents };
}

function extentsOf(path: string, known: Known): Extents {
  if ("problem" in known) throw known.problem;
  if (known.logged !== undefined) return known.logged.extents;
  throw new FamfsError(
    "ERR_FAMFS_NOT_FOUND",
    `${path} is not in the log of its famfs, so where its bytes lie is not known; a program of this host made it without famfs creat`,
    { path },
  );
}

/** A file of another host appears on this one when the log is played. */
function unlessPlayed(error: unknown, path: string): unknown {
  if (!(error instanceof FamfsError) || error.code !== "ERR_FAMFS_NOT_FOUND") return error;
  return new FamfsError(
    "ERR_FAMFS_NOT_FOUND",
    `${path} is in the log of its famfs, but this host has not played the log since it was made; call instance.replay(), or run famfs logplay`,
    { path, errno: error.errno, syscall: error.syscall, cause: error },
  );
}
