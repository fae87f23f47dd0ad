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
  usedWord,
} from "./entry.js";
import { Directory, Entry } from "./layout.js";
import type { Participant } from "./participant.js";
import { nameTaken } from "./structure.js";

/** An entry before it has a place. */
export type EntryRequest = Omit<DirectoryEntry, "offset" | "ticket" | "participant" | "incarnation">;

/** An entry that this participant is making. */
export interface Reservation {
  readonly entry: DirectoryEntry;
  readonly host: number;
  readonly index: number;
  readonly use: number;
}

/** An index in the own host's part, and the range that comes with it. */
interface Spot {
  readonly index: number;
  /** How often the entry will have been used. */
  readonly use: number;
  readonly range: DataRange;
}

/**
 * Takes a name and a range, under the segment's lock. When it returns, nobody else can get either.
 * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NO_SPACE, ERR_FAMFS_CORRUPT, ERR_FAMFS_FENCED
 */
export function reserve(participant: Participant, request: EntryRequest, ticket: number): Reservation {
  const { memory, directory, host, index: me, incarnation } = participant;
  directory.refresh();
  directory.checkReadable();
  refuseTaken(participant, request.name);
  const { index, use, range } = findSpot(participant, request.length);
  const entry = { ...request, ...range, ticket, participant: me, incarnation };
  const at = Directory.entries + index * Directory.entrySize + Entry.record;
  failPoint("segment.entry.found");
  entryWord(memory, host, index).overwrite(packEntry(use, "reserved"), at, encodeEntry(entry));
  failPoint("segment.entry.reserved");
  if (index >= directory.usedBy(host)) usedWord(memory, host).publish(index + 1, 0, 0);
  failPoint("segment.entry.counted");
  const reservation = { entry, host, index, use };
  try {
    // R8c: after publishing, before this counts.
    participant.checkNotFenced();
  } catch (error) {
    settle(participant, reservation, "given up");
    throw error;
  }
  return reservation;
}

/** Publishes what became of a reservation; its record stays as it is. */
export function settle({ memory }: Participant, { host, index, use }: Reservation, state: EntryState): void {
  entryWord(memory, host, index).publish(packEntry(use, state), 0, 0);
}

function refuseTaken(participant: Participant, name: string): void {
  const { memory, directory } = participant;
  for (const { state, entry } of directory.all()) {
    if (entry?.name !== name) continue;
    if (state === "ready") throw nameTaken(memory, entry, true);
    if (state === "reserved" && !isDead(participant, entry)) throw nameTaken(memory, entry, false);
  }
}

function isDead({ liveness }: Participant, { participant, incarnation }: DirectoryEntry): boolean {
  return liveness.isKnownDead(participant, incarnation);
}

function findSpot(participant: Participant, length: number): Spot {
  const { memory, directory, host } = participant;
  const holders = directory.rangeHolders();
  const holds = new Set(holders);
  const left = directory.all().filter((found) => found.host === host && isLeft(participant, found));
  const withRange = left.find((found) => holds.has(found) && (found.entry as DirectoryEntry).length >= length);
  if (withRange?.entry !== undefined) {
    const { index, use, entry } = withRange;
    return { index, use: use + 1, range: { offset: entry.offset, length: entry.length } };
  }
  const free = directory.free(holders);
  if (free.length < length) throw noSpace(length, free.length);
  const range = { offset: free.offset, length };
  const without = left.find((found) => !holds.has(found));
  if (without !== undefined) return { index: without.index, use: nextUse(participant, without), range };
  const index = directory.usedBy(host);
  if (index >= memory.layout.entriesPerHost) throw noEntries(host, index);
  const word = entryWord(memory, host, index).observe();
  return { index, use: Math.floor(word / 8) + 1, range };
}

/** Whether an entry of the own host can be used again: nobody is at it, and nobody will be (R1: other hosts' wait). */
function isLeft(participant: Participant, { state, entry }: FoundEntry): boolean {
  if (state === "given up" || state === "free") return true;
  if (state === "reserved") return isDead(participant, entry as DirectoryEntry);
  return state === "unreadable" && participant.isAloneAtWork();
}

function nextUse({ memory, host }: Participant, { index }: FoundEntry): number {
  return Math.floor(entryWord(memory, host, index).observe() / 8) + 1;
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
