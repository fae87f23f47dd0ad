import { FamfsError } from "../errors.js";
import { WRITER_SPACING } from "../memory/coherence.js";

/*
 * The bytes of a segment; docs/format/segment.md draws them. All numbers are little-endian, every word has one writing
 * host at a time, and lines of different writers lie 128 bytes apart.
 *
 *   0                 header: commit word, then its record
 *   4096              a block for each host: claim, record, and a block for each of its participants
 *   directoryAt       a part for each host: how many entries it has used, then the entries
 *   dataAt            what structures are made of
 */

/** "FAMFSSEG". */
export const MAGIC = [0x46, 0x41, 0x4d, 0x46, 0x53, 0x53, 0x45, 0x47] as const;

/** Of the format; another one is refused. */
export const FORMAT_VERSION = 1;

/** What there can be of each. */
export const MAX_HOSTS = 64;
export const MAX_PARTICIPANTS = 256;
export const LEAST_ENTRIES = 16;
/** So many that a host's part of the directory has at most 1 MiB. */
export const MOST_ENTRIES = 2047;

/** The header: a commit word of 64 bits, 0 or the epoch, in a line of its own; then the record. */
export const HEADER_WORD = 0;
export const HEADER_RECORD = 128;
export const HEADER_SIZE = 384;

/** Fields of the header's record, in bytes from its start. */
export const Header = {
  magic: 0,
  version: 8,
  compatible: 12,
  incompatible: 16,
  coherence: 20,
  lineSize: 24,
  writerSpacing: 28,
  byteSize: 32,
  hosts: 40,
  participantsPerHost: 44,
  entriesPerHost: 48,
  placeKind: 52,
  epoch: 56,
  placeUuid: 64,
  placeSequence: 80,
  placePathLength: 88,
  placePath: 96,
  crc: 380,
} as const;

/** Bytes of a place's path that are kept. */
export const PLACE_PATH_SIZE = 256;

/** Where the blocks of hosts begin. */
export const HOSTS_AT = 4096;

/** A host's block, in bytes from its start. */
export const Host = { claim: 0, recordWord: 128, record: 256, recordSize: 128, participants: 384 } as const;

/** Fields of a host's record, in bytes from its start. */
export const HostRecord = { bootId: 0, machineId: 16, bootCount: 32, crc: 124 } as const;

/** A participant's block, in bytes from its start. */
export const Participant = {
  claim: 0,
  identityWord: 128,
  identity: 256,
  identitySize: 256,
  heartbeat: 512,
  bakery: 640,
  revocations: 768,
} as const;

/** Fields of a participant's identity, in bytes from its start. */
export const Identity = {
  incarnation: 0,
  bootCount: 4,
  pid: 8,
  thread: 12,
  bootId: 16,
  device: 32,
  inode: 40,
  lease: 48,
  interval: 52,
  joinedAt: 56,
  nameLength: 64,
  name: 72,
  crc: 252,
} as const;

/** Bytes of a participant's name. */
export const PARTICIPANT_NAME_SIZE = 64;

/** A host's part of the directory, in bytes from its start. */
export const Directory = { used: 0, entries: 128, entrySize: 512 } as const;

/** An entry, in bytes from its start: a commit word in a line of its own, then the record. */
export const Entry = { word: 0, record: 128, recordSize: 384 } as const;

/** Fields of an entry's record, in bytes from its start. */
export const EntryRecord = {
  ticket: 0,
  participant: 8,
  incarnation: 12,
  offset: 16,
  length: 24,
  capacity: 32,
  version: 40,
  schemaLength: 44,
  schemaCrc: 48,
  nameLength: 52,
  kindLength: 56,
  fingerprint: 64,
  kind: 72,
  options: 96,
  name: 160,
  crc: 380,
} as const;

/** Bytes of an entry's texts and options. */
export const KIND_SIZE = 24;
export const OPTIONS_SIZE = 64;
export const NAME_SIZE = 96;

/** The area for structures begins at a multiple of this, and so do the areas before it. */
const AREA_ALIGNMENT = 4096;

/** @returns the next multiple of `alignment` from `offset` on */
export function alignUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

/** How many of everything a segment has, and so where everything is. */
export class Layout {
  readonly participants: number;
  readonly participantSize: number;
  readonly hostSize: number;
  readonly directoryAt: number;
  readonly partSize: number;
  readonly dataAt: number;

  constructor(
    readonly byteSize: number,
    readonly hosts: number,
    readonly participantsPerHost: number,
    readonly entriesPerHost: number,
  ) {
    this.participants = hosts * participantsPerHost;
    this.participantSize = Participant.revocations + alignUp(4 * this.participants, WRITER_SPACING);
    this.hostSize = Host.participants + participantsPerHost * this.participantSize;
    this.directoryAt = alignUp(HOSTS_AT + hosts * this.hostSize, AREA_ALIGNMENT);
    this.partSize = alignUp(Directory.entries + entriesPerHost * Directory.entrySize, AREA_ALIGNMENT);
    this.dataAt = this.directoryAt + hosts * this.partSize;
  }

  /**
   * The layout for a new segment: an eighth of it is for the directory, less where it is small.
   * @throws {FamfsError} ERR_FAMFS_OUT_OF_RANGE where the rest does not fit, with the least size
   */
  static forSize(byteSize: number, hosts: number, participantsPerHost: number): Layout {
    if (hosts * participantsPerHost > MAX_PARTICIPANTS) {
      throw new FamfsError(
        "ERR_FAMFS_OUT_OF_RANGE",
        `a segment has at most ${MAX_PARTICIPANTS} participants, found ${hosts} hosts of ${participantsPerHost}; lower participantsPerHost`,
      );
    }
    const eighth = Math.floor(byteSize / 8 / hosts / Directory.entrySize);
    const wanted = Math.min(Math.max(eighth, LEAST_ENTRIES), MOST_ENTRIES);
    let layout = new Layout(byteSize, hosts, participantsPerHost, wanted);
    if (layout.leastSize > byteSize) layout = new Layout(byteSize, hosts, participantsPerHost, LEAST_ENTRIES);
    if (layout.leastSize <= byteSize) return layout;
    throw new FamfsError(
      "ERR_FAMFS_OUT_OF_RANGE",
      `a segment of ${hosts} hosts with ${participantsPerHost} participants each has at least ${layout.leastSize} bytes, found ${byteSize}; make the file larger`,
    );
  }

  get leastSize(): number {
    return this.dataAt + AREA_ALIGNMENT;
  }

  hostAt(host: number): number {
    return HOSTS_AT + host * this.hostSize;
  }

  hostOf(participant: number): number {
    return Math.floor(participant / this.participantsPerHost);
  }

  /** Of a participant by its index, which counts through all hosts. */
  participantAt(index: number): number {
    const slot = index % this.participantsPerHost;
    return this.hostAt(this.hostOf(index)) + Host.participants + slot * this.participantSize;
  }

  partAt(host: number): number {
    return this.directoryAt + host * this.partSize;
  }
}
