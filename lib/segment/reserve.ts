import { FamfsError } from "../errors.js";
import { failPoint } from "../memory/fail-point.js";
import type { DataRange } from "./directory.js";
import {
  type DirectoryEntry,
  type EntryState,
  encodeEntry,
  entryWord,
  type FoundEntry,
  packEntry,
  unpackEntry,
  usedWord,
} from "./entry.js";
import { Directory, Entry } from "./layout.js";
import type { Participant } from "./participant.js";
import { nameTaken } from "./structure.js";
import { compareAndSwap } from "./swap.js";
import { takeOver } from "./take-over.js";

/*
 * A host's part of the directory is stored to by all of its participants, and a fenced one may still be at it. So an
 * entry is taken by compare-and-swap, which is atomic inside a host: who comes late finds that it is somebody else's.
 */

/** An entry before it has a place. */
export type EntryRequest = Omit<DirectoryEntry, "offset" | "ticket" | "participant" | "incarnation">;

/** An entry that this participant is making. */
export interface Reservation {
  readonly entry: DirectoryEntry;
  readonly index: number;
  /** Of the entry's word. */
  readonly use: number;
}

/** An index in the own host's part, and the range that comes with it. */
interface Spot {
  readonly index: number;
  /** The entry's word, as it was observed. */
  readonly word: number;
  readonly range: DataRange;
}

/**
 * Takes a name and a range, under the segment's lock. When it returns, nobody else can get either.
 * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NO_SPACE, ERR_FAMFS_CORRUPT, ERR_FAMFS_FENCED
 */
export function reserve(participant: Participant, request: EntryRequest, ticket: number): Reservation {
  const reservation = take(participant, request, ticket);
  failPoint("segment.entry.reserved");
  raiseUsed(participant, reservation.index + 1);
  failPoint("segment.entry.counted");
  try {
    // R8c: after publishing, before this counts.
    participant.checkNotFenced();
  } catch (error) {
    settle(participant, reservation, "given up");
    throw error;
  }
  return reservation;
}

/**
 * Entries may change meanwhile, once for each participant: one that was fenced comes late and takes what was found, or
 * one finishes its structure and ends. Then everything is looked at again.
 */
function take(participant: Participant, request: EntryRequest, ticket: number): Reservation {
  const { directory, index: me, incarnation } = participant;
  for (let tries = 0; tries < participant.memory.layout.participants; tries++) {
    directory.refresh();
    directory.checkReadable();
    failPoint("segment.entry.looked");
    if (!isFree(participant, request.name)) continue;
    const spot = findSpot(participant, request.length);
    const entry = { ...request, ...spot.range, ticket, participant: me, incarnation };
    const reservation = { entry, index: spot.index, use: unpackEntry(spot.word).use + 1 };
    failPoint("segment.entry.found");
    if (write(participant, reservation, spot.word)) return reservation;
    participant.checkNotFenced();
  }
  throw late(participant);
}

/** @returns false where somebody else has the entry by now */
function write(participant: Participant, reservation: Reservation, before: number): boolean {
  const { memory, host } = participant;
  const word = entryWord(memory, host, reservation.index);
  const writing = wordOf(participant, reservation, "writing");
  if (!compareAndSwap(memory.part(host), word, before, writing)) return false;
  failPoint("segment.entry.writing");
  const at = Directory.entries + reservation.index * Directory.entrySize + Entry.record;
  takeOver(memory.part(host), at, Entry.recordSize);
  word.overwrite(wordOf(participant, reservation, "reserved"), at, encodeEntry(reservation.entry));
  return true;
}

function wordOf({ slot, incarnation }: Participant, { use }: Reservation, state: EntryState): number {
  return packEntry({ state, slot, incarnation, use });
}

/** Publishes what became of a reservation; its record stays as it is. */
export function settle(participant: Participant, reservation: Reservation, state: "ready" | "given up"): void {
  const { memory, host } = participant;
  const word = entryWord(memory, host, reservation.index);
  const before = wordOf(participant, reservation, "reserved");
  if (!compareAndSwap(memory.part(host), word, before, wordOf(participant, reservation, state)))
    throw late(participant);
}

/** Somebody else took the entry: that happens to who was fenced, or taken for dead. */
function late(participant: Participant): FamfsError {
  participant.checkNotFenced();
  return new FamfsError(
    "ERR_FAMFS_CORRUPT",
    "an entry of the directory changed under the segment's lock: something else wrote there",
  );
}

/** The count only grows, also where somebody fenced comes late. */
function raiseUsed({ memory, host }: Participant, atLeast: number): void {
  const word = usedWord(memory, host);
  for (let used = word.observe(); used < atLeast; used = word.observe()) {
    if (compareAndSwap(memory.part(host), word, used, atLeast)) return;
  }
}

/**
 * Whether a name can be taken; false where it has to be looked for again.
 * @throws {FamfsError} ERR_FAMFS_EXISTS
 */
function isFree(participant: Participant, name: string): boolean {
  const { memory, directory, liveness } = participant;
  for (const { host, index, word, entry } of directory.all()) {
    if (entry?.name !== name) continue;
    const { state } = unpackEntry(word);
    if (state === "ready") throw nameTaken(memory, entry, true);
    if (state !== "reserved") continue;
    if (!liveness.isKnownDead(entry.participant, entry.incarnation)) throw nameTaken(memory, entry, false);
    // Looked at afterwards: who finished and then ended has finished.
    if (entryWord(memory, host, index).observe() !== word) return false;
  }
  return true;
}

function findSpot(participant: Participant, length: number): Spot {
  const { directory, host } = participant;
  const holders = directory.rangeHolders();
  const holds = new Set(holders);
  const left = directory.all().filter((found) => found.host === host && isLeft(participant, found.word));
  const withRange = left.find((found) => holds.has(found) && (found.entry as DirectoryEntry).length >= length);
  if (withRange?.entry !== undefined) {
    const { index, word, entry } = withRange;
    return { index, word, range: { offset: entry.offset, length: entry.length } };
  }
  const free = directory.free(holders);
  if (free.length < length) throw noSpace(length, free.length);
  const range = { offset: free.offset, length };
  const { index, word } = left.find((found) => !holds.has(found)) ?? findUnused(participant);
  return { index, word, range };
}

/** Behind the entries that are counted there may be some whose makers died before they counted them. */
function findUnused(participant: Participant): Pick<FoundEntry, "index" | "word"> {
  const { memory, directory, host } = participant;
  const { entriesPerHost } = memory.layout;
  for (let index = directory.usedBy(host); index < entriesPerHost; index++) {
    const word = entryWord(memory, host, index).observe();
    if (isLeft(participant, word)) return { index, word };
  }
  throw noEntries(host, entriesPerHost);
}

/** Whether an entry of the own host can be used again: nobody is at it, and nobody will be (R1: other hosts' wait). */
function isLeft({ memory, host, liveness }: Participant, word: number): boolean {
  const { state, slot, incarnation } = unpackEntry(word);
  if (state === "free" || state === "given up") return true;
  const { participantsPerHost } = memory.layout;
  if (state === "ready" || slot >= participantsPerHost) return false;
  return liveness.isKnownDead(host * participantsPerHost + slot, incarnation);
}

function noSpace(needed: number, free: number): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_NO_SPACE",
    `the structure needs ${needed} bytes, the segment has ${free} left; make it smaller, or make a larger segment`,
  );
}

function noEntries(host: number, entries: number): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_NO_SPACE",
    `host ${host} has made ${entries} structures, which is all that its part of the directory has room for; make them on another host, or make a larger segment`,
  );
}
