import { fullFence, WRITER_SPACING } from "../memory/coherence.js";
import type { CommitWord } from "../memory/commit-word.js";
import { findRecord } from "../memory/records.js";
import { crc32c } from "./crc32c.js";
import { alignUp, Directory, Entry, EntryRecord, KIND_SIZE, type Layout, NAME_SIZE, OPTIONS_SIZE } from "./layout.js";
import type { SegmentMemory } from "./memory.js";
import { PrivateRecord } from "./record.js";

/** What the directory says of one structure. */
export interface DirectoryEntry {
  readonly name: string;
  /** Such as `"record"`. */
  readonly kind: string;
  /** Of the kind's layout. */
  readonly version: number;
  readonly capacity: number;
  /** The structure's own numbers, as it wrote them. */
  readonly options: Uint8Array;
  /** Of the schema's text; 0 where it has none. */
  readonly schemaLength: number;
  readonly schemaCrc: number;
  readonly fingerprint: bigint;
  /** What it occupies in the segment, in bytes: the schema's text, then its own bytes. */
  readonly offset: number;
  readonly length: number;
  /** Of the lock under which it was reserved: of two entries in each other's way the higher one counts. */
  readonly ticket: number;
  /** Who made it. */
  readonly participant: number;
  readonly incarnation: number;
}

/** `"writing"`: its record is being stored; whoever died there left it so. */
export type EntryState = "free" | "writing" | "reserved" | "ready" | "given up";

/** What an entry's commit word says. */
export interface EntryWord {
  readonly state: EntryState;
  /** Whose it is. */
  readonly slot: number;
  readonly incarnation: number;
  /** How often the entry was used, as much of it as there is room for: so that no two uses have the same word. */
  readonly use: number;
}

/** By their number; the one in which readers retry is odd (R2b). */
const STATES: readonly (EntryState | undefined)[] = [
  "free",
  "writing",
  "reserved",
  undefined,
  "ready",
  undefined,
  "given up",
];

const USES = 2 ** 16;

/** Bits 0-2 the state, 3-10 the slot, 11-36 the incarnation, 37-52 the use. */
export function packEntry({ state, slot, incarnation, use }: EntryWord): number {
  return (use % USES) * 2 ** 37 + incarnation * 2 ** 11 + slot * 8 + STATES.indexOf(state);
}

export function unpackEntry(word: number): EntryWord {
  return {
    // What no writer stores is treated like a record that cannot be read.
    state: STATES[word % 8] ?? "writing",
    slot: Math.floor(word / 8) % 256,
    incarnation: Math.floor(word / 2 ** 11) % 2 ** 26,
    use: Math.floor(word / 2 ** 37),
  };
}

/** Where a structure's own bytes begin: behind its schema's text, in a line of their own. */
export function bodyOf({ offset, length, schemaLength }: Pick<DirectoryEntry, "offset" | "length" | "schemaLength">) {
  const start = alignUp(offset + schemaLength, WRITER_SPACING);
  return { offset: start, length: offset + length - start };
}

/** An entry as it was found. */
export interface FoundEntry {
  /** The host in whose part it lies, and its index there. */
  readonly host: number;
  readonly index: number;
  /** As it was observed. */
  readonly word: number;
  /** Undefined where it has no record, or none that can be used: it is being written, or damaged. */
  readonly entry: DirectoryEntry | undefined;
}

/** How often a copy that is being overwritten is tried again before it counts as unreadable. */
const TRIES = 16;

/** An entry is written a few times in its life; one that changes at each look is not written by this library. */
const MOST_TRIES = 1000;

const scratch = new PrivateRecord(Entry.recordSize);

export function readEntry(memory: SegmentMemory, host: number, index: number): FoundEntry {
  const at = Directory.entries + index * Directory.entrySize + Entry.record;
  const word = entryWord(memory, host, index);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const value = word.read(at, scratch.bytes);
    if (value !== undefined) {
      const used = value % 8 !== 0;
      return { host, index, word: value, entry: used ? decode(scratch, memory.layout, host) : undefined };
    }
    // Not one that is finished meanwhile: its record was not read.
    const writing = tries < TRIES ? 0 : word.observe();
    if (writing % 2 === 1) return { host, index, word: writing, entry: undefined };
  }
  return { host, index, word: 1, entry: undefined };
}

/**
 * Where entries of a name may be in a host's part, among those in use: indexes for {@link readEntry} to look at, which
 * alone says what an entry is.
 */
export function* entriesNamed(memory: SegmentMemory, host: number, name: string): Generator<number, void, undefined> {
  const used = Math.min(usedWord(memory, host).observe(), memory.layout.entriesPerHost);
  if (used === 0) return;
  const part = memory.part(host);
  part.fetch(Directory.entries, used * Directory.entrySize, "segment.find");
  // The bytes behind a name are zero, so no longer name is taken for this one.
  const field = Buffer.alloc(NAME_SIZE);
  field.write(name);
  for (let from = 0; from < used; ) {
    const offset = Directory.entries + from * Directory.entrySize + Entry.record + EntryRecord.name;
    const range = { offset, size: Directory.entrySize, count: used - from, site: "segment.find" };
    const found = findRecord(part.span, range, field);
    if (found === undefined) return;
    yield from + found;
    from += found + 1;
  }
}

function decode(record: PrivateRecord, layout: Layout, host: number): DirectoryEntry | undefined {
  if (!record.sealed(EntryRecord.crc)) return undefined;
  const name = record.text(EntryRecord.name, record.u32(EntryRecord.nameLength), NAME_SIZE);
  const kind = record.text(EntryRecord.kind, record.u32(EntryRecord.kindLength), KIND_SIZE);
  if (name === undefined || kind === undefined) return undefined;
  const entry = {
    name,
    kind,
    version: record.u32(EntryRecord.version),
    capacity: record.u64(EntryRecord.capacity),
    options: record.bytes.slice(EntryRecord.options, EntryRecord.options + OPTIONS_SIZE),
    schemaLength: record.u32(EntryRecord.schemaLength),
    schemaCrc: record.u32(EntryRecord.schemaCrc),
    fingerprint: record.big64(EntryRecord.fingerprint),
    offset: record.u64(EntryRecord.offset),
    length: record.u64(EntryRecord.length),
    ticket: record.u64(EntryRecord.ticket),
    participant: record.u32(EntryRecord.participant),
    incarnation: record.u32(EntryRecord.incarnation),
  };
  return isPlausible(entry, layout, host) ? entry : undefined;
}

/** R6: a whole checksum says that somebody meant it, not that it is true. */
function isPlausible(entry: DirectoryEntry, layout: Layout, host: number): boolean {
  const { offset, length, ticket, capacity, participant } = entry;
  if (![offset, length, ticket, capacity].every(Number.isSafeInteger)) return false;
  const inside = offset >= layout.dataAt && length > 0 && offset + length <= layout.byteSize;
  if (!inside || offset % WRITER_SPACING !== 0 || bodyOf(entry).length < 0) return false;
  return participant < layout.participants && layout.hostOf(participant) === host;
}

/** The bytes of an entry's record. */
export function encodeEntry(entry: DirectoryEntry): Uint8Array {
  const record = new PrivateRecord(Entry.recordSize);
  record.setU64(EntryRecord.ticket, entry.ticket);
  record.setU32(EntryRecord.participant, entry.participant);
  record.setU32(EntryRecord.incarnation, entry.incarnation);
  record.setU64(EntryRecord.offset, entry.offset);
  record.setU64(EntryRecord.length, entry.length);
  record.setU64(EntryRecord.capacity, entry.capacity);
  record.setU32(EntryRecord.version, entry.version);
  record.setU32(EntryRecord.schemaLength, entry.schemaLength);
  record.setU32(EntryRecord.schemaCrc, entry.schemaCrc);
  record.setBig64(EntryRecord.fingerprint, entry.fingerprint);
  record.setU32(EntryRecord.nameLength, record.setText(EntryRecord.name, entry.name));
  record.setU32(EntryRecord.kindLength, record.setText(EntryRecord.kind, entry.kind));
  record.bytes.set(entry.options, EntryRecord.options);
  return record.seal(EntryRecord.crc).bytes;
}

export function schemaCrcOf(text: Uint8Array): number {
  return text.byteLength === 0 ? 0 : crc32c(text);
}

/** How many entries of a host's part were ever used. It only grows. */
export function usedWord(memory: SegmentMemory, host: number): CommitWord {
  return memory.partWord(host, Directory.used, "segment.used");
}

export function entryWord(memory: SegmentMemory, host: number, index: number): CommitWord {
  return memory.partWord(host, Directory.entries + index * Directory.entrySize + Entry.word, "segment.entry");
}

/** Writes back what processes of this host have stored to its part of the directory. */
export function flushEntries(memory: SegmentMemory, host: number): void {
  const used = Math.min(usedWord(memory, host).observe(), memory.layout.entriesPerHost);
  memory.part(host).writeBack(0, Directory.entries + used * Directory.entrySize, "segment.flush");
  fullFence("segment.flush");
}
