import { setImmediate as nextTurn } from "node:timers/promises";
import { FamfsError } from "../../errors.js";
import { WRITER_SPACING } from "../../memory/coherence.js";
import { LIMITS } from "../../schema/types.js";
import { bodyOf, type DirectoryEntry } from "../../segment/entry.js";
import { alignUp } from "../../segment/layout.js";
import type { Segment } from "../../segment/segment.js";
import { schemaTextOf } from "../../segment/structure.js";
import { type Entry, type EntryState, lookAtEntries } from "./entries.js";
import type { Shown } from "./kind.js";
import { kindOf } from "./kinds.js";
import { attempt, type Problem } from "./problem.js";

/** A structure, or what is left of one. */
export interface ShownStructure {
  /** In whose part of the directory its entry is, and its index there. */
  readonly host: number;
  readonly entry: number;
  readonly state: EntryState;
  readonly name?: string;
  readonly kind?: string;
  /** Of the kind's layout. */
  readonly version?: number;
  readonly capacity?: number;
  /** In bytes from the start of the file. */
  readonly offset?: number;
  readonly length?: number;
  /** Who made it, of that host. */
  readonly slot?: number;
  readonly incarnation?: number;
  readonly fingerprint?: string;
  readonly schema?: string;
  /** What its kind shows; absent where the kind is not known. */
  readonly shown?: Shown;
  readonly problem?: Problem;
}

/** The structures of a segment. */
interface ShownStructures {
  readonly structures: ShownStructure[];
  /** What keeps others from being seen. */
  readonly problems: Problem[];
  /** Bytes behind the last one, of whatever name. */
  readonly free: number;
}

/** What is shown of structures. */
export interface Selection {
  /** How many elements of an array are shown. */
  readonly limit: number;
  /** Only structures of this name. */
  readonly name: string | undefined;
}

/** A structure that is ready. */
interface Opened {
  readonly schema: string;
  /** Undefined for a kind that is not known. */
  readonly show: (() => Shown) | undefined;
}

/** After so many structures whoever stops the command has a turn. */
const AT_ONCE = 64;

/** Looks at the structures of a segment again and again. What it has opened stays open from look to look. */
export class Structures {
  readonly #segment: Segment;
  readonly #selection: Selection;
  #opened = new Map<string, Opened>();

  constructor(segment: Segment, selection: Selection) {
    this.#segment = segment;
    this.#selection = selection;
  }

  /** All that the directory has, by host and entry. */
  async look(): Promise<ShownStructures> {
    const { entries, problems } = lookAtEntries(this.#segment);
    const { name } = this.#selection;
    const before = this.#opened;
    this.#opened = new Map();
    const structures: ShownStructure[] = [];
    for (const entry of entries) {
      if (name !== undefined && entry.record?.name !== name) continue;
      structures.push(this.#show(entry, before.get(entry.use)));
      if (structures.length % AT_ONCE === 0) await nextTurn();
    }
    return { structures, problems, free: freeBehind(entries, this.#segment) };
  }

  #show({ host, index, state, slot, incarnation, record, use }: Entry, before: Opened | undefined): ShownStructure {
    const place = { host, entry: index, state, ...(slot !== undefined && { slot, incarnation }) };
    if (record === undefined) return place;
    const { name, kind, version, capacity, offset, length } = record;
    const about = { ...place, name, kind, version, capacity, offset, length };
    if (state !== "ready") return about;
    const opened = before ?? attempt(this.#segment, () => this.#open(record));
    if ("problem" in opened) return { ...about, ...opened };
    this.#opened.set(use, opened);
    const { schema, show } = opened;
    const text = schema === "" ? {} : { ...fingerprintOf(record), schema };
    if (show === undefined) return { ...about, ...text };
    return { ...about, ...text, ...attempt(this.#segment, () => ({ shown: show() })) };
  }

  /** A schema is shown also where the rest is damaged. */
  #open(entry: DirectoryEntry): Opened {
    if (entry.schemaLength > LIMITS.text) throw schemaTooLong(entry);
    const schema = schemaTextOf(this.#segment.memory, entry);
    const kind = kindOf(entry.kind);
    if (kind === undefined) return { schema, show: undefined };
    if (kind.version !== entry.version) return { schema, show: throwing(otherVersion(entry, kind.version)) };
    const found = { entry, body: bodyOf(entry) };
    try {
      return { schema, show: kind.open({ segment: this.#segment, found, schema, limit: this.#selection.limit }) };
    } catch (error) {
      if (!(error instanceof FamfsError)) throw error;
      return { schema, show: throwing(error) };
    }
  }
}

function freeBehind(entries: readonly Entry[], { memory: { layout } }: Segment): number {
  let end = layout.dataAt;
  for (const { record } of entries) if (record !== undefined) end = Math.max(end, record.offset + record.length);
  return Math.max(0, layout.byteSize - alignUp(end, WRITER_SPACING));
}

/** The text of a scalar type has none. */
function fingerprintOf({ fingerprint }: DirectoryEntry) {
  return fingerprint === 0n ? {} : { fingerprint: `0x${fingerprint.toString(16).padStart(16, "0")}` };
}

function throwing(error: FamfsError): () => never {
  return () => {
    throw error;
  };
}

function schemaTooLong({ name, schemaLength }: DirectoryEntry): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_CORRUPT",
    `the schema of ${JSON.stringify(name)} has ${schemaLength} bytes, expected at most ${LIMITS.text}: something else wrote there`,
  );
}

function otherVersion({ name, kind, version }: DirectoryEntry, known: number): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_UNSUPPORTED_VERSION",
    `the ${kind} ${JSON.stringify(name)} has layout version ${version}, this release knows ${known}; look with the one that made it`,
  );
}
