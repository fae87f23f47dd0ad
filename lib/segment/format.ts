import { randomInt } from "node:crypto";
import { FamfsError } from "../errors.js";
import { boolean, integer, options, wrongType } from "../guards.js";
import { failPoint } from "../memory/fail-point.js";
import { Mapping } from "../memory/mapping.js";
import { native } from "../native/binding.js";
import { encodeHeader, readHeader, type SegmentHeader } from "./header.js";
import { HEADER_RECORD, HEADER_SIZE, HEADER_WORD, Layout, MAX_HOSTS, MAX_PARTICIPANTS } from "./layout.js";
import { newPlace, type Place } from "./place.js";

/** For how many a segment is made. */
export interface SegmentCounts {
  /** How many hosts can take part, from 1 to 64. */
  hosts: number;
  /** How many participants each host can have at a time, from 1; with all hosts at most 256. */
  participantsPerHost: number;
}

/** Options of {@link Segment.format}. */
export interface FormatOptions extends SegmentCounts {
  /** Whether a segment that is there already may be destroyed. */
  force: boolean;
}

/** Half-written zeros cost nobody anything, so the pieces are large. */
const PIECE = 1 << 20;

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
export function layoutFor(byteSize: number, { hosts, participantsPerHost }: Partial<SegmentCounts>): Layout {
  return Layout.forSize(
    byteSize,
    integer("hosts", hosts, 1, MAX_HOSTS),
    integer("participantsPerHost", participantsPerHost, 1, MAX_PARTICIPANTS),
  );
}

/** {@link Segment.format}, up to the header. */
export function formatAnew(mapping: Mapping, callerOptions: FormatOptions): SegmentHeader {
  if (!(mapping instanceof Mapping)) throw wrongType("mapping", "a mapping of a whole file", mapping);
  const given = options("format", callerOptions, ["hosts", "participantsPerHost", "force"]);
  const layout = layoutFor(mapping.byteLength, given);
  const { path, kind, offset } = mapping.handle();
  if (offset !== 0) {
    throw new FamfsError("ERR_FAMFS_OUT_OF_RANGE", `mapping must begin at the start of its file, found ${offset}`, {
      path,
    });
  }
  if (!boolean("force", given.force)) refuseExisting(mapping, path);
  return format(mapping, layout, newPlace(kind));
}

function refuseExisting(mapping: Mapping, path: string): void {
  const word = mapping.commitWord(HEADER_WORD, { bits: 64, site: "segment.header" });
  const found = readHeader(word, mapping.byteLength, undefined);
  if ("state" in found) return;
  throw new FamfsError(
    "ERR_FAMFS_EXISTS",
    `${path} has a segment already; open it, or pass { force: true } to destroy it and everything in it`,
    { path },
  );
}

/** Makes a segment of memory that may hold anything (R7). Nobody sees it before the last step. */
export function format(mapping: Mapping, layout: Layout, place: Place): SegmentHeader {
  const word = mapping.commitWord(HEADER_WORD, { bits: 64, site: "segment.header" });
  word.publish(0, HEADER_WORD, 0);
  zero(mapping, HEADER_RECORD, layout.dataAt);
  failPoint("segment.format.zeroed");
  const lineSize = native().cacheSupport().lineSize || 64;
  const epoch = 2 * randomInt(1, 2 ** 47);
  const header = { layout, compatible: 0, coherence: mapping.coherence, lineSize, epoch, place };
  mapping.window(HEADER_RECORD, HEADER_SIZE).bytes().set(encodeHeader(header).bytes);
  word.publish(epoch, HEADER_RECORD, HEADER_SIZE);
  return header;
}

/** The publish of the header that follows has the fence. */
function zero(mapping: Mapping, from: number, to: number): void {
  for (let at = from; at < to; at += PIECE) {
    const length = Math.min(PIECE, to - at);
    const window = mapping.window(at, length);
    window.bytes().fill(0);
    window.writeBack(0, length, "segment.format");
    window.close();
  }
}
