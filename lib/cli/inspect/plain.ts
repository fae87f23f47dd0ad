import { readScalar, type ScalarType } from "../../schema/scalars.js";
import type { BitsType, FieldType } from "../../schema/types.js";
import { readUtf8 } from "../../schema/utf8.js";

/** What JSON can say. */
export type Plain = boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain };

/** A longer text is cut. */
const LONGEST_TEXT = 1024;

/** Of arrays in arrays, so many elements for each that an array may have. */
const ELEMENTS = 64;

/**
 * Values of schemas as JSON can say them, of private bytes that may hold anything: 64-bit integers, and what is no
 * finite number, become text; bytes become hexadecimal digits; what is longer than it may be becomes
 * `{ length, first }`.
 */
export class Plainer {
  readonly #limit: number;
  /** How many elements of arrays there may be yet, so that arrays in arrays have an end. */
  #left: number;

  /** @param limit how many elements of an array are shown */
  constructor(limit: number) {
    this.#limit = limit;
    this.#left = limit * ELEMENTS;
  }

  /** The value of a type at an offset. */
  value(type: FieldType, data: DataView, at: number): Plain {
    switch (type.kind) {
      case "struct":
        return Object.fromEntries(
          type.fields.map(({ name, type, offset }) => [name, this.value(type, data, at + offset)]),
        );
      case "array":
      case "vector":
        return this.elements(type.element, type.length, data, at);
      case "bits":
        return flagsOf(type, data, at);
      case "bytes":
        return this.#bytes(data, at, type.size);
      case "utf8":
        return this.#text(data, at, type.size);
      default:
        return scalar(type, data, at);
    }
  }

  /** As many elements as there may be, of those that begin at an offset. */
  elements(type: FieldType, length: number, data: DataView, at: number): Plain {
    const count = Math.min(length, this.#limit, this.#left);
    this.#left -= count;
    const first = Array.from({ length: count }, (_, i) => this.value(type, data, at + i * type.size));
    return cut(first, length);
  }

  #bytes(data: DataView, at: number, size: number): Plain {
    const shown = Math.min(size, this.#limit);
    const hex = Buffer.from(data.buffer, data.byteOffset + at, shown).toString("hex");
    return shown === size ? hex : { length: size, first: hex };
  }

  #text(data: DataView, at: number, size: number): Plain {
    const text = readUtf8(data, at, size);
    if (text === undefined) return { notUtf8: this.#bytes(data, at, size) };
    return text.length <= LONGEST_TEXT ? text : { length: text.length, first: text.slice(0, LONGEST_TEXT) };
  }
}

/** The first ones of `length` values, which says itself if there are more. */
export function cut(first: readonly Plain[], length: number): Plain {
  return first.length === length ? first : { length, first };
}

/** A number as JSON can say it: exactly, or as text. */
export function plainNumber(value: number | bigint): number | string {
  return typeof value === "number" && Number.isFinite(value) ? value : String(value);
}

function scalar({ kind }: ScalarType, data: DataView, at: number): Plain {
  const value = readScalar(data, at, kind);
  if (typeof value === "boolean") return value;
  // Beyond what its type allows, so no writer of this library stored it.
  if (value === undefined)
    return String(kind === "i64Number" ? data.getBigInt64(at, true) : data.getBigUint64(at, true));
  return plainNumber(value);
}

function flagsOf({ flags, size }: BitsType, data: DataView, at: number): Plain {
  const word = size === 1 ? data.getUint8(at) : size === 2 ? data.getUint16(at, true) : data.getUint32(at, true);
  return Object.fromEntries(flags.map((flag, i) => [flag, Math.floor(word / 2 ** i) % 2 === 1]));
}
