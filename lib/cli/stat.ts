import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { FamfsError } from "../errors.js";
import type { Instance } from "../instance/instance.js";
import { parse } from "./arguments.js";
import { type Command, UsageError } from "./command.js";
import { type Listed, modeText, octal } from "./files.js";
import { amount, grouped, json, printable, table } from "./output.js";
import { groupName, userName } from "./owners.js";
import { givenPath, openTarget, type Target } from "./target.js";

const help = `Usage: famfs-node stat [options] [path]

Tells everything about a file, or about an instance. Without a path it is FAMFS_PATH.

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
      const told = { file: await fileOf(target), instance: await instanceOf(target.instance) };
      process.stdout.write(values.json ? json(told) : text(told));
    } finally {
      await target.instance.close();
    }
    return 0;
  },
};

type Told = { file: Awaited<ReturnType<typeof fileOf>>; instance: Awaited<ReturnType<typeof instanceOf>> };

async function fileOf({ instance, name, isFile }: Target) {
  if (!isFile) return undefined;
  const path = join(instance.path, name);
  for await (const entry of instance.files()) {
    if (entry.name === name)
      return { path, ...(entry as Listed), mode: octal(entry.mode), symbolic: modeText(entry.mode) };
  }
  throw new FamfsError("ERR_FAMFS_NOT_FOUND", `${path} is no file of the instance ${instance.path}`, { path });
}

async function instanceOf(instance: Instance) {
  const { path, kind, coherence, mapAlignment } = instance;
  const { blocks, bavail, bsize } = await statfs(path);
  const space = blocks === 0 ? undefined : { size: blocks * bsize, free: bavail * bsize };
  let files = 0;
  let bytes = 0;
  for await (const { size } of instance.files()) {
    files++;
    bytes += size;
  }
  return { path, kind, coherence, mapAlignment, files, bytes, space };
}

function text({ file, instance }: Told): string {
  const rows: string[][] = [];
  if (file !== undefined) {
    rows.push(
      ["file", printable(file.path)],
      ["size", size(file.size)],
      ["mode", `${file.mode} ${file.symbolic}`],
      ["owner", `${userName(file.uid)} (${file.uid}), group ${groupName(file.gid)} (${file.gid})`],
    );
  }
  const { path, kind, coherence, mapAlignment, files, bytes, space } = instance;
  rows.push(
    ["instance", printable(path)],
    ["kind", kind],
    ["coherence", coherence],
    ["alignment", `${mapAlignment} bytes, of offsets of mappings`],
    ["files", `${grouped(files)}, together ${size(bytes)}`],
  );
  if (space !== undefined) rows.push(["space", `${amount(space.free)} free of ${amount(space.size)}`]);
  return table(rows);
}

function size(bytes: number): string {
  return bytes < 1024 ? `${bytes} bytes` : `${grouped(bytes)} bytes (${amount(bytes)})`;
}
