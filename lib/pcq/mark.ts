import type { CommitWord } from "../memory/commit-word.js";
import { CONSUMER, type Geometry, PRODUCER } from "./layout.js";
import { corrupt, type Files, type Role } from "./mapped.js";

/** Where an end stands. */
export interface Mark {
  /** Of the bucket that it fills or empties next. */
  readonly index: number;
  /** Of the message that it puts or takes next: how many there were before. */
  readonly nextNumber: number;
}

/** Where the fields of a role are, in its own file. */
export function fieldsOf(role: Role) {
  return role === "producer" ? PRODUCER : CONSUMER;
}

/** The word that a role moves. */
export function indexWord(files: Files, role: Role): CommitWord {
  return files[role].commitWord(fieldsOf(role).index, { bits: 64, site: `pcq.${role}-index` });
}

/** An index as it is in memory now. @throws {FamfsError} ERR_FAMFS_CORRUPT where there is no such bucket */
export function observeIndex(word: CommitWord, files: Files, { buckets }: Geometry): number {
  const found = word.observe();
  if (found < buckets) return found;
  throw corrupt(files, `the index at offset ${word.offset} must be below ${buckets}, found ${found}`);
}

/**
 * Where an end stands by its file. famfs's own program never writes the number back, so on another host it may be old;
 * and an end that was stopped between number and index has it too high by what it had under way.
 * @throws {FamfsError} ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED, ERR_FAMFS_MEMORY_FAILURE
 */
export function observeMark(files: Files, geometry: Geometry, role: Role): Mark {
  const index = observeIndex(indexWord(files, role), files, geometry);
  const { nextNumber } = fieldsOf(role);
  files[role].fetch(nextNumber, 8, "pcq.next-number");
  return { index, nextNumber: Number(files[role].window(nextNumber, 8).view(DataView).getBigUint64(0, true)) };
}

/** R1: an end that begins to store to its mark, which had another writer, drops its host's old copies of these lines. */
export function takeOverMark(files: Files, role: Role): void {
  const { index, nextNumber } = fieldsOf(role);
  for (const offset of [index, nextNumber]) files[role].invalidate(offset, 8, `pcq.${role}-index`);
}
