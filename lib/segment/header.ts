import { FamfsError } from "../errors.js";
import { COHERENCES, type Coherence, WRITER_SPACING } from "../memory/coherence.js";
import type { CommitWord } from "../memory/commit-word.js";
import {
  FORMAT_VERSION,
  HEADER_RECORD,
  HEADER_SIZE,
  Header,
  Layout,
  LEAST_ENTRIES,
  MAGIC,
  MAX_HOSTS,
  MAX_PARTICIPANTS,
  MOST_ENTRIES,
  PLACE_PATH_SIZE,
} from "./layout.js";
import { describePlace, type ExpectedPlace, fits, PLACE_KINDS, type Place } from "./place.js";
import { PrivateRecord } from "./record.js";

/** What the header of a segment says. */
export interface SegmentHeader {
  readonly layout: Layout;
  /** Bits of features that who does not know them may pass over. */
  readonly compatible: number;
  readonly coherence: Coherence;
  /** Of the CPU that made it, in bytes. */
  readonly lineSize: number;
  /** Of the segment's creation: even, never 0. */
  readonly epoch: number;
  readonly place: Place;
}

/** What is there where a header belongs, when it cannot be used (yet). */
export type HeaderAbsence =
  /** The commit word is 0 or changing: somebody is at work, or died there. */
  | { readonly state: "half-made" }
  | { readonly state: "left-over"; readonly place: Place }
  /** No magic number. */
  | { readonly state: "foreign" }
  /** The checksum is wrong. */
  | { readonly state: "damaged" };

/** The bytes of a header. */
export function encodeHeader({ layout, compatible, coherence, lineSize, epoch, place }: SegmentHeader): PrivateRecord {
  const record = new PrivateRecord(HEADER_SIZE);
  record.bytes.set(MAGIC, Header.magic);
  record.setU32(Header.version, FORMAT_VERSION);
  record.setU32(Header.compatible, compatible);
  record.setU32(Header.coherence, COHERENCES.indexOf(coherence) + 1);
  record.setU32(Header.lineSize, lineSize);
  record.setU32(Header.writerSpacing, WRITER_SPACING);
  record.setU64(Header.byteSize, layout.byteSize);
  record.setU32(Header.hosts, layout.hosts);
  record.setU32(Header.participantsPerHost, layout.participantsPerHost);
  record.setU32(Header.entriesPerHost, layout.entriesPerHost);
  record.setU32(Header.placeKind, PLACE_KINDS.indexOf(place.kind));
  record.setU64(Header.epoch, epoch);
  record.setHex(Header.placeUuid, place.uuid);
  record.setU64(Header.placeSequence, place.sequence);
  record.setU32(Header.placePathLength, record.setText(Header.placePath, place.path));
  return record.seal(Header.crc);
}

/**
 * Looks for the header of a segment; R3 with the second look.
 * @param byteSize of the file
 * @param expected where it lies; undefined: anywhere
 * @throws {FamfsError} ERR_FAMFS_UNSUPPORTED_VERSION, ERR_FAMFS_CORRUPT: a whole header that cannot be used
 */
export function readHeader(
  word: CommitWord,
  byteSize: number,
  expected: ExpectedPlace | undefined,
): SegmentHeader | HeaderAbsence {
  const record = new PrivateRecord(HEADER_SIZE);
  const epoch = readWord(word, record);
  if (epoch === "foreign") return { state: "foreign" };
  if (epoch === undefined || epoch === 0) return { state: "half-made" };
  if (MAGIC.some((byte, i) => record.bytes[i] !== byte)) return { state: "foreign" };
  if (!record.sealed(Header.crc) || record.u64(Header.epoch) !== epoch) return { state: "damaged" };
  checkVersion(record);
  const place = decodePlace(record);
  if (expected !== undefined && !fits(place, expected)) return { state: "left-over", place };
  const coherence = COHERENCES[record.u32(Header.coherence) - 1];
  if (coherence === undefined) throw corrupt(`its coherence is ${record.u32(Header.coherence)}`);
  const layout = decodeLayout(record, byteSize);
  const [compatible, lineSize] = [record.u32(Header.compatible), record.u32(Header.lineSize)];
  return { layout, compatible, coherence, lineSize, epoch, place };
}

/** Memory that nobody formatted may hold anything, also what is no value of a commit word. */
function readWord(word: CommitWord, record: PrivateRecord): number | undefined | "foreign" {
  try {
    return word.read(HEADER_RECORD, record.bytes);
  } catch (error) {
    if (error instanceof FamfsError && error.code === "ERR_FAMFS_CORRUPT") return "foreign";
    throw error;
  }
}

function checkVersion(record: PrivateRecord): void {
  const version = record.u32(Header.version);
  const incompatible = record.u32(Header.incompatible);
  if (version === FORMAT_VERSION && incompatible === 0) return;
  throw new FamfsError(
    "ERR_FAMFS_UNSUPPORTED_VERSION",
    `the segment has format version ${version} with incompatible features 0x${incompatible.toString(16)}, this library knows version ${FORMAT_VERSION} with none; open it with the library that made it`,
  );
}

function decodePlace(record: PrivateRecord): Place {
  const kind = PLACE_KINDS[record.u32(Header.placeKind)];
  const path = record.text(Header.placePath, record.u32(Header.placePathLength), PLACE_PATH_SIZE);
  if (kind === undefined || path === undefined) throw corrupt("the place that it was written for is none");
  return { kind, uuid: record.hex(Header.placeUuid, 16), sequence: record.u64(Header.placeSequence), path };
}

function decodeLayout(record: PrivateRecord, byteSize: number): Layout {
  const written = record.u64(Header.byteSize);
  if (written !== byteSize) throw corrupt(`it says ${written} bytes, the file has ${byteSize}`);
  const hosts = record.u32(Header.hosts);
  const perHost = record.u32(Header.participantsPerHost);
  const entries = record.u32(Header.entriesPerHost);
  const counts = `${hosts} hosts of ${perHost} participants and ${entries} entries`;
  if (hosts < 1 || hosts > MAX_HOSTS || perHost < 1 || hosts * perHost > MAX_PARTICIPANTS) throw corrupt(counts);
  if (entries < LEAST_ENTRIES || entries > MOST_ENTRIES) throw corrupt(counts);
  if (record.u32(Header.writerSpacing) !== WRITER_SPACING)
    throw corrupt(`writers are ${record.u32(Header.writerSpacing)} bytes apart, expected ${WRITER_SPACING}`);
  const layout = new Layout(byteSize, hosts, perHost, entries);
  if (layout.leastSize > byteSize) throw corrupt(`${counts} need ${layout.leastSize} bytes`);
  return layout;
}

function corrupt(found: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_CORRUPT",
    `the segment's header contradicts itself: ${found}; something else wrote there, format it anew`,
  );
}

/** What was found instead of a header, for the error of a wait. */
export function describeAbsence(found: HeaderAbsence): string {
  switch (found.state) {
    case "half-made":
      return "its header is not published: whoever makes it is still at work, or died at it";
    case "left-over":
      return `its header is a left-over: it was written for ${describePlace(found.place)}`;
    case "foreign":
      return "it has no segment's header: nobody formatted it yet, or it is a file of another kind";
    case "damaged":
      return "its header has a wrong checksum: it is being written, or something else wrote there";
  }
}
