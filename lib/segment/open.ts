import { setTimeout as sleep } from "node:timers/promises";
import { FamfsError } from "../errors.js";
import { options, string } from "../guards.js";
import type { FamfsFile } from "../instance/file.js";
import type { Instance } from "../instance/instance.js";
import type { Mapping } from "../memory/mapping.js";
import type { Access } from "../memory/open-file.js";
import { describeAbsence, type HeaderAbsence, readHeader, type SegmentHeader } from "./header.js";
import { HEADER_RECORD, HEADER_SIZE, HEADER_WORD } from "./layout.js";
import { type PatienceOptions, settlePatience } from "./patience.js";
import { type ExpectedPlace, expectedPlace } from "./place.js";

/** Options of {@link Segment.open}. */
export interface OpenSegmentOptions extends PatienceOptions {
  /** Default `"read-write"`. */
  access?: Access | undefined;
  /** Of the segment on a device, as {@link Segment.format} drew it. Default: any. */
  uuid?: string | undefined;
}

/** The mapping of a segment, and what its header says. */
export interface OpenedSegment {
  readonly mapping: Mapping;
  readonly header: SegmentHeader;
}

/** Looks are so far apart at most, in milliseconds. */
const LONGEST_PAUSE = 50;

/** {@link Segment.open}, up to the header. */
export async function openMapping(
  instance: Instance,
  name: string,
  callerOptions?: OpenSegmentOptions,
): Promise<OpenedSegment> {
  const given = options("Segment.open", callerOptions, ["access", "uuid", "timeout", "signal"]);
  const { access = "read-write" } = given;
  const { timeout, signal } = settlePatience(given);
  const uuid = given.uuid === undefined ? undefined : checkUuid(given.uuid);
  const deadline = performance.now() + timeout;
  let last: FamfsError | undefined;
  for (let pause = 1; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
    const left = Math.max(0, deadline - performance.now());
    // Again each time: a file that never became a segment may have been removed and made anew.
    const file = await instance.waitForFile(name, { access, timeout: left, signal }).catch((error: unknown) => {
      const late = error instanceof FamfsError && error.code === "ERR_FAMFS_TIMEOUT";
      throw late ? (last ?? error) : error;
    });
    const found = lookForSegment(file, await expectedPlace(instance, name, file, uuid));
    if ("header" in found) return checkMode(found, file.path);
    last = tooLate(file.path, timeout, found);
    if (left === 0) throw last;
    await sleep(Math.min(pause, left), undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

function checkUuid(uuid: unknown): string {
  const digits = string("uuid", uuid).replaceAll("-", "").toLowerCase();
  if (/^[0-9a-f]{32}$/.test(digits)) return digits;
  throw new FamfsError("ERR_FAMFS_OUT_OF_RANGE", `uuid must have 32 hexadecimal digits, found ${digits}`);
}

/** Looks once, whatever coherence the segment was made for. The file is closed. */
export function lookForSegment(file: FamfsFile, place: ExpectedPlace): OpenedSegment | HeaderAbsence {
  const { size } = file;
  if (size < HEADER_RECORD + HEADER_SIZE) {
    file.close();
    return { state: "foreign" };
  }
  const mapping = file.map();
  file.close();
  try {
    const word = mapping.commitWord(HEADER_WORD, { bits: 64, site: "segment.header" });
    const header = readHeader(word, size, place);
    if (!("state" in header)) return { mapping, header };
    mapping.close();
    return header;
  } catch (error) {
    mapping.close();
    throw error;
  }
}

function checkMode(opened: OpenedSegment, path: string): OpenedSegment {
  const { header, mapping } = opened;
  const { coherence } = mapping;
  if (header.coherence === coherence) return opened;
  mapping.close();
  throw new FamfsError(
    "ERR_FAMFS_COHERENCE_MISMATCH",
    `${path} was made for ${header.coherence} memory, its instance was opened as ${coherence}; pass openInstance { coherence: "${header.coherence}" } if that is true of this memory, else make it anew`,
    { path },
  );
}

function tooLate(path: string, timeout: number, absence: HeaderAbsence): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_TIMEOUT",
    `${path} was no segment within ${timeout} ms: ${describeAbsence(absence)}; if nobody is making it, make it under another name, or anew with Segment.format and force`,
    { path },
  );
}
