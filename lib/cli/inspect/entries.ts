import { FamfsError } from "../../errors.js";
import { type DirectoryEntry, type FoundEntry, readEntry, unpackEntry, usedWord } from "../../segment/entry.js";
import type { Segment } from "../../segment/segment.js";
import { attempt, type Problem } from "./problem.js";

/** What an entry is at; `"superseded"`: another one of its name counts. */
export type EntryState = "ready" | "being made" | "half-made" | "given up" | "superseded" | "damaged";

/** An entry of the directory that is, or was, used. */
export interface Entry {
  /** In whose part of the directory it is, and its index there. */
  readonly host: number;
  readonly index: number;
  readonly state: EntryState;
  /** Who made it; undefined where that cannot be read. */
  readonly slot?: number;
  readonly incarnation?: number;
  /** Undefined where it has no record, or none that can be used. */
  readonly record: DirectoryEntry | undefined;
  /** Differs from use to use of the entry. */
  readonly use: string;
}

/** All entries by host and index, the damaged ones too; and what hides others. */
export function lookAtEntries(segment: Segment): { entries: Entry[]; problems: Problem[] } {
  const found: FoundEntry[] = [];
  const entries: Entry[] = [];
  const problems: Problem[] = [];
  for (let host = 0; host < segment.hosts; host++) {
    const used = attempt(segment, () => usedBy(segment, host));
    if (typeof used !== "number") problems.push(used.problem);
    for (let index = 0; typeof used === "number" && index < used; index++) {
      const one = attempt(segment, () => readEntry(segment.memory, host, index));
      if ("problem" in one) entries.push({ host, index, state: "damaged", record: undefined, use: "" });
      else if (unpackEntry(one.word).state !== "free") found.push(one);
    }
  }
  const current = newest(found);
  for (const one of found) entries.push(describe(segment, one, current));
  return { entries: entries.sort((a, b) => a.host - b.host || a.index - b.index), problems };
}

function usedBy({ memory }: Segment, host: number): number {
  const used = usedWord(memory, host).observe();
  const { entriesPerHost } = memory.layout;
  if (used <= entriesPerHost) return used;
  throw new FamfsError(
    "ERR_FAMFS_CORRUPT",
    `host ${host} has used ${used} entries of the directory, of ${entriesPerHost} that there are: something else wrote there`,
  );
}

/** Of those of one name that are ready, the one that counts: as openers decide. */
function newest(found: readonly FoundEntry[]): Map<string, FoundEntry> {
  const current = new Map<string, FoundEntry>();
  for (const one of found) {
    if (one.entry === undefined || unpackEntry(one.word).state !== "ready") continue;
    const other = current.get(one.entry.name)?.entry;
    if (other === undefined || other.ticket < one.entry.ticket) current.set(one.entry.name, one);
  }
  return current;
}

function describe(segment: Segment, found: FoundEntry, current: ReadonlyMap<string, FoundEntry>): Entry {
  const { host, index, word, entry: record } = found;
  const { slot, incarnation } = unpackEntry(word);
  const place = { host, index, record, use: `${host} ${index} ${word}` };
  if (slot >= segment.participantsPerHost) return { ...place, state: "damaged" };
  return { ...place, slot, incarnation, state: stateOf(segment, found, current) };
}

function stateOf(segment: Segment, found: FoundEntry, current: ReadonlyMap<string, FoundEntry>): EntryState {
  const { host, word, entry } = found;
  const { state, slot, incarnation } = unpackEntry(word);
  if (state === "given up") return state;
  if (state === "ready") {
    if (entry === undefined) return "damaged";
    return current.get(entry.name) === found ? "ready" : "superseded";
  }
  const maker = host * segment.participantsPerHost + slot;
  const dead = attempt(segment, () => segment.liveness.isKnownDead(maker, incarnation));
  return dead === true ? "half-made" : "being made";
}
