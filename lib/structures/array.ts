import { aligned, integer, oneOf, options, wrongType } from "../guards.js";
import type { ArrayView, Fields, FieldView, InputOf, View } from "../schema/infer.js";
import {
  isVectorKind,
  type ScalarKind,
  ScalarType,
  TYPED_ARRAYS,
  type TypedArrayOf,
  type VectorKind,
} from "../schema/scalars.js";
import { type MemorySource, viewMemoryOf } from "../schema/source.js";
import { Schema } from "../schema/struct.js";
import type { BytesType, FieldType, Utf8Type, VectorType } from "../schema/types.js";
import { viewClasses } from "../schema/view.js";
import type { Participant } from "../segment/participant.js";
import type { Segment } from "../segment/segment.js";
import type { OpenStructure } from "../segment/structure.js";
import { type CreateArrayOptions, createArray, type OpenArrayOptions, openArray } from "./array-entry.js";

/** Options of {@link SharedArray.over}. */
export interface SharedArrayOptions {
  /** Bytes from the start of the mapping, a multiple of the element's alignment. Default 0. */
  offset?: number;
  /** The number of elements, from 1. Default: as many as fit. */
  length?: number;
}

/** The fields that a column can be made of: all but nested structs, arrays and flags. */
export type ColumnName<F extends Fields> = {
  [K in keyof F & string]: F[K] extends ScalarType | BytesType | Utf8Type | VectorType ? K : never;
}[keyof F & string];

/** Where the elements of an array are. */
export interface Place {
  /** Memory with the elements and at most 7 bytes before them. */
  readonly window: MemorySource;
  /** Bytes from the start of the window to the first element. */
  readonly start: number;
  readonly length: number;
}

/** An array has at most this many elements, so that an index is one 32-bit comparison. */
const MAX_LENGTH = 2 ** 32 - 1;

function placeOf(source: MemorySource, { size, align }: FieldType, opts: SharedArrayOptions | undefined): Place {
  if (typeof source?.window !== "function") throw wrongType("the memory of a shared array", "a mapping", source);
  const given = options("SharedArray.over", opts, ["offset", "length"]);
  integer("the size of the mapping", source.byteLength, size);
  const offset = aligned("offset", integer("offset", given.offset ?? 0, 0, source.byteLength - size), align);
  const most = Math.min(Math.floor((source.byteLength - offset) / size), MAX_LENGTH);
  const length = integer("length", given.length ?? most, 1, most);
  // A window starts at a multiple of 8.
  const start = offset % 8;
  return { window: source.window(offset - start, start + length * size), start, length };
}

/** Goes through elements with one result object, so that a step allocates nothing. */
class Cursor<T> implements IterableIterator<T> {
  private readonly read: (index: number) => T;
  private readonly result: { value: T; done: false };
  private index = 0;
  private readonly end: number = 0;

  constructor(read: (index: number) => T, from: number, to: number) {
    this.read = read;
    this.index = from;
    this.end = to;
    this.result = { value: undefined as T, done: false };
  }

  next(): IteratorResult<T, undefined> {
    if (this.index >= this.end) return { value: undefined, done: true };
    this.result.value = this.read(this.index++);
    return this.result;
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/**
 * A fixed number of equal elements, structs or scalars, one after the other in a mapping.
 *
 * There is no synchronisation: every access is a plain load or store, nothing is locked, written back or invalidated, and
 * what another process or host writes at the same time may be seen half. Use it for data with one writer that others
 * read after a publication of your own, or within a structure that orders its accesses.
 */
export abstract class SharedArray {
  /** The number of elements. */
  readonly length: number = 0;
  /** Bytes of an element, and from one to the next. */
  readonly stride: number = 0;
  /** @internal */
  readonly place: Place;

  /** @internal */
  constructor(place: Place, stride: number) {
    this.length = place.length;
    this.stride = stride;
    this.place = place;
  }

  /**
   * An array of structs over a mapping.
   * @param source the mapping; the array takes a window of its own
   * @param element the schema of its elements
   * @param opts offset in bytes and number of elements
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_MISALIGNED, ERR_FAMFS_UNKNOWN_OPTION
   */
  static over<F extends Fields>(source: MemorySource, element: Schema<F>, opts?: SharedArrayOptions): SharedRecords<F>;
  /** An array of scalars over a mapping. */
  static over<K extends ScalarKind>(
    source: MemorySource,
    element: ScalarType<K>,
    opts?: SharedArrayOptions,
  ): SharedScalars<K>;
  static over(source: MemorySource, element: Schema | ScalarType, opts?: SharedArrayOptions): SharedArray {
    if (element instanceof Schema) return new SharedRecords(element, placeOf(source, element, opts));
    if (element instanceof ScalarType) return new SharedScalars(element, placeOf(source, element, opts));
    throw wrongType("the elements of a shared array", "a schema or a scalar type", element);
  }

  /**
   * Makes an array in a segment; its elements are zero.
   * @param participant who makes it
   * @param name of the structure, at most 96 bytes
   * @param opts `element`: the schema or scalar type of the elements; `length`: how many, from 1; `timeout`, in
   * milliseconds, default 10000, and `signal` for the segment's lock
   * @throws {FamfsError} ERR_FAMFS_EXISTS, ERR_FAMFS_NO_SPACE, ERR_FAMFS_TIMEOUT, ERR_FAMFS_FENCED, ERR_FAMFS_CLOSED,
   * ERR_FAMFS_CORRUPT, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_UNKNOWN_OPTION, ERR_FAMFS_ENCODING
   */
  static create<F extends Fields>(
    participant: Participant,
    name: string,
    opts: CreateArrayOptions<Schema<F>>,
  ): Promise<SharedRecords<F>>;
  /** Makes an array of scalars in a segment. */
  static create<K extends ScalarKind>(
    participant: Participant,
    name: string,
    opts: CreateArrayOptions<ScalarType<K>>,
  ): Promise<SharedScalars<K>>;
  static async create(
    participant: Participant,
    name: string,
    opts: CreateArrayOptions<Schema | ScalarType>,
  ): Promise<SharedArray> {
    const { memory, found } = await createArray(participant, name, opts);
    return overBody(memory, found, opts.element);
  }

  /**
   * Opens an array of a segment.
   * @param source a segment or a participant
   * @param opts `element`: the schema or scalar type that the elements must have
   * @throws {FamfsError} ERR_FAMFS_NOT_FOUND, ERR_FAMFS_KIND_MISMATCH, ERR_FAMFS_SCHEMA_MISMATCH,
   * ERR_FAMFS_UNSUPPORTED_VERSION, ERR_FAMFS_CORRUPT, ERR_FAMFS_CLOSED, ERR_FAMFS_INVALID_TYPE,
   * ERR_FAMFS_UNKNOWN_OPTION
   */
  static open<F extends Fields>(
    source: Segment | Participant,
    name: string,
    opts: OpenArrayOptions<Schema<F>>,
  ): SharedRecords<F>;
  /** Opens an array of scalars of a segment. */
  static open<K extends ScalarKind>(
    source: Segment | Participant,
    name: string,
    opts: OpenArrayOptions<ScalarType<K>>,
  ): SharedScalars<K>;
  static open(source: Segment | Participant, name: string, opts: OpenArrayOptions<Schema | ScalarType>): SharedArray {
    const { memory, found } = openArray(source, name, opts);
    return overBody(memory, found, opts.element);
  }
}

function overBody(memory: MemorySource, { entry, body }: OpenStructure, element: Schema | ScalarType): SharedArray {
  const { offset } = body;
  return SharedArray.over(memory, element as Schema, { offset, length: entry.capacity });
}

/** A {@link SharedArray} of structs. */
export class SharedRecords<F extends Fields = Fields> extends SharedArray {
  readonly schema: Schema<F>;
  private readonly first: View<F>;

  /** @internal */
  constructor(schema: Schema<F>, place: Place) {
    super(place, schema.size);
    this.schema = schema;
    this.first = schema.view(place.window, place.start);
  }

  /**
   * Where an element is, for `moveTo` of a view that {@link get} made: `view.moveTo(array.offsetOf(i))`.
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE
   */
  offsetOf(index: number): number {
    if (index >>> 0 !== index || index >= this.length) integer("the index", index, 0, this.length - 1);
    return this.place.start + index * this.stride;
  }

  /** A new view of an element. @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
  get(index: number): View<F> {
    return this.first.viewAt(this.offsetOf(index));
  }

  /**
   * Replaces an element.
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_ENCODING, ERR_FAMFS_UNKNOWN_FIELD, ERR_FAMFS_CLOSED
   */
  set(index: number, record: InputOf<Schema<F>>): void {
    this.first.viewAt(this.offsetOf(index)).assign(record);
  }

  /**
   * Goes through elements with one view, which is moved from step to step: use it within the step, or keep
   * `view.toObject()`. Nothing is allocated per element.
   * @param from the first index, default 0
   * @param to the index to stop before, default the length
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE
   */
  scan(from = 0, to = this.length): IterableIterator<View<F>> {
    integer("from", from, 0, this.length);
    integer("to", to, from, this.length);
    const view = this.get(0);
    return new Cursor((index) => view.moveTo(this.offsetOf(index)), from, to);
  }

  /**
   * One field of all elements, without the others: `get`, `set` and `toObject` as those of an array field.
   * @param name a field that is no nested struct, array or flags
   * @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE
   */
  column<N extends ColumnName<F>>(name: N): ArrayView<F[N]> {
    const nested = ["struct", "array", "bits"];
    const fields = this.schema.fields.filter((field) => !nested.includes(field.type.kind));
    const names = fields.map((field) => field.name);
    if (names.length === 0) throw wrongType("the schema", "one with a field for a column", this.schema);
    const { type, offset } = fields[names.indexOf(oneOf("the column", name, names))] as (typeof fields)[number];
    const memory = viewMemoryOf(this.place.window, 1);
    const Column = viewClasses(memory, type).ofList(type);
    const column = new Column(memory, this.place.start + offset, this.length, this.stride);
    column._name = name;
    return column as unknown as ArrayView<F[N]>;
  }
}

/** A {@link SharedArray} of scalars. */
export class SharedScalars<K extends ScalarKind = ScalarKind> extends SharedArray implements Iterable<unknown> {
  readonly element: ScalarType<K>;
  /**
   * The elements as a typed array over the memory; `undefined` for `bool`, `i64Number` and `u64Number`, which have none.
   * Its writes are not range-checked: a typed array cuts.
   */
  readonly values: K extends VectorKind ? TypedArrayOf<K> : undefined;
  private readonly list: ArrayView<ScalarType<K>>;

  /** @internal */
  constructor(element: ScalarType<K>, place: Place) {
    super(place, element.size);
    this.element = element;
    const memory = viewMemoryOf(place.window, 1);
    const List = viewClasses(memory, element).ofList(element);
    this.list = new List(memory, place.start, place.length, element.size) as unknown as ArrayView<ScalarType<K>>;
    const start = (place.window.byteOffset ?? 0) + place.start;
    const values = isVectorKind(element.kind)
      ? new TYPED_ARRAYS[element.kind](place.window.buffer, start, place.length)
      : undefined;
    this.values = values as K extends VectorKind ? TypedArrayOf<K> : undefined;
  }

  /** An element. @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
  get(index: number): FieldView<ScalarType<K>> {
    return this.list.get(index);
  }

  /** Writes an element. @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
  set(index: number, value: InputOf<ScalarType<K>>): void {
    this.list.set(index, value);
  }

  /** Goes through the elements; a step allocates nothing but a bigint where the elements are bigints. */
  [Symbol.iterator](): IterableIterator<FieldView<ScalarType<K>>> {
    return new Cursor((index) => this.list.get(index), 0, this.length);
  }
}
