import { FamfsError } from "../errors.js";
import { WRITER_SPACING } from "../memory/coherence.js";
import {
  type DirectoryEntry,
  type EntryState,
  entriesNamed,
  type FoundEntry,
  readEntry,
  unpackEntry,
  usedWord,
} from "./entry.js";
import { alignUp } from "./layout.js";
import type { SegmentMemory } from "./memory.js";

/** A host's part of the directory, as far as it was read. */
interface KnownPart {
  readonly entries: FoundEntry[];
  /** Indexes of entries that may still change. */
  readonly open: Set<number>;
}

/** A range of bytes of the segment. */
export interface DataRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * Which structures there are. What is ready never changes again, so it is read once; looking a name up that is known
 * costs no access to shared memory.
 */
export class SegmentDirectory {
  readonly #memory: SegmentMemory;
  readonly #parts: KnownPart[];
  readonly #ready = new Map<string, DirectoryEntry>();
  readonly #seen = new Set<string>();

  constructor(memory: SegmentMemory) {
    this.#memory = memory;
    this.#parts = Array.from({ length: memory.layout.hosts }, () => ({ entries: [], open: new Set<number>() }));
  }

  /**
   * A structure that is ready.
   * @throws {FamfsError} ERR_FAMFS_CORRUPT where it is not found and an entry cannot be read
   */
  find(name: string): DirectoryEntry | undefined {
    if (!this.#ready.has(name)) this.#search(name);
    if (!this.#ready.has(name)) {
      this.refresh();
      if (!this.#ready.has(name)) this.checkReadable();
    }
    return this.#ready.get(name);
  }

  /** Reads only what has this name: a segment may have thousands of structures, of which a program opens a few. */
  #search(name: string): void {
    for (let host = 0; host < this.#memory.layout.hosts; host++) {
      for (const index of entriesNamed(this.#memory, host, name)) {
        const { word, entry } = readEntry(this.#memory, host, index);
        if (entry?.name === name && stateOf(word) === "ready") this.#keep(entry);
      }
    }
  }

  /** True once for each name. */
  isFirstLook(name: string): boolean {
    return this.#seen.size < this.#seen.add(name).size;
  }

  /** All structures that are ready, by name. @throws {FamfsError} ERR_FAMFS_CORRUPT */
  ready(): DirectoryEntry[] {
    this.refresh();
    this.checkReadable();
    return [...this.#ready.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** An entry of this name that is being made, or was left half-made: the newest. */
  unfinished(name: string): FoundEntry | undefined {
    const ofName = this.all().filter(({ word, entry }) => stateOf(word) === "reserved" && entry?.name === name);
    return ofName.sort(newestFirst)[0];
  }

  /** Everything that was read last, by host and index. */
  all(): FoundEntry[] {
    return this.#parts.flatMap(({ entries }) => entries);
  }

  /** How many entries of a host's part were read last. */
  usedBy(host: number): number {
    return (this.#parts[host] as KnownPart).entries.length;
  }

  /** Reads what is new. @throws {FamfsError} ERR_FAMFS_CORRUPT where a part's count is too high */
  refresh(): void {
    this.#parts.forEach((part, host) => {
      const used = this.#observeUsed(host);
      for (let index = part.entries.length; index < used; index++) part.open.add(index);
      for (const index of part.open) {
        const found = readEntry(this.#memory, host, index);
        part.entries[index] = found;
        if (found.entry === undefined || stateOf(found.word) !== "ready") continue;
        part.open.delete(index);
        this.#keep(found.entry);
      }
    });
  }

  #observeUsed(host: number): number {
    const used = usedWord(this.#memory, host).observe();
    const { entriesPerHost } = this.#memory.layout;
    if (used <= entriesPerHost) return used;
    throw new FamfsError(
      "ERR_FAMFS_CORRUPT",
      `host ${host} has used ${used} entries of the directory, of ${entriesPerHost} that there are: something else wrote there`,
    );
  }

  #keep(entry: DirectoryEntry): void {
    const other = this.#ready.get(entry.name);
    if (other === undefined || other.ticket < entry.ticket) this.#ready.set(entry.name, entry);
  }

  /**
   * A half-written entry is skipped; a damaged one would hide a structure.
   * @throws {FamfsError} ERR_FAMFS_CORRUPT
   */
  checkReadable(): void {
    for (const { host, index, word, entry } of this.#unfinished()) {
      if (entry !== undefined || stateOf(word) !== "ready") continue;
      throw new FamfsError(
        "ERR_FAMFS_CORRUPT",
        `entry ${index} of host ${host} says that it is ready, and its checksum or contents are wrong: something else wrote there`,
      );
    }
  }

  #unfinished(): FoundEntry[] {
    return this.#parts.flatMap(({ entries, open }) => [...open].map((index) => entries[index] as FoundEntry));
  }

  /**
   * Which entries keep their ranges: of two in each other's way, the one with the higher ticket. The other one was
   * written late by somebody who had been fenced.
   * @throws {FamfsError} ERR_FAMFS_CORRUPT where more are in each other's way than there can be
   */
  rangeHolders(): FoundEntry[] {
    const withRange = this.all().filter(({ entry }) => entry !== undefined);
    return clusters(withRange).flatMap((cluster) => (cluster.length === 1 ? cluster : highestTickets(cluster)));
  }

  /** The space behind all ranges that are taken. */
  free(holders: readonly FoundEntry[]): DataRange {
    const { dataAt, byteSize } = this.#memory.layout;
    const end = holders.reduce(
      (most, { entry }) => Math.max(most, (entry?.offset ?? 0) + (entry?.length ?? 0)),
      dataAt,
    );
    const offset = alignUp(end, WRITER_SPACING);
    return { offset, length: Math.max(0, byteSize - (byteSize % WRITER_SPACING) - offset) };
  }
}

function stateOf(word: number): EntryState {
  return unpackEntry(word).state;
}

/** Late entries in one place are as many as participants were fenced there: not many. */
const MOST_IN_CLUSTER = 1000;

/** Entries in groups: those of different groups are not in each other's way. */
function clusters(entries: readonly FoundEntry[]): FoundEntry[][] {
  const byOffset = [...entries].sort((a, b) => (a.entry?.offset ?? 0) - (b.entry?.offset ?? 0));
  const found: FoundEntry[][] = [];
  let end = -1;
  for (const one of byOffset) {
    const { offset, length } = one.entry as DirectoryEntry;
    if (offset >= end) found.push([one]);
    else found.at(-1)?.push(one);
    end = Math.max(end, offset + length);
  }
  return found;
}

function highestTickets(cluster: FoundEntry[]): FoundEntry[] {
  if (cluster.length > MOST_IN_CLUSTER) {
    throw new FamfsError(
      "ERR_FAMFS_CORRUPT",
      `${cluster.length} entries of the directory overlap each other: something else wrote there`,
    );
  }
  const holders: FoundEntry[] = [];
  for (const found of cluster.sort(newestFirst)) {
    if (!holders.some(({ entry }) => overlap(entry as DirectoryEntry, found.entry as DirectoryEntry)))
      holders.push(found);
  }
  return holders;
}

function newestFirst(a: FoundEntry, b: FoundEntry): number {
  const [first, second] = [a.entry as DirectoryEntry, b.entry as DirectoryEntry];
  return second.ticket - first.ticket || second.participant - first.participant;
}

function overlap(a: DataRange, b: DataRange): boolean {
  return a.offset < b.offset + b.length && b.offset < a.offset + a.length;
}
