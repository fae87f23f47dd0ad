import { FamfsError } from "../../errors.js";
import { parseSchema } from "../../schema/parse.js";
import { SCALAR_TYPES, type ScalarKind, type ScalarType } from "../../schema/scalars.js";
import type { Schema } from "../../schema/struct.js";
import { unpackRole } from "../../segment/role.js";
import type { Segment } from "../../segment/segment.js";
import type { OpenStructure } from "../../segment/structure.js";
import type { Plain } from "./plain.js";

/** A structure to be shown. */
export interface Specimen {
  readonly segment: Segment;
  readonly found: OpenStructure;
  /** The text of its schema, as it lies in the segment; empty where it has none. */
  readonly schema: string;
  /** How many elements of an array are shown. */
  readonly limit: number;
}

/** What is shown of a structure, by the words that stand before it. */
export type Shown = Readonly<Record<string, Plain | undefined>>;

/** How structures of a kind are shown. */
export interface Kind {
  readonly kind: string;
  /** Of its layout. */
  readonly version: number;
  /**
   * Prepares to show one: what it returns is called at each look.
   * @throws {FamfsError} where it is damaged, as what is returned does
   */
  open(specimen: Specimen): () => Shown;
}

/** Who has a role, from its word: absent where nobody has; `ended` where its holder has, so that the next may take it. */
export function holderOf({ memory, liveness }: Segment, host: number, word: number): Plain | undefined {
  const role = unpackRole(word);
  if (role === undefined) return undefined;
  const { participantsPerHost, hosts } = memory.layout;
  if (role.slot >= participantsPerHost || host >= hosts) {
    throw new FamfsError(
      "ERR_FAMFS_CORRUPT",
      `a role is bound to host ${host} and held by its slot ${role.slot}: something else wrote there`,
    );
  }
  const ended = liveness.isKnownDead(host * participantsPerHost + role.slot, role.incarnation);
  return { ...role, ...(ended && { ended }) };
}

/** Private copies have at most this many bytes. */
const MOST_BYTES = 64 << 20;

/** The type of elements, from the text that their structure keeps. @throws {FamfsError} ERR_FAMFS_SCHEMA_TEXT */
export function elementOf(text: string): Schema | ScalarType {
  return Object.hasOwn(SCALAR_TYPES, text) ? SCALAR_TYPES[text as ScalarKind] : parseSchema(text);
}

/** @throws {FamfsError} ERR_FAMFS_OUT_OF_RANGE where a value is too large to be shown */
export function checkSize(bytes: number): void {
  if (bytes <= MOST_BYTES) return;
  throw new FamfsError(
    "ERR_FAMFS_OUT_OF_RANGE",
    `a value has ${bytes} bytes, this command shows up to ${MOST_BYTES}; read it with a program`,
  );
}
