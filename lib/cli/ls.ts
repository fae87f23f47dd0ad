import type { FileEntry } from "../instance/backend.js";
import { listInstances } from "../instance/list.js";
import { parse } from "./arguments.js";
import type { Command } from "./command.js";
import { modeText, plainFile, shortExtents } from "./files.js";
import { listFiles } from "./listing.js";
import { json, printable, table } from "./output.js";
import { groupName, userName } from "./owners.js";
import { givenPath, openTarget } from "./target.js";

const help = `Usage: famfs-node ls [options] [path]

Lists the files of an instance, those in folders too, sorted by name. The path is an instance, a folder in it or a file
of it; without a path it is FAMFS_PATH. Where that is not set either, the instances of this host are listed: each famfs
that is mounted, and each dax device that a program can map. Directories on tmpfs are not: any can be an instance.

  --json   print JSON
  --help   this text

EXTENTS, on famfs: device:offset+length of the first extent and how many more there are; "/" at the end means that
these are strips, to which chunks are dealt in turn. famfs-node stat tells all of them.
Exit codes: 0 listed, 1 it failed, 2 the command line is wrong.
`;

const NO_INSTANCE =
  "no famfs is mounted here, and no dax device can be mapped; famfs-node ls /dev/shm lists a directory on tmpfs\n";

/** `famfs-node ls`. */
export const ls: Command = {
  help,
  async run(args) {
    const { values, path } = parse(args, {});
    const given = givenPath(path);
    if (given === undefined) return listAll(values.json);
    const { instance, name, isFile } = await openTarget(given);
    try {
      const { files: all, refusal } = await listFiles(instance);
      const files = all.filter((file) => isWithin(file.name, name, isFile)).sort((a, b) => (a.name < b.name ? -1 : 1));
      const { path, kind } = instance;
      process.stdout.write(values.json ? json({ instance: { path, kind }, files: files.map(plainFile) }) : text(files));
      if (refusal !== undefined) throw refusal;
    } finally {
      await instance.close();
    }
    return 0;
  },
};

/** The instances of this host; one that cannot be opened is a row as well. */
async function listAll(asJson: boolean): Promise<number> {
  const instances = await listInstances();
  const rows = instances.map(({ kind, device, path, problem }) => [
    kind,
    printable(device),
    problem?.code ?? "-",
    printable(path),
  ]);
  const plain = instances.map(({ problem, ...rest }) => ({
    ...rest,
    ...(problem && { problem: { code: problem.code, message: problem.message } }),
  }));
  if (instances.length === 0) process.stderr.write(NO_INSTANCE);
  process.stdout.write(asJson ? json({ instances: plain }) : table([["KIND", "DEVICE", "PROBLEM", "PATH"], ...rows]));
  return 0;
}

function isWithin(name: string, folder: string, isFile: boolean): boolean {
  return folder === "" || (isFile ? name === folder : name.startsWith(`${folder}/`));
}

function text(files: readonly FileEntry[]): string {
  const placed = files.some(({ extents }) => extents !== undefined);
  const rows = files.map(({ name, size, mode, uid, gid, extents }) => [
    modeText(mode),
    userName(uid),
    groupName(gid),
    String(size),
    ...(placed ? [shortExtents(extents)] : []),
    printable(name),
  ]);
  return table([["MODE", "OWNER", "GROUP", "SIZE", ...(placed ? ["EXTENTS"] : []), "NAME"], ...rows], [3]);
}
