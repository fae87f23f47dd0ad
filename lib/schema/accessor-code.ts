import { fail } from "./fail.js";
import type { RawView } from "./raw-view.js";
import { F32_LIMIT, SCALARS, type ScalarKind, type ScalarType } from "./scalars.js";
import type { Field, FieldType, Utf8Type } from "./types.js";

/* The text of accessors, for generate.ts, with the same results as those of access.ts. */

/** For each kind, the condition under which a value is taken; `typeof` first, because operators refuse BigInts. */
const TAKEN: { readonly [K in ScalarKind]: string } = {
  i8: 'typeof value === "number" && value << 24 >> 24 === value',
  u8: 'typeof value === "number" && (value & 255) === value',
  i16: 'typeof value === "number" && value << 16 >> 16 === value',
  u16: 'typeof value === "number" && (value & 65535) === value',
  i32: 'typeof value === "number" && (value | 0) === value',
  u32: 'typeof value === "number" && value >>> 0 === value',
  i64: 'typeof value === "bigint" && BigInt.asIntN(64, value) === value',
  u64: 'typeof value === "bigint" && BigInt.asUintN(64, value) === value',
  f32: `typeof value === "number" && (value > -${F32_LIMIT} && value < ${F32_LIMIT} || value - value !== 0)`,
  f64: 'typeof value === "number"',
  bool: 'typeof value === "boolean"',
  i64Number: "Number.isSafeInteger(value)",
  u64Number: "Number.isSafeInteger(value) && value >= 0",
};

const SAFE_HIGH = {
  i64Number: "high < -0x200000 || high > 0x1fffff || (high === -0x200000 && low === 0)",
  u64Number: "high > 0x1fffff",
};

/** The arrays of {@link ViewMemory} that accessors of a kind can use: BigInts use none, wide numbers are read in halves. */
const ARRAYS: { readonly [K in ScalarKind]: readonly string[] } = {
  i8: ["i8"],
  u8: ["u8"],
  i16: ["i16"],
  u16: ["u16"],
  i32: ["i32"],
  u32: ["u32"],
  i64: [],
  u64: [],
  f32: ["f32"],
  f64: ["f64"],
  bool: ["u8"],
  i64Number: ["u32", "i32"],
  u64Number: ["u32"],
};

function arraysOf({ kind }: FieldType): readonly string[] {
  return ARRAYS[kind as ScalarKind] ?? [];
}

/** An array costs each view as much as it saves in so many accesses. */
const WORTH = 4;

/** The arrays that views of a struct have: those that several fields use. */
export function sharedArrays(fields: readonly Field[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { type } of fields) for (const name of arraysOf(type)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return new Set([...counts.keys()].filter((name) => (counts.get(name) as number) >= WORTH));
}

/** Where a value is: expressions for its offset and for the field name or index, and the arrays that the view has. */
export interface Place {
  readonly at: string;
  readonly label: string;
  readonly arrays: ReadonlySet<string>;
}

function hasArrays(type: ScalarType, { arrays }: Place): boolean {
  const names = arraysOf(type);
  return names.length > 0 && names.every((name) => arrays.has(name));
}

/** The number of an element, in an array with elements of this size. */
function elementAt({ at }: Place, size: number): string {
  return size === 1 ? at : `(${at}) >>> ${Math.log2(size)}`;
}

/** The body of a getter. */
export function readCode(type: ScalarType | Utf8Type, place: Place): string {
  const { at, label } = place;
  if (type.kind === "utf8") {
    return `const text = readUtf8(this._data, ${at}, ${type.size});
      if (text === undefined) throw failText(this, ${label});
      return text;`;
  }
  const { kind } = type;
  const elements = hasArrays(type, place);
  if (kind === "i64Number" || kind === "u64Number") {
    const [array, access] = kind === "i64Number" ? ["i32", "Int32"] : ["u32", "Uint32"];
    const word = elementAt(place, 4);
    const [low, high] = elements
      ? [`this._u32[${word}] ?? this._gone`, `this._${array}[(${word}) + 1]`]
      : [`this._data.getUint32(${at}, true)`, `this._data.get${access}(${at} + 4, true)`];
    return `const low = ${low}; const high = ${high};
      if (${SAFE_HIGH[kind]}) throw failUnsafe(this, ${label});
      return high * 4294967296 + low;`;
  }
  const { access, size } = SCALARS[kind];
  const value = elements
    ? `this._${ARRAYS[kind][0]}[${elementAt(place, size)}] ?? this._gone`
    : `this._data.get${access}(${at}, true)`;
  return kind === "bool" ? `return (${value}) !== 0;` : `return ${value};`;
}

/**
 * The DataView method that writes a kind. Signed integers go through the unsigned method, which stores the same bytes: on
 * Node 24 the signed ones take up to ten times as long.
 */
function setter(kind: ScalarKind): string {
  return kind === "i8" || kind === "i16" || kind === "i32"
    ? SCALARS[kind].access.replace("I", "Ui")
    : SCALARS[kind].access;
}

/** The body of a setter. */
export function writeCode(type: ScalarType | Utf8Type, place: Place): string {
  const { at, label } = place;
  if (type.kind === "utf8") {
    return `if (!writeUtf8(this._data, ${at}, ${type.size}, value)) throw fail(this, ${label}, value);`;
  }
  const { kind } = type;
  if (hasArrays(type, place)) return writeElements(kind, place);
  const check = `if (!(${TAKEN[kind]})) throw fail(this, ${label}, value);`;
  if (kind === "i64Number" || kind === "u64Number") {
    return `${check}
      this._data.setUint32(${at}, value >>> 0, true);
      this._data.setInt32(${at} + 4, Math.floor(value / 4294967296), true);`;
  }
  return `${check}
      this._data.set${setter(kind)}(${at}, ${kind === "bool" ? "value ? 1 : 0" : "value"}, true);`;
}

/** The same where there are arrays. The element is looked at because stores to arrays of closed memory do nothing. */
function writeElements(kind: ScalarKind, place: Place): string {
  const isWide = kind === "i64Number" || kind === "u64Number";
  const size = isWide ? 4 : SCALARS[kind].size;
  const stores = isWide
    ? "{ elements[place] = value >>> 0; elements[place + 1] = Math.floor(value / 4294967296); }"
    : `elements[place] = ${kind === "bool" ? "value ? 1 : 0" : "value"};`;
  return `const elements = this._${ARRAYS[kind][0]}, place = ${elementAt(place, size)};
      if ((${TAKEN[kind]}) && elements[place] !== undefined) ${stores} else refuse(this, ${place.label}, value);`;
}

/** A setter got what it cannot store, or the memory is gone: then an element is undefined, and the DataView throws. */
export function refuse(view: RawView, label: string | number, value: unknown): never {
  view._data.getUint8(0);
  return fail(view, label, value);
}
