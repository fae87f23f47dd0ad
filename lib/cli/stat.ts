import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { FamfsError } from "../errors.js";
import type { FileEntry } from "../instance/backend.js";
import type { Instance } from "../instance/instance.js";
import { parse } from "./arguments.js";
import { type Command, UsageError } from "./command.js";
import { modeText, occupied, plainFile } from "./files.js";
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
  const files: FileEntry[] = [];
  for await (const file of instance.files()) files.push(file);
  return { ...(isFile && { file: fileOf(instance, name, files) }), instance: await instanceOf(instance, files) };
}

function fileOf(instance: Instance, name: string, files: readonly FileEntry[]) {
  const path = join(instance.path, name);
  const file = files.find((candidate) => candidate.name === name);
  if (file !== undefined) return { path, ...plainFile(file), symbolic: modeText(file.mode), occupied: occupied(file) };
  throw new FamfsError("ERR_FAMFS_NOT_FOUND", `${path} is no file of the instance ${instance.path}`, { path });
}

async function instanceOf(instance: Instance, files: readonly FileEntry[]) {
  const { mapAlignment } = instance;
  const info = await instance.info();
  return {
    ...info,
    mapAlignment,
    devices: await instance.devices(),
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    occupied: files.reduce((sum, file) => sum + (occupied(file) ?? 0), 0),
    space: info.kind === "tmpfs" || info.kind === "page-cache" ? await spaceOf(instance.path) : undefined,
  };
}

/** Undefined on a tmpfs without a limit. */
async function spaceOf(path: string) {
  const { blocks, bavail, bsize } = await statfs(path);
  return blocks === 0 ? undefined : { size: blocks * bsize, free: bavail * bsize };
}
