/** How one scalar kind lies in memory: its size (which is its alignment), its DataView methods, its range. */
interface ScalarLayout {
  readonly size: 1 | 2 | 4 | 8;
  /** The name that `get…` and `set…` of a DataView end in. */
  readonly access:
    | "Int8"
    | "Uint8"
    | "Int16"
    | "Uint16"
    | "Int32"
    | "Uint32"
    | "BigInt64"
    | "BigUint64"
    | "Float32"
    | "Float64";
  /** What a value must be, for error messages. */
  readonly expected: string;
}

const SAFE = Number.MAX_SAFE_INTEGER;

/** Every scalar kind. `i64Number` and `u64Number` have the bytes of `i64` and `u64`, but are read as safe integers. */
export const SCALARS = {
  i8: { size: 1, access: "Int8", expected: "an integer from -128 to 127" },
  u8: { size: 1, access: "Uint8", expected: "an integer from 0 to 255" },
  i16: { size: 2, access: "Int16", expected: "an integer from -32768 to 32767" },
  u16: { size: 2, access: "Uint16", expected: "an integer from 0 to 65535" },
  i32: { size: 4, access: "Int32", expected: "an integer from -2147483648 to 2147483647" },
  u32: { size: 4, access: "Uint32", expected: "an integer from 0 to 4294967295" },
  i64: { size: 8, access: "BigInt64", expected: "a bigint from -9223372036854775808n to 9223372036854775807n" },
  u64: { size: 8, access: "BigUint64", expected: "a bigint from 0n to 18446744073709551615n" },
  f32: { size: 4, access: "Float32", expected: "a number that a 32-bit float can hold" },
  f64: { size: 8, access: "Float64", expected: "a number" },
  bool: { size: 1, access: "Uint8", expected: "true or false" },
  i64Number: { size: 8, access: "BigInt64", expected: `an integer from -${SAFE} to ${SAFE}` },
  u64Number: { size: 8, access: "BigUint64", expected: `an integer from 0 to ${SAFE}` },
} as const satisfies Record<string, ScalarLayout>;

/** The name of a scalar type, as it stands in a schema's text. */
export type ScalarKind = keyof typeof SCALARS;

/** The JavaScript value of a scalar kind. */
export type ScalarValue<K extends ScalarKind> = K extends "i64" | "u64" ? bigint : K extends "bool" ? boolean : number;

/** A scalar type of a schema, such as {@link u32}. There is one object per kind. */
export class ScalarType<K extends ScalarKind = ScalarKind> {
  readonly kind: K;
  /** Bytes. */
  readonly size: 1 | 2 | 4 | 8;
  /** Bytes; the same as the size, as in C. */
  readonly align: 1 | 2 | 4 | 8;

  /** @internal */
  constructor(kind: K) {
    this.kind = kind;
    this.size = SCALARS[kind].size;
    this.align = this.size;
    Object.freeze(this);
  }
}

/** An 8-bit signed integer. */
export const i8 = new ScalarType("i8");
/** An 8-bit unsigned integer. */
export const u8 = new ScalarType("u8");
/** A 16-bit signed integer. */
export const i16 = new ScalarType("i16");
/** A 16-bit unsigned integer. */
export const u16 = new ScalarType("u16");
/** A 32-bit signed integer. */
export const i32 = new ScalarType("i32");
/** A 32-bit unsigned integer. */
export const u32 = new ScalarType("u32");
/** A 64-bit signed integer, a `bigint` in JavaScript. */
export const i64 = new ScalarType("i64");
/** A 64-bit unsigned integer, a `bigint` in JavaScript. */
export const u64 = new ScalarType("u64");
/** A 32-bit float. A finite number that would become infinite is refused; others are rounded to the nearest float. */
export const f32 = new ScalarType("f32");
/** A 64-bit float. */
export const f64 = new ScalarType("f64");
/** A boolean in one byte: 0 or 1 is written, every other value than 0 is read as true. */
export const bool = new ScalarType("bool");
/** A 64-bit signed integer, a `number` in JavaScript: values beyond ±(2^53 - 1) are an error in both directions. */
export const i64Number = new ScalarType("i64Number");
/** A 64-bit unsigned integer, a `number` in JavaScript: values beyond 2^53 - 1 are an error in both directions. */
export const u64Number = new ScalarType("u64Number");

/** All scalar types by name. */
export const SCALAR_TYPES: { readonly [K in ScalarKind]: ScalarType<K> } = Object.freeze({
  i8,
  u8,
  i16,
  u16,
  i32,
  u32,
  i64,
  u64,
  f32,
  f64,
  bool,
  i64Number,
  u64Number,
});

/** The typed array of every scalar kind that has one; `bool`, `i64Number` and `u64Number` have none. */
export const TYPED_ARRAYS = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;

/** The scalar kinds that have a typed array, and so can be the elements of a vector. */
export type VectorKind = keyof typeof TYPED_ARRAYS;

/** The typed array of a scalar kind. */
export type TypedArrayOf<K extends VectorKind> = InstanceType<(typeof TYPED_ARRAYS)[K]>;

/** Whether a kind has a typed array. */
export function isVectorKind(kind: string): kind is VectorKind {
  return Object.hasOwn(TYPED_ARRAYS, kind);
}

/** From here on a finite number rounds to an infinite 32-bit float. */
export const F32_LIMIT = 2 ** 128 - 2 ** 103;

/** Whether a value may be written as a scalar of this kind. */
export function accepts(kind: ScalarKind, value: unknown): boolean {
  if (kind === "bool") return typeof value === "boolean";
  if (kind === "i64") return typeof value === "bigint" && BigInt.asIntN(64, value) === value;
  if (kind === "u64") return typeof value === "bigint" && BigInt.asUintN(64, value) === value;
  if (typeof value !== "number") return false;
  if (kind === "f64") return true;
  if (kind === "f32") return !Number.isFinite(value) || (value > -F32_LIMIT && value < F32_LIMIT);
  if (kind === "i64Number") return Number.isSafeInteger(value);
  if (kind === "u64Number") return Number.isSafeInteger(value) && value >= 0;
  const signed = kind.startsWith("i");
  const span = 2 ** (8 * SCALARS[kind].size);
  const min = signed ? -span / 2 : 0;
  return Number.isInteger(value) && value >= min && value < min + span;
}

/** Reads a scalar whose kind is known only now; undefined for a 64-bit integer that a number cannot hold. */
export function readScalar(data: DataView, at: number, kind: ScalarKind): number | bigint | boolean | undefined {
  if (kind === "bool") return data.getUint8(at) !== 0;
  const value = data[`get${SCALARS[kind].access}`](at, true);
  if (kind !== "i64Number" && kind !== "u64Number") return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
}

/** Writes a scalar, which `accepts` must have accepted, whose kind is known only now. */
export function writeScalar(data: DataView, at: number, kind: ScalarKind, value: unknown): void {
  const wide = SCALARS[kind].size === 8 && kind !== "f64";
  const set = data[`set${SCALARS[kind].access}`] as (at: number, value: unknown, littleEndian: boolean) => void;
  set.call(data, at, wide ? BigInt(value as number) : Number(value), true);
}
