import { basename } from "node:path";
import { FamfsError } from "../../errors.js";
import type { Instance } from "../../instance/instance.js";
import { describeAbsence, type HeaderAbsence } from "../../segment/header.js";
import { lookForSegment } from "../../segment/open.js";
import { expectedPlace } from "../../segment/place.js";
import { Segment } from "../../segment/segment.js";
import { openTarget } from "../target.js";

/** A segment that is open for reading, and the instance that it closes with. */
export interface OpenedForReading {
  readonly instance: Instance;
  readonly segment: Segment;
}

/** Another segment may take the place of the one whose coherence was read; so often. */
const ATTEMPTS = 3;

/**
 * Opens the segment in a file, or on a dax device, for reading. Nobody says for which coherence it was made: the first
 * look is one that is right on all memory, and the header tells.
 * @throws {FamfsError} ERR_FAMFS_NOT_A_SEGMENT (says what is there), ERR_FAMFS_UNSUPPORTED_VERSION,
 * ERR_FAMFS_CORRUPT, and what `openInstance` and `Instance.open` throw
 */
export async function openForReading(path: string): Promise<OpenedForReading> {
  let coherence: "coherent" | "incoherent" = "incoherent";
  for (let attempt = 1; ; attempt++) {
    const opened = await openAs(path, coherence);
    // What is kept for tests on simulated memory is a file like those on incoherent memory.
    const wanted = opened.segment.memory.header.coherence === "coherent" ? "coherent" : "incoherent";
    if (wanted === coherence || attempt === ATTEMPTS) return opened;
    await close(opened);
    coherence = wanted;
  }
}

/** Ends both. */
export async function close({ instance, segment }: OpenedForReading): Promise<void> {
  await segment.close();
  await instance.close();
}

async function openAs(path: string, coherence: "coherent" | "incoherent"): Promise<OpenedForReading> {
  // A copy on a disk tells as much.
  const { instance, name } = await openTarget(path, { coherence, allowPageCache: true });
  try {
    const file = await instance.open(nameOfFile(instance, name));
    const found = lookForSegment(file, await expectedPlace(instance, name, file, undefined));
    if ("state" in found) throw notASegment(file.path, found);
    return { instance, segment: new Segment(found.mapping, found.header) };
  } catch (error) {
    await instance.close();
    throw error;
  }
}

function nameOfFile({ kind, path }: Instance, name: string): string {
  if (kind === "devdax") return basename(path);
  if (name !== "") return name;
  throw new FamfsError(
    "ERR_FAMFS_IS_DIRECTORY",
    `${path} is an instance, a segment is a file of it; famfs-node ls lists them`,
    { path },
  );
}

function notASegment(path: string, found: HeaderAbsence): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_NOT_A_SEGMENT",
    `${path} is no segment: ${describeAbsence(found)}; ${advice(found)}`,
    {
      path,
    },
  );
}

function advice({ state }: HeaderAbsence): string {
  switch (state) {
    case "half-made":
      return "look again, and if nobody is at work make it under another name, or anew with Segment.format and force";
    case "left-over":
      return "make a segment under another name, or here with Segment.format and force";
    case "foreign":
      return "famfs-node stat tells more of any file, Segment.create makes a segment";
    case "damaged":
      return "look again, and if it stays so make it under another name, or anew with Segment.format and force";
  }
}
