import { randomInt } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { NativeFile, NativeMapping, NativeReport } from "../../types/native.js";
import { FamfsError } from "../errors.js";
import { integer } from "../guards.js";
import { native, type SystemFailure, systemError, systemFailure } from "../native/binding.js";
import type { OpenFile } from "./open-file.js";
import { refused } from "./system-errors.js";

/** The folder beside a file that has the copies of its simulated hosts. */
export const COPIES = ".famfs-simulated";

/** Seeds are shown and passed as numbers. */
export const MAX_SEED = Number.MAX_SAFE_INTEGER;

/** A breach of a rule about who stores to a line, found by simulated memory. */
export interface RuleReport {
  /**
   * `"R1"`: two hosts stored to one line without a hand-over. `"F7"`: a host stored to a line of another one that it
   * only reads.
   */
  readonly rule: "R1" | "F7";
  /** The host whose store was found. */
  readonly host: number;
  /** The host that stores to this line too, or owns it. */
  readonly otherHost: number;
  /** Of the first changed byte, in the file. */
  readonly offset: number;
  /** The site that wrote the line back or invalidated it last on `host`, such as `"queue.tail"`; `""` for none. */
  readonly site: string;
  /** The same on `otherHost`. */
  readonly otherSite: string;
}

/**
 * Opens the copy that the file's simulated host has of it, and makes it where this is the host's first opener.
 * @throws {FamfsError} ERR_FAMFS_SIMULATION, ERR_FAMFS_NO_SPACE, ERR_FAMFS_PERMISSION, ERR_FAMFS_FILE_LIMIT,
 * ERR_FAMFS_OUT_OF_RANGE for FAMFS_SIMULATION_SEED, ERR_FAMFS_SYSTEM
 */
export function openCopy(file: OpenFile): NativeFile {
  const { path, identity, born, size, traits } = file;
  const folder = join(dirname(path), COPIES);
  const name = `${identity.replace(":", "-")}-${born}`;
  const { seed, background } = traits.simulation ?? { seed: chooseSeed(), background: true };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const settings = { folder, name, size, host: traits.host ?? 0, seed, background };
    const opened = native().openCopy(file.native, settings);
    if (opened.began && traits.simulation === undefined) announceSeed(opened.seed);
    return opened.file;
  } catch (error) {
    const failure = systemFailure(error);
    throw failure === undefined ? error : copyError(failure, path);
  }
}

function copyError(failure: SystemFailure, path: string): FamfsError {
  switch (failure.name) {
    case "ESTALE":
      return new FamfsError(
        "ERR_FAMFS_SIMULATION",
        `${path} had another size when its simulation began; simulated files keep their size: make a new one`,
        { path },
      );
    case "ENOSPC":
      return systemError(
        "ERR_FAMFS_NO_SPACE",
        `the copies of ${path} need room: about twice its size, and as much again for each simulated host`,
        failure,
        path,
      );
    default:
      return refused(failure, path);
  }
}

let chosen: number | undefined;

/** FAMFS_SIMULATION_SEED, else one for this process by chance. */
export function chooseSeed(): number {
  const given = process.env["FAMFS_SIMULATION_SEED"];
  if (given) return integer("FAMFS_SIMULATION_SEED", Number(given), 0, MAX_SEED);
  chosen ??= randomInt(2 ** 32);
  return chosen;
}

const announced = new Set<number>();

/** Prints what a run can be repeated from, once. */
export function announceSeed(seed: number): void {
  if (announced.has(seed)) return;
  announced.add(seed);
  process.stderr.write(`famfs: simulated memory, seed ${seed}; FAMFS_SIMULATION_SEED=${seed} repeats it\n`);
}

/** One sentence about a report. */
export function explain(path: string, { rule, host, otherHost, offset, site, otherSite }: NativeReport): string {
  const by = (index: number, name: string) => `host ${index}${name === "" ? "" : ` (${name})`}`;
  return rule === "R1"
    ? `R1: ${by(host, site)} and ${by(otherHost, otherSite)} both stored to the line of offset ${offset} of ${path}, with no hand-over in between; give each its own line, 128 bytes apart`
    : `F7: ${by(host, site)} stored to offset ${offset} of ${path}, into a line that it reads and ${by(otherHost, otherSite)} writes; only the writer may store there, and who takes a line over calls invalidate() first`;
}

/** Reports that this process has shown already, by path. */
const shown = new Map<string, number>();

/** Marks all reports so far as seen by the caller. */
export function markShown(path: string, count: number): void {
  if (count > 0) shown.set(path, Math.max(count, shown.get(path) ?? 0));
}

/** Warns of what nobody has looked at. */
export function warnOfReports(path: string, slot: NativeMapping): void {
  const { reports } = native().simulationOf(slot);
  for (const report of reports.slice(shown.get(path) ?? 0)) {
    process.emitWarning(explain(path, report), { type: "FamfsWarning", code: "ERR_FAMFS_RULE_BROKEN" });
  }
  markShown(path, reports.length);
}
