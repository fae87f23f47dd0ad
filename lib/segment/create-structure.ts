import { setImmediate as nextTurn } from "node:timers/promises";
import { integer } from "../guards.js";
import { WRITER_SPACING } from "../memory/coherence.js";
import { failPoint } from "../memory/fail-point.js";
import type { Mapping } from "../memory/mapping.js";
import { bodyOf, type DirectoryEntry, schemaCrcOf } from "./entry.js";
import { alignUp, KIND_SIZE, NAME_SIZE, OPTIONS_SIZE } from "./layout.js";
import type { Participant } from "./participant.js";
import type { Patience } from "./patience.js";
import { type EntryRequest, type Reservation, reserve, settle } from "./reserve.js";
import type { OpenStructure, SchemaText, StructureKind } from "./structure.js";
import { text } from "./text.js";

/** A structure to be made. */
export interface NewStructure extends StructureKind {
  readonly name: string;
  /** What its records are; undefined where they are always the same. */
  readonly schema: SchemaText | undefined;
  /** What its kind counts, such as messages. */
  readonly capacity: number;
  /** Its own numbers, at most 64 bytes: openers find them in the entry. */
  readonly options: Uint8Array;
  /** Of its own bytes. They begin in a line of their own and are zero. */
  readonly size: number;
  /**
   * Fills its own bytes, which nobody else sees yet; plain stores will do.
   * @param body a window over them
   */
  initialise(body: Mapping): void | Promise<void>;
}

/** Zeros are stored in pieces of this many bytes; the event loop goes on in between. */
const PIECE = 1 << 20;

/**
 * Makes a structure in a participant's segment. Nobody ever sees it half-made; of several that make one name, one
 * succeeds.
 * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NO_SPACE, ERR_FAMFS_TIMEOUT, ERR_FAMFS_FENCED, ERR_FAMFS_CLOSED,
 * ERR_FAMFS_CORRUPT, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_ENCODING, what `initialise` throws
 */
export function createStructure(
  participant: Participant,
  structure: NewStructure,
  patience: Patience,
): Promise<OpenStructure> {
  const schemaText = Buffer.from(structure.schema?.text ?? "");
  const request = requestOf(structure, schemaText);
  return participant.during(async () => {
    const reservation = await participant.exclusively(patience, (ticket) => reserve(participant, request, ticket));
    try {
      await fill(participant, reservation.entry, schemaText, structure);
      participant.checkNotFenced();
    } catch (error) {
      giveUp(participant, reservation);
      throw error;
    }
    failPoint("segment.entry.filled");
    settle(participant, reservation, "ready");
    failPoint("segment.entry.ready");
    participant.checkNotFenced();
    return { entry: reservation.entry, body: bodyOf(reservation.entry) };
  });
}

function requestOf(structure: NewStructure, schemaText: Uint8Array): EntryRequest {
  const { version, capacity, options, schema } = structure;
  const name = text("the name of a structure", structure.name, NAME_SIZE);
  if (name === "") integer("the length of a structure's name", 0, 1, NAME_SIZE);
  const size = integer("the size of a structure", structure.size, 1);
  integer("the bytes of a structure's options", options.byteLength, 0, OPTIONS_SIZE);
  return {
    name,
    kind: text("the kind of a structure", structure.kind, KIND_SIZE),
    version,
    capacity: integer("capacity", capacity, 0),
    options,
    schemaLength: schemaText.byteLength,
    schemaCrc: schemaCrcOf(schemaText),
    fingerprint: schema?.fingerprint ?? 0n,
    length: alignUp(schemaText.byteLength, WRITER_SPACING) + alignUp(size, WRITER_SPACING),
  };
}

/**
 * The range may hold anything: another structure that was half-made, or what the memory had before. The swap that makes
 * the entry ready begins with a fence, so all of this reaches memory first.
 */
async function fill(
  participant: Participant,
  entry: DirectoryEntry,
  schemaText: Uint8Array,
  { initialise }: NewStructure,
): Promise<void> {
  const { mapping } = participant.memory;
  const { offset, length } = entry;
  for (let at = 0; at < length; at += PIECE) {
    participant.check();
    const piece = mapping.window(offset + at, Math.min(PIECE, length - at));
    piece.invalidate(0, piece.byteLength, "segment.fill");
    piece.bytes().fill(0);
    if (at < schemaText.byteLength) piece.bytes().set(schemaText.subarray(at, at + PIECE));
    piece.writeBack(0, piece.byteLength, "segment.fill");
    piece.close();
    if (at + PIECE < length) await nextTurn();
  }
  failPoint("segment.entry.zeroed");
  const own = bodyOf(entry);
  const body = mapping.window(own.offset, own.length);
  try {
    await initialise(body);
    body.writeBack(0, body.byteLength, "segment.fill");
  } finally {
    body.close();
  }
}

/** Its place can be used again. Where the memory is gone, nothing can be said any more. */
function giveUp(participant: Participant, reservation: Reservation): void {
  if (!participant.memory.mapping.closed && participant.memory.mapping.failure === undefined)
    settle(participant, reservation, "given up");
}
