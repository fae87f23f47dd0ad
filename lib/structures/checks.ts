import { FamfsError } from "../errors.js";
import { wrongType } from "../guards.js";
import { ScalarType } from "../schema/scalars.js";
import type { Schema } from "../schema/struct.js";
import { Participant } from "../segment/participant.js";
import type { SchemaText } from "../segment/structure.js";

/*
 * What the structures check and refuse alike.
 */

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE */
export function checkParticipant(participant: unknown): Participant {
  if (participant instanceof Participant) return participant;
  throw wrongType("participant", "a participant, from join()", participant);
}

/** The participant that a structure was opened through; undefined where that was a segment. */
export function participantOf(source: unknown): Participant | undefined {
  return source instanceof Participant ? source : undefined;
}

/**
 * The error for storing to a structure that was opened through its segment.
 * @param what such as `the record "prices"`
 * @param reading what a segment is enough for, such as `read` in "can only be read"
 * @param storing what it is not, such as `write`
 */
export function noParticipant(what: string, reading: string, storing: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_PERMISSION",
    `through a segment ${what} can only be ${reading}; join() and open through the participant to ${storing}`,
  );
}

/**
 * The error for an entry or a body that no creator of this library leaves behind.
 * @param what such as `the record "prices"`
 */
export function corrupt(what: string, found: string): FamfsError {
  return new FamfsError(
    "ERR_FAMFS_CORRUPT",
    `${what} has ${found}, which no program of this library stores: something else wrote there`,
  );
}

/** What an entry says of its elements: the text of a schema, or the kind of a scalar, which is no schema's text. */
export function textOf(element: Schema | ScalarType): SchemaText {
  return element instanceof ScalarType ? { text: element.kind, fingerprint: 0n } : element;
}
