import type { ScalarType, ScalarValue, TypedArrayOf } from "./scalars.js";
import type { Schema } from "./struct.js";
import type { ArrayType, BitsType, BytesType, FieldType, Utf8Type, VectorType } from "./types.js";

/** The fields of a struct by name. */
export type Fields = { readonly [name: string]: FieldType };

/** Fields of a type that is known only at run time, as those of `parseSchema`, have unknown values. */
type AtRunTime<T> = FieldType extends T ? true : false;

type InputFields<F extends Fields> = { readonly [K in keyof F]: InputOf<F[K]> };

type RecordFields<F extends Fields> = { -readonly [K in keyof F]: RecordOf<F[K]> };

/** What may be written as a field of type `T`. */
export type InputOf<T> =
  AtRunTime<T> extends true
    ? unknown
    : T extends ScalarType<infer K>
      ? ScalarValue<K>
      : T extends BytesType
        ? Uint8Array
        : T extends Utf8Type
          ? string
          : T extends VectorType<infer K>
            ? ArrayLike<ScalarValue<K>>
            : T extends BitsType<infer N>
              ? { readonly [flag in N]: boolean }
              : T extends ArrayType<infer E>
                ? readonly InputOf<E>[]
                : T extends Schema<infer F>
                  ? InputFields<F>
                  : never;

/** What `toObject()` gives for a type `T`: plain objects, arrays and copies of the memory. */
export type RecordOf<T> =
  AtRunTime<T> extends true
    ? unknown
    : T extends ScalarType<infer K>
      ? ScalarValue<K>
      : T extends BytesType
        ? Uint8Array
        : T extends Utf8Type
          ? string
          : T extends VectorType<infer K>
            ? TypedArrayOf<K>
            : T extends BitsType<infer N>
              ? { [flag in N]: boolean }
              : T extends ArrayType<infer E>
                ? RecordOf<E>[]
                : T extends Schema<infer F>
                  ? RecordFields<F>
                  : never;

/** What a view shows for a field of type `T`. */
export type FieldView<T> =
  AtRunTime<T> extends true
    ? unknown
    : T extends ScalarType<infer K>
      ? ScalarValue<K>
      : T extends BytesType
        ? Uint8Array
        : T extends Utf8Type
          ? string
          : T extends VectorType<infer K>
            ? TypedArrayOf<K>
            : T extends BitsType<infer N>
              ? BitsView<N>
              : T extends ArrayType<infer E>
                ? ArrayView<E>
                : T extends Schema<infer F>
                  ? NestedView<F>
                  : never;

/** Types whose fields are read as a value or typed array, and can be assigned. The others have a view of their own. */
type Assignable = ScalarType | BytesType | Utf8Type | VectorType;

type FieldAccess<F extends Fields> = {
  -readonly [K in keyof F as F[K] extends Assignable ? K : never]: FieldView<F[K]>;
} & { readonly [K in keyof F as F[K] extends Assignable ? never : K]: FieldView<F[K]> };

/** What the view of a whole record and that of a nested struct have in common. */
type StructAccess<F extends Fields> = {
  /** Bytes from the start of the memory to this record. */
  readonly byteOffset: number;
  /** A copy as a plain object. @throws {FamfsError} ERR_FAMFS_CLOSED, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_ENCODING */
  toObject(): RecordFields<F>;
  /**
   * Writes the named fields, each as a whole, and zeroes the padding. Values are checked field by field, in the order of
   * the schema: on an error the fields before the wrong one are written.
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_ENCODING, ERR_FAMFS_UNKNOWN_FIELD, ERR_FAMFS_CLOSED
   */
  set(record: Partial<InputFields<F>>): void;
  /** Like {@link set}, but every field must be there: the record is replaced. */
  assign(record: InputFields<F>): void;
};

/** The view of a nested struct. It belongs to the view it came from and moves with it. */
export type NestedView<F extends Fields> = StructAccess<F> & FieldAccess<F>;

/** A view of one record in memory: an accessor for each field, reading and writing the bytes themselves. */
export type View<F extends Fields> = NestedView<F> & {
  /**
   * Moves this view, and the nested views that came from it, to another record.
   * @param offset bytes from the start of the memory, a multiple of the schema's alignment
   * @returns this view
   * @throws {FamfsError} ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_MISALIGNED, ERR_FAMFS_INVALID_TYPE
   */
  moveTo(offset: number): View<F>;
  /** A new view of the same memory at another offset, with the checks and errors of {@link moveTo}. */
  viewAt(offset: number): View<F>;
};

/** The view type of a schema. */
export type ViewOf<S> = S extends Schema<infer F> ? View<F> : never;

/** The view of an array field. It belongs to the view it came from and moves with it. */
export interface ArrayView<E extends FieldType> {
  /** The number of elements. */
  readonly length: number;
  /**
   * An element: a value, a typed array over the memory, or a view that belongs to this one.
   * @throws {FamfsError} ERR_FAMFS_OUT_OF_RANGE
   */
  get(index: number): FieldView<E>;
  /** Replaces an element. @throws {FamfsError} as `assign` of a view */
  set(index: number, value: InputOf<E>): void;
  /** Replaces all elements; exactly as many must be given. @throws {FamfsError} as `assign` of a view */
  assign(values: readonly InputOf<E>[]): void;
  /** A copy as a plain array. */
  toObject(): RecordOf<E>[];
  [Symbol.iterator](): IterableIterator<FieldView<E>>;
}

/** The view of a `bits` field: a boolean for each flag. Setting one is a read and a write, not atomic. */
export type BitsView<N extends string> = { [flag in N]: boolean } & {
  /** A copy as a plain object. */
  toObject(): { [flag in N]: boolean };
  /** Writes the named flags in one store. */
  set(flags: { readonly [flag in N]?: boolean }): void;
  /** Writes all flags, and zero to the bits without a name, in one store. */
  assign(flags: { readonly [flag in N]: boolean }): void;
};
