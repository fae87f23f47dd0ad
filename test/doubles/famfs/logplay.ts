import { Media } from "./media.js";
import { Options } from "./options.js";
import { fail, wrong } from "./wrong.js";

/** Exit code of `famfs logplay`. */
export function logplay(): number {
  const [path] = new Options("vn", "").rest;
  const media = path === undefined ? undefined : Media.around(path);
  if (media === undefined) fail(1, "Must specify mount_point (any path within a famfs file system will work)");
  if (wrong.has("unprivileged")) fail(1, "famfs_file_create_stub: open/creat failed fd -1 errno 13");
  const { entries, files, folders } = media.play();
  const kind = media.shadow === undefined ? "v1" : "shadow";
  process.stdout.write(
    `famfs_logplay(${kind}): ${entries} log entries; ${files} new files; ${folders} new directories\n`,
  );
  return Number(wrong.get("play-errors") ?? 0);
}
