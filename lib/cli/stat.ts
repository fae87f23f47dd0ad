import { lstat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { FileEntry } from "../instance/backend.js";
import type { Instance } from "../instance/instance.js";
import { fileError } from "../memory/system-errors.js";
import { parse } from "./arguments.js";
import { type Command, UsageError } from "./command.js";
import { modeText, occupied, plainFile } from "./files.js";
import { type Listing, listFiles } from "./listing.js";
import { json } from "./output.js";
import { statText } from "./stat-text.js";
import { givenPath, openTarget, type Target } from "./target.js";

const help = `Usage: famfs-node stat [options] [path]

Tells everything about a file and its instance, or about an instance. Without a path it is FAMFS_PATH.

  --json   print JSON
  --help   this text

Exit codes: 0 told, 1 it failed, 2 the command line is wrong.
`;

/** `famfs-node stat`. */
export const stat: Command = {
  help,
  async run(args) {
    const { values, path } = parse(args, {});
    const given = givenPath(path);
    if (given === undefined) throw new UsageError("a path is missing, such as /dev/shm, and FAMFS_PATH is not set");
    const target = await openTarget(given);
    try {
      const told = await tell(target);
      process.stdout.write(values.json ? json(told) : statText(told));
    } finally {
      await target.instance.close();
    }
    return 0;
  },
};

/** What the command prints with `--json`. */
export type Told = Awaited<ReturnType<typeof tell>>;

async function tell({ instance, name, isFile }: Target) {
  const listing = await listFiles(instance);
  return {
    ...(isFile && { file: await fileOf(instance, name, listing) }),
    instance: await instanceOf(instance, listing),
  };
}

async function fileOf(instance: Instance, name: string, { files }: Listing) {
  const path = join(instance.path, name);
  const file = files.find((candidate) => candidate.name === name) ?? (await unlisted(path, name));
  return { path, ...plainFile(file), symbolic: modeText(file.mode), occupied: occupied(file) };
}

/** Of a file that is not listed, such as those in .meta, the system still knows something. */
async function unlisted(path: string, name: string): Promise<FileEntry> {
  try {
    const { size, mode, uid, gid } = await lstat(path);
    return { name, size, mode: mode & 0o777, uid, gid };
  } catch (error) {
    throw fileError(error, path);
  }
}

async function instanceOf(instance: Instance, { files, refusal }: Listing) {
  const { mapAlignment } = instance;
  const info = await instance.info();
  return {
    ...info,
    mapAlignment,
    devices: await instance.devices(),
    files: files.length,
    allListed: refusal === undefined,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    occupied: files.reduce((sum, file) => sum + (occupied(file) ?? 0), 0),
    space: info.kind === "tmpfs" || info.kind === "page-cache" ? await spaceOf(instance.path) : undefined,
  };
}

/** Undefined on a tmpfs without a limit. */
async function spaceOf(path: string) {
  const { blocks, bavail, bsize } = await statfs(path).catch((error: unknown) => {
    throw fileError(error, path);
  });
  return blocks === 0 ? undefined : { size: blocks * bsize, free: bavail * bsize };
}
