import { FamfsError } from "../errors.js";
import { show } from "../guards.js";
import { isVectorKind, ScalarType, type VectorKind } from "./scalars.js";

/** What a schema may be at most; a text beyond them is refused as well, so that hostile text costs little. */
export const LIMITS = {
  /** Characters of the canonical text. */
  text: 65_536,
  /** Levels of structs and arrays in each other. */
  depth: 16,
  /** Fields of a struct, those of nested structs included. */
  fields: 1024,
  /** Bytes of a struct, and of each of its fields. */
  size: 2 ** 30,
  /** Bytes that a struct can be aligned to. */
  align: 4096,
  /** Flags of one `bits` field. */
  flags: 32,
  /** Characters of a name. */
  name: 63,
} as const;

/** The error for a schema that cannot be. */
export function invalidSchema(message: string): FamfsError {
  return new FamfsError("ERR_FAMFS_INVALID_SCHEMA", message);
}

/** Names that a view has for itself, or that would make an object behave strangely. */
const RESERVED = new Set([
  "moveTo",
  "viewAt",
  "byteOffset",
  "set",
  "assign",
  "toObject",
  "constructor",
  "hasOwnProperty",
  "isPrototypeOf",
  "propertyIsEnumerable",
  "then",
  "toJSON",
  "toLocaleString",
  "toString",
  "valueOf",
]);

/** Checks the name of a field or flag. @throws {FamfsError} ERR_FAMFS_INVALID_SCHEMA */
export function checkName(what: string, name: unknown): string {
  if (typeof name !== "string" || name.length > LIMITS.name || !/^[A-Za-z](?:\w*[A-Za-z0-9])?$/.test(name)) {
    throw invalidSchema(
      `${what} must be a letter followed by letters, digits and underscores, not end in an underscore, ` +
        `and have at most ${LIMITS.name} characters, found ${show(name)}`,
    );
  }
  if (RESERVED.has(name)) {
    throw invalidSchema(`${what} must not be ${show(name)}: views have a member of this name; choose another`);
  }
  return name;
}

function checkCount(what: string, count: unknown, elementSize: number): number {
  const max = Math.floor(LIMITS.size / elementSize);
  if (typeof count !== "number" || !Number.isInteger(count) || count < 1 || count > max) {
    throw invalidSchema(`the length of ${what} must be an integer from 1 to ${max}, found ${show(count)}`);
  }
  return count;
}

/** Levels of structs and arrays in a type. */
export function depthOf(type: FieldType): number {
  return type.kind === "array" || type.kind === "struct" ? type.depth : 0;
}

/** Checks how deep structs and arrays lie in each other. @throws {FamfsError} ERR_FAMFS_INVALID_SCHEMA */
export function checkDepth(depth: number): number {
  if (depth <= LIMITS.depth) return depth;
  throw invalidSchema(`structs and arrays can lie in each other ${LIMITS.depth} levels deep, found ${depth}`);
}

/** `n` bytes, see {@link bytes}. */
export class BytesType {
  readonly kind = "bytes";
  readonly size: number;
  readonly align = 1;

  /** @internal */
  constructor(size: number) {
    this.size = checkCount("bytes", size, 1);
    Object.freeze(this);
  }
}

/** A string in `n` bytes, see {@link utf8}. */
export class Utf8Type {
  readonly kind = "utf8";
  readonly size: number;
  readonly align = 1;

  /** @internal */
  constructor(size: number) {
    this.size = checkCount("utf8", size, 1);
    Object.freeze(this);
  }
}

/** Numbers read through a typed array, see {@link vector}. */
export class VectorType<K extends VectorKind = VectorKind> {
  readonly kind = "vector";
  readonly element: ScalarType<K>;
  readonly length: number;
  readonly size: number;
  readonly align: number;

  /** @internal */
  constructor(element: ScalarType<K>, length: number) {
    if (!(element instanceof ScalarType) || !isVectorKind(element.kind)) {
      throw invalidSchema(
        `the elements of a vector must be of a scalar type that has a typed array (not bool, i64Number, u64Number), ` +
          `found ${showType(element)}; use array for others`,
      );
    }
    this.element = element;
    this.length = checkCount("a vector", length, element.size);
    this.size = length * element.size;
    this.align = element.align;
    Object.freeze(this);
  }
}

/** A fixed number of equal elements, see {@link array}. */
export class ArrayType<E extends FieldType = FieldType> {
  readonly kind = "array";
  readonly element: E;
  readonly length: number;
  readonly size: number;
  readonly align: number;
  /** Levels of structs and arrays in each other, from 1. */
  readonly depth: number;

  /** @internal */
  constructor(element: E, length: number) {
    checkType("the elements of an array", element);
    this.depth = checkDepth(depthOf(element) + 1);
    this.element = element;
    this.length = checkCount("an array", length, element.size);
    this.size = length * element.size;
    this.align = element.align;
    Object.freeze(this);
  }
}

/** Named flags in the smallest unsigned integer that holds them, see {@link bits}. */
export class BitsType<F extends string = string> {
  readonly kind = "bits";
  readonly flags: readonly F[];
  readonly size: 1 | 2 | 4;
  readonly align: 1 | 2 | 4;

  /** @internal */
  constructor(flags: readonly F[]) {
    if (flags.length < 1 || flags.length > LIMITS.flags) {
      throw invalidSchema(`bits must have from 1 to ${LIMITS.flags} flags, found ${flags.length}`);
    }
    flags.forEach((flag, index) => {
      checkName(`the name of flag ${index}`, flag);
      if (flags.indexOf(flag) !== index) throw invalidSchema(`bits has the flag ${show(flag)} twice`);
    });
    this.flags = Object.freeze([...flags]);
    this.size = flags.length <= 8 ? 1 : flags.length <= 16 ? 2 : 4;
    this.align = this.size;
    Object.freeze(this);
  }
}

/** What every struct type has; `Schema` adds the types of its fields. */
export abstract class StructType {
  readonly kind = "struct";
  /** Levels of structs and arrays in each other, from 1. */
  abstract readonly depth: number;
  /** Bytes, a multiple of the alignment. */
  abstract readonly size: number;
  /** Bytes; a power of two. */
  abstract readonly align: number;
  /** The fields in the order of their offsets. */
  abstract readonly fields: readonly Field[];
  /** The canonical text. */
  abstract readonly text: string;
}

/** A field of a struct, with its place in it. */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
  /** Bytes from the start of the struct. */
  readonly offset: number;
}

/** Any type that a field can have. */
export type FieldType = ScalarType | BytesType | Utf8Type | VectorType | ArrayType | BitsType | StructType;

/** Whether a value is one of the library's types. */
export function isType(value: unknown): value is FieldType {
  return [ScalarType, BytesType, Utf8Type, VectorType, ArrayType, BitsType, StructType].some((t) => value instanceof t);
}

function showType(value: unknown): string {
  return isType(value) ? value.kind : show(value);
}

/** Checks that a value is one of the library's types. @throws {FamfsError} ERR_FAMFS_INVALID_SCHEMA */
export function checkType(what: string, value: unknown): asserts value is FieldType {
  if (isType(value)) return;
  const hint =
    typeof value === "function"
      ? "; a function is no type, and a struct cannot contain itself: keep an index or an offset instead"
      : typeof value === "object" && value !== null
        ? "; put struct() around nested fields"
        : "";
  throw invalidSchema(`${what} must have a type such as u32, utf8(16) or struct({ … }), found ${show(value)}${hint}`);
}

/**
 * Exactly `n` bytes, a `Uint8Array`.
 * @param n the number of bytes, from 1
 * @throws {FamfsError} ERR_FAMFS_INVALID_SCHEMA
 */
export function bytes(n: number): BytesType {
  return new BytesType(n);
}

/**
 * A string of at most `n` bytes of UTF-8, filled up with zero bytes. A string that does not fit, has a U+0000 or a lone
 * surrogate is an error.
 * @param n the number of bytes, from 1
 * @throws {FamfsError} ERR_FAMFS_INVALID_SCHEMA
 */
export function utf8(n: number): Utf8Type {
  return new Utf8Type(n);
}

/**
 * `length` numbers that a view shows as a typed array over the memory, such as a Float32Array.
 * @param element a scalar type that has a typed array
 * @param length the number of elements, from 1
 * @throws {FamfsError} ERR_FAMFS_INVALID_SCHEMA
 */
export function vector<K extends VectorKind>(element: ScalarType<K>, length: number): VectorType<K> {
  return new VectorType(element, length);
}

/**
 * `length` elements of any type, one after the other.
 * @param element the type of each element
 * @param length the number of elements, from 1
 * @throws {FamfsError} ERR_FAMFS_INVALID_SCHEMA
 */
export function array<E extends FieldType>(element: E, length: number): ArrayType<E> {
  return new ArrayType(element, length);
}

/**
 * Named flags, the first one in the lowest bit, in one unsigned integer: 1 byte for up to 8 flags, 2 for up to 16, 4 for
 * up to 32. Bits without a name are written as zero by `assign` and left alone by the setter of a single flag.
 * @param flags the names
 * @throws {FamfsError} ERR_FAMFS_INVALID_SCHEMA
 */
export function bits<const F extends string>(...flags: readonly F[]): BitsType<F> {
  return new BitsType(flags);
}
