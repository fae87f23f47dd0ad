import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { LockedLog } from "./locked-log.js";
import { type Interleave, Media } from "./media.js";
import { numberOf, Options } from "./options.js";
import { complain, fail, sleep, wrong } from "./wrong.js";

interface Creation {
  readonly path: string;
  readonly size: number;
  readonly given: Options;
}

/** Exit code of `famfs creat`. */
export function creat(): number {
  const given = new Options("vr", "sSmugCNBMt");
  const many = given.all("M");
  if (many.length > 0) return creatMany(many, given);
  const [path] = given.rest;
  if (path === undefined) fail(127, "Must specify filename");
  return creatOne({ path, size: given.number("s"), given });
}

function creatMany(many: readonly string[], given: Options): number {
  let errors = 0;
  for (const one of many) {
    const [path = "", size] = one.split(",");
    errors += creatOne({ path, size: numberOf(size), given });
  }
  const line = `Create complete for ${many.length - errors} of ${many.length} files with ${errors} errs`;
  process.stdout.write(`${line}\n`);
  // As upstream on a machine of more than 256 CPUs.
  if (errors === 0 && !given.has("t")) fail(1, "randomize_multi: bad threadct: 384");
  return errors;
}

/** 0, or 1 behind a message. */
function creatOne({ path, size, given }: Creation): number {
  intrude(path, size);
  const status = statSync(path, { throwIfNoEntry: false });
  if (status !== undefined) {
    if (!status.isFile()) return complain(`creat_one: Error: file ${path} exists and is not a regular file`);
    if (status.size !== size) return complain(`creat_one: Error: file ${path} exists and is not the same size`);
    if (given.has("v")) process.stdout.write(`creat_one: re-create (${path}) is nop\n`);
    return 0;
  }
  if (size === 0) return complain("creat_one: Error: new file size=zero");
  using locked = new LockedLog(path);
  if (make(locked.media, { path, size, given }) === 0) return 0;
  return complain(`creat_one: failed to create file ${path}`);
}

/** "intruder": an operator creates the same file by hand a moment before. */
function intrude(path: string, size: number): void {
  const media = Media.around(path);
  if (!wrong.has("intruder") || media === undefined || existsSync(path)) return;
  const map = media.place(size, undefined);
  if (map !== undefined) media.make({ name: media.nameOf(path), size, map }, true);
}

function interleaveOf(given: Options): Interleave | undefined {
  if (!["C", "N", "B"].some((letter) => given.has(letter))) return undefined;
  return { buckets: given.number("B"), strips: given.number("N"), chunkSize: given.number("C") };
}

function make(media: Media, { path, size, given }: Creation): number {
  if (!existsSync(dirname(path))) return complain(`__famfs_mkfile: Error ${path} parent dir does not exist`);
  const interleave = interleaveOf(given);
  const map = wrong.has("space") ? undefined : media.place(size, interleave);
  if (map === undefined) {
    const dealt = `famfs_file_strided_alloc: failed ${interleave?.strips} strips @${size}b each; got 0 strips`;
    complain(interleave === undefined ? "famfs_file_alloc_contiguous: Out of space!" : dealt);
    return complain(`__famfs_mkfile: famfs_file_alloc(${path}, size=${size}) failed`);
  }
  if (wrong.has("lies")) return 0;
  const mode = given.mode(0o644) & ~process.umask();
  const owner = { uid: given.number("u"), gid: given.number("g") };
  const full = wrong.has("full") || media.full;
  media.make({ name: media.nameOf(path), size, mode, ...owner, map }, !full && !wrong.has("half"));
  if (wrong.has("half")) process.kill(process.pid, "SIGKILL");
  if (wrong.has("linger")) sleep(Number(wrong.get("linger")));
  return full ? complain("famfs_log_file_creation: log full") : 0;
}
