import { integer, options, string, wrongType } from "../guards.js";
import type { Mapping } from "../memory/mapping.js";
import { ScalarType } from "../schema/scalars.js";
import { Schema } from "../schema/struct.js";
import { createStructure } from "../segment/create-structure.js";
import type { Participant } from "../segment/participant.js";
import { type PatienceOptions, settlePatience } from "../segment/patience.js";
import type { Segment } from "../segment/segment.js";
import { type OpenStructure, openStructure } from "../segment/structure.js";
import { checkParticipant, corrupt, textOf } from "./checks.js";

/** Options of {@link SharedArray.open}. */
export interface OpenArrayOptions<E> {
  /** The schema or scalar type of the elements. */
  element: E;
}

/** Options of {@link SharedArray.create}. */
export interface CreateArrayOptions<E> extends OpenArrayOptions<E>, PatienceOptions {
  /** The number of elements, from 1. */
  length: number;
}

/** The kind and version that an entry names. */
export const ARRAY = { kind: "array", version: 1 } as const;

/** An array that is an entry of a segment: one element after the other, from the start of its body. */
interface FoundArray {
  readonly memory: Mapping;
  readonly found: OpenStructure;
}

/** {@link SharedArray.create}, up to the entry. */
export async function createArray(
  participant: Participant,
  name: string,
  opts: CreateArrayOptions<Schema | ScalarType>,
): Promise<FoundArray> {
  checkParticipant(participant);
  const given = options("SharedArray.create", opts, ["element", "length", "timeout", "signal"]);
  const element = checkElement(given.element);
  const length = integer("length", given.length, 1, Math.floor(Number.MAX_SAFE_INTEGER / element.size));
  const array = {
    ...ARRAY,
    name: string("name", name),
    schema: textOf(element),
    capacity: length,
    options: new Uint8Array(0),
    size: length * element.size,
    initialise: () => undefined,
  };
  const found = await createStructure(participant, array, settlePatience(given));
  return { memory: participant.memory.mapping, found };
}

/** {@link SharedArray.open}, up to the entry. */
export function openArray(
  source: Segment | Participant,
  name: string,
  opts: OpenArrayOptions<Schema | ScalarType>,
): FoundArray {
  const element = checkElement(options("SharedArray.open", opts, ["element"]).element);
  const found = openStructure(source, name, ARRAY, textOf(element));
  if (found.entry.capacity * element.size <= found.body.length) return { memory: source.memory.mapping, found };
  const { entry, body } = found;
  throw corrupt(`the array ${JSON.stringify(name)}`, `${entry.capacity} elements and ${body.length} bytes`);
}

function checkElement(element: unknown): Schema | ScalarType {
  if (element instanceof Schema || element instanceof ScalarType) return element;
  throw wrongType("element", "a schema or a scalar type", element);
}
