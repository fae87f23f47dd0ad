import { accessSync, constants, lstatSync } from "node:fs";
import type { FileEntry } from "../../instance/backend.js";
import type { Role } from "../../instance/info.js";
import type { Instance } from "../../instance/instance.js";
import { pathOf } from "../files.js";
import { listFiles } from "../listing.js";
import { grouped } from "../output.js";
import { type Check, type Finding, failed, note, ok, problem, said, warning } from "./finding.js";
import { inside, isFamfs } from "./inside.js";

/** So long files are looked at, in milliseconds: a famfs may have thousands, and each is a call of its daemon. */
const PATIENCE = 2000;

/** Whether the files that the log names are here, and what this user may do with them. */
export const files: Check<[path: string]> = inside("files", async (instance: Instance) => {
  const { files, refusal } = await listFiles(instance);
  const counts = count(instance, files);
  const { role } = await instance.info();
  const dead = isFamfs(instance) ? await deadFiles(instance, counts) : [];
  return [
    ...dead,
    ...(refusal === undefined ? [] : [note("files.list", `not all files can be listed: ${said(refusal)}`)]),
    ...(isFamfs(instance) ? absent(counts, role) : []),
    access(counts),
    ...(isFamfs(instance) ? writing(counts) : []),
  ];
});

interface Counts {
  /** Files that were looked at. */
  all: number;
  present: number;
  readable: number;
  writable: number;
  /** One that is not present. */
  missing?: string;
  /** Files of another size than they are listed with. */
  resized: string[];
}

function count(instance: Instance, files: readonly FileEntry[]): Counts {
  const counts: Counts = { all: 0, present: 0, readable: 0, writable: 0, resized: [] };
  const end = performance.now() + PATIENCE;
  for (const { name, size } of files) {
    if (performance.now() > end) break;
    const path = pathOf(instance, name);
    counts.all++;
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status === undefined) {
      counts.missing ??= name;
      continue;
    }
    counts.present++;
    if (status.size !== size) counts.resized.push(name);
    if (may(path, constants.R_OK)) counts.readable++;
    if (may(path, constants.W_OK)) counts.writable++;
  }
  return counts;
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** Opening one tells what became of it, and the cure. */
async function deadFiles(instance: Instance, { resized }: Counts): Promise<Finding[]> {
  const [first, ...others] = resized;
  if (first === undefined) return [];
  try {
    (await instance.open(first)).close();
    return [];
  } catch (error) {
    const more = others.length === 0 ? "" : `; ${grouped(others.length)} more files are not as long as they were made`;
    return [failed("files.dead", error, more)];
  }
}

function absent({ all, present, missing }: Counts, role: Role | undefined): Finding[] {
  if (missing === undefined) return [];
  const found = `${grouped(all - present)} of ${grouped(all)} files are in the log and not in this host's tree, such as ${missing}`;
  if (role !== "master")
    return [note("files.replayed", found, "famfs logplay on this host, or instance.replay(), makes them appear")];
  return [
    warning(
      "files.replayed",
      `${found}; yet this host is the master, which alone appends to the log: they were removed here with rm, or another host has the same system UUID`,
      "compare /opt/famfs/system_uuid on all hosts: two masters destroy a famfs. If no other host has it, famfs logplay",
    ),
  ];
}

function access({ all, present, readable, writable }: Counts): Finding {
  if (all === 0) return ok("files.access", "there are no files that can be seen");
  const text = `this user may read ${grouped(readable)} and write ${grouped(writable)} of ${grouped(present)} files`;
  if (readable > 0 || present === 0) return ok("files.access", text);
  return problem("files.access", text, "run as their owner or group, or change their modes");
}

/** Modes on a client are the host's own, so changing them does no harm to others. */
function writing({ present, writable }: Counts): Finding[] {
  if (present === 0 || writable > 0) return [];
  return [
    note(
      "files.read-only",
      "this user may write no file: on a client of a standalone famfs, logplay takes the write bits away",
      "give the files that this host writes to the mode back that they were made with (famfs-node ls has it): chmod, as their owner or root; it is for this host only, and gone after the next mount",
    ),
  ];
}
