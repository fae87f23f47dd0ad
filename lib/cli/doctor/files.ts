import { accessSync, constants, lstatSync } from "node:fs";
import { join } from "node:path";
import type { Instance } from "../../instance/instance.js";
import { grouped } from "../output.js";
import { type Check, type Finding, note, ok, problem, warning } from "./finding.js";
import { inside, isFamfs } from "./inside.js";

/** Whether the files that the log names are here, and what this user may do with them. */
export const files: Check<[path: string]> = inside("files", async (instance: Instance) => {
  const counts = { all: 0, present: 0, readable: 0, writable: 0 };
  let missing: string | undefined;
  for await (const { name } of instance.files()) {
    const path = join(instance.path, name);
    counts.all++;
    if (!exists(path)) {
      missing ??= name;
      continue;
    }
    counts.present++;
    if (may(path, constants.R_OK)) counts.readable++;
    if (may(path, constants.W_OK)) counts.writable++;
  }
  const { role } = await instance.info();
  return [
    ...(missing === undefined ? [] : [absent(counts, missing, role)]),
    access(counts),
    ...writing(instance, counts),
  ];
});

type Counts = Record<"all" | "present" | "readable" | "writable", number>;

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function absent({ all, present }: Counts, first: string, role: string | undefined): Finding {
  const text = `${grouped(all - present)} of ${grouped(all)} files are in the log and not in this host's tree, such as ${first}`;
  if (role !== "master")
    return note("files.replayed", text, "famfs logplay on this host, or instance.replay(), makes them appear");
  return warning(
    "files.replayed",
    `${text}; yet this host is the master, which alone appends to the log: they were removed here with rm, or another host has the same system UUID`,
    "compare /opt/famfs/system_uuid on all hosts: two masters destroy a famfs. If no other host has it, famfs logplay",
  );
}

function access({ all, present, readable, writable }: Counts): Finding {
  if (all === 0) return ok("files.access", "there are no files yet");
  const text = `this user may read ${grouped(readable)} and write ${grouped(writable)} of ${grouped(present)} files`;
  if (readable > 0 || present === 0) return ok("files.access", text);
  return problem("files.access", text, "run as their owner or group, or change their modes");
}

/** Modes on a client are the host's own, so changing them does no harm to others. */
function writing(instance: Instance, { present, writable }: Counts): Finding[] {
  if (!isFamfs(instance) || present === 0 || writable > 0) return [];
  return [
    note(
      "files.read-only",
      "this user may write no file: on a client of a standalone famfs, logplay takes the write bits away",
      "chmod u+w on the files that this host writes to; it is for this host only, and gone after the next mount",
    ),
  ];
}
