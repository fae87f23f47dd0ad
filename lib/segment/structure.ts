import { FamfsError } from "../errors.js";
import { string, wrongType } from "../guards.js";
import { assertSameSchema } from "../schema/compare.js";
import type { StructType } from "../schema/types.js";
import type { DataRange, SegmentDirectory } from "./directory.js";
import { bodyOf, type DirectoryEntry, schemaCrcOf } from "./entry.js";
import { SegmentMemory } from "./memory.js";
import { describeParticipant } from "./participant.js";

/** A segment or a participant: what a structure is opened through. */
export interface StructureSource {
  /** @internal */
  readonly memory: SegmentMemory;
  /** @internal */
  readonly directory: SegmentDirectory;
}

/** As much of a schema as a segment keeps. */
export type SchemaText = Pick<StructType, "text"> & { readonly fingerprint: bigint };

/** Which structures a class opens. */
export interface StructureKind {
  /** Such as `"record"`; at most 24 bytes. */
  readonly kind: string;
  /** Of the layout of its own bytes. */
  readonly version: number;
}

/** A structure that is ready, found in its segment. */
export interface OpenStructure {
  readonly entry: DirectoryEntry;
  /** Its own bytes, in bytes from the start of the segment. */
  readonly body: DataRange;
}

/** For messages: who makes an entry. */
function maker(memory: SegmentMemory, { participant }: DirectoryEntry): string {
  return describeParticipant(memory, participant);
}

/**
 * Finds a structure and checks that it is what the caller expects.
 * @param schema that it must have; undefined where the kind has none
 * @throws {FamfsError} ERR_FAMFS_NOT_FOUND, ERR_FAMFS_KIND_MISMATCH, ERR_FAMFS_UNSUPPORTED_VERSION,
 * ERR_FAMFS_SCHEMA_MISMATCH, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED
 */
export function openStructure(
  source: StructureSource,
  name: string,
  { kind, version }: StructureKind,
  schema: SchemaText | undefined,
): OpenStructure {
  if (!(source?.memory instanceof SegmentMemory)) throw wrongType("source", "a segment or a participant", source);
  string("name", name);
  const { memory, directory } = source;
  const entry = directory.find(name);
  if (entry === undefined) throw notFound(memory, directory, name);
  if (entry.kind !== kind) {
    throw new FamfsError(
      "ERR_FAMFS_KIND_MISMATCH",
      `${JSON.stringify(name)} is a ${entry.kind}, it was opened as a ${kind}; open it as what it is`,
    );
  }
  if (entry.version !== version) {
    throw new FamfsError(
      "ERR_FAMFS_UNSUPPORTED_VERSION",
      `the ${kind} ${JSON.stringify(name)} has layout version ${entry.version}, this library knows ${version}; open it with the library that made it`,
    );
  }
  if (schema !== undefined && !hasSchema(entry, schema)) {
    assertSameSchema(`the ${kind} ${JSON.stringify(name)}`, schema, schemaTextOf(memory, entry));
  }
  const body = bodyOf(entry);
  // R7: what this host's caches have of it may be from before it was made.
  if (directory.isFirstLook(name)) memory.mapping.invalidate(body.offset, body.length, "segment.structure");
  return { entry, body };
}

function hasSchema(entry: DirectoryEntry, schema: SchemaText): boolean {
  const { text, fingerprint } = schema;
  return fingerprint !== 0n && entry.schemaLength === text.length && entry.fingerprint === fingerprint;
}

/**
 * The text of a structure's schema; empty where it has none.
 * @throws {FamfsError} ERR_FAMFS_CORRUPT
 */
export function schemaTextOf({ mapping }: SegmentMemory, entry: DirectoryEntry): string {
  const { offset, schemaLength, schemaCrc, name } = entry;
  if (schemaLength === 0) return "";
  mapping.fetch(offset, schemaLength, "segment.schema");
  const window = mapping.window(offset, schemaLength);
  const bytes = window.bytes().slice();
  window.close();
  if (schemaCrcOf(bytes) === schemaCrc) return Buffer.from(bytes).toString();
  throw new FamfsError(
    "ERR_FAMFS_CORRUPT",
    `the schema of ${JSON.stringify(name)} has a wrong checksum: something else wrote there`,
  );
}

function notFound(memory: SegmentMemory, directory: SegmentDirectory, name: string): FamfsError {
  const unfinished = directory.unfinished(name)?.entry;
  const found =
    unfinished === undefined
      ? "and nobody is making it; create it first"
      : `yet: ${maker(memory, unfinished)} has begun to make it; try again`;
  return new FamfsError("ERR_FAMFS_NOT_FOUND", `the segment has no structure ${JSON.stringify(name)} ${found}`);
}

/** The error for a name that is taken. */
export function nameTaken(memory: SegmentMemory, entry: DirectoryEntry, ready: boolean): FamfsError {
  const state = ready ? "exists" : `is being made by ${maker(memory, entry)}`;
  return new FamfsError(
    "ERR_FAMFS_EXISTS",
    `the ${entry.kind} ${JSON.stringify(entry.name)} ${state}; open it, or choose another name`,
  );
}
