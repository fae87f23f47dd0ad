import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { LockedLog } from "./locked-log.js";
import type { Media } from "./media.js";
import { Options } from "./options.js";
import { complain, fail, wrong } from "./wrong.js";

/** Exit code of `famfs mkdir`. */
export function mkdir(): number {
  const given = new Options("pv", "mug");
  const [path] = given.rest;
  if (path === undefined) fail(127, "do_famfs_cli_mkdir: Must specify at least one path");
  using locked = new LockedLog(path);
  return given.has("p") ? makeParents(locked.media, path, given) : makeOne(locked.media, path, given);
}

function makeOne(media: Media, path: string, given: Options): number {
  // The real one says nothing either.
  if (existsSync(path)) return 1;
  if (!existsSync(dirname(path))) {
    complain(`__famfs_mkdir: parent path (${dirname(path)}) stat failed`);
    return complain(`__famfs_mkdir: failed to rationalize parentdir path (${dirname(path)})`);
  }
  if (wrong.has("full") || media.full) return complain("famfs_log_dir_creation: log full");
  if (wrong.has("lies")) return 0;
  media.makeFolder({
    name: media.nameOf(path),
    mode: given.mode(0o755),
    uid: given.number("u"),
    gid: given.number("g"),
  });
  return 0;
}

function makeParents(media: Media, path: string, given: Options): number {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isDirectory()) return 0;
  if (status !== undefined) return complain(`famfs_make_parent_dir: path ${path} is not a directory`);
  return makeParents(media, dirname(path), given) || makeOne(media, path, given);
}
