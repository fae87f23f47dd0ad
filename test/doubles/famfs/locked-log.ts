import { existsSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Media } from "./media.js";
import { fail, isBusy, note, wrong } from "./wrong.js";

/** The log of a famfs, in the hands of this command alone: the real one has flock() for that. */
export class LockedLog implements Disposable {
  readonly media: Media;
  readonly #mark: string;

  constructor(path: string) {
    const media = Media.around(path);
    if (media === undefined) fail(1, `find_real_parent_path: path ${path} appears not to be in a famfs mount`);
    if (wrong.has("client")) fail(1, "__famfs_init_locked_log: Error not running on FAMFS_MASTER node");
    this.media = media;
    this.#mark = join(media.data, ".meta/.held-by");
    if (wrong.has("unprivileged") || isBusy()) this.#refuse();
    if (this.#take()) return;
    note("overlap");
    this.#refuse();
  }

  #take(): boolean {
    try {
      symlinkSync(String(process.pid), this.#mark);
      return true;
    } catch {
      const holder = readlinkSync(this.#mark);
      if (existsSync(`/proc/${holder}`)) return false;
      // It was killed.
      rmSync(this.#mark, { force: true });
      return this.#take();
    }
  }

  #refuse(): never {
    const { root } = this.media;
    fail(
      1,
      `__open_relpath: failed to get lock on ${root}/.meta/.log\n__famfs_init_locked_log: Unable to open famfs log for writing`,
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.#mark);
  }
}
