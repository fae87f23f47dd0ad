import { createHash } from "node:crypto";
import { integer, options, show, wrongType } from "../guards.js";
import type { Fields, View } from "./infer.js";
import { type ViewSource, viewMemoryOf } from "./source.js";
import { schemaText } from "./text.js";
import { checkDepth, checkName, checkType, depthOf, type Field, invalidSchema, LIMITS, StructType } from "./types.js";
import { viewClasses } from "./view.js";

/** Options of {@link struct}. */
export interface StructOptions {
  /**
   * The alignment of the struct in bytes, and so what its size is rounded up to: a power of two from its natural
   * alignment to 4096, such as 64 for a cache line. Default: the natural alignment.
   */
  align?: number;
}

interface Layout {
  fields: readonly Field[];
  size: number;
  align: number;
  depth: number;
}

function up(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}

function checkAlign(align: unknown, natural: number): number {
  if (align === undefined) return natural;
  const is = typeof align === "number" && Number.isInteger(align) && align >= 1 && align <= LIMITS.align;
  if (!is || !Number.isInteger(Math.log2(align))) {
    throw invalidSchema(`align must be a power of two from 1 to ${LIMITS.align}, found ${show(align)}`);
  }
  if (align < natural) throw invalidSchema(`align must be at least ${natural}, which a field needs, found ${align}`);
  return align;
}

/** Puts fields at their offsets, by the rules of C on 64-bit machines. */
function layout(entries: readonly (readonly [string, unknown])[], align: unknown): Layout {
  if (entries.length === 0) throw invalidSchema("a struct must have at least one field");
  const fields: Field[] = [];
  let [end, natural, depth] = [0, 1, 0];
  for (const [name, type] of entries) {
    checkName("the name of a field", name);
    if (fields.length === LIMITS.fields) throw tooMany(entries.length);
    if (fields.some((field) => field.name === name)) throw invalidSchema(`there are two fields ${show(name)}`);
    checkType(`the field ${show(name)}`, type);
    const offset = up(end, type.align);
    fields.push(Object.freeze({ name, type, offset }));
    end = offset + type.size;
    natural = Math.max(natural, type.align);
    depth = Math.max(depth, depthOf(type));
  }
  const chosen = checkAlign(align, natural);
  const size = up(end, chosen);
  if (size > LIMITS.size) throw invalidSchema(`a struct can have ${LIMITS.size} bytes, found ${size}`);
  return { fields: Object.freeze(fields), size, align: chosen, depth: checkDepth(depth + 1) };
}

function tooMany(count: number): Error {
  return invalidSchema(`a struct can have ${LIMITS.fields} fields, those of nested structs included, found ${count}`);
}

function countFields(fields: readonly Field[]): number {
  let count = fields.length;
  for (const field of fields) {
    let type = field.type;
    while (type.kind === "array") type = type.element;
    if (type instanceof Schema) count += type.fieldCount;
  }
  return count;
}

/** A struct type: names, types and offsets of its fields. Made by {@link struct} or `parseSchema`; never changes. */
export class Schema<F extends Fields = Fields> extends StructType {
  readonly fields: readonly Field[];
  /** Bytes, a multiple of the alignment. */
  readonly size: number;
  /** Bytes; a power of two. */
  readonly align: number;
  readonly depth: number;
  /** Fields, those of nested structs included. */
  readonly fieldCount: number;
  /** The canonical text: equal for equal schemas, read back by `parseSchema`. Its grammar is in docs/schemas.md. */
  readonly text: string;
  /** Only for type inference. */
  declare readonly inferred?: F;

  /** @internal */
  constructor(entries: readonly (readonly [string, unknown])[], align: unknown) {
    super();
    ({ fields: this.fields, size: this.size, align: this.align, depth: this.depth } = layout(entries, align));
    this.fieldCount = countFields(this.fields);
    if (this.fieldCount > LIMITS.fields) throw tooMany(this.fieldCount);
    this.text = schemaText(this);
    Object.freeze(this);
  }

  /**
   * The first 8 bytes of the SHA-256 of the text, the first byte the most significant, so that it reads like the output
   * of `sha256sum`.
   */
  get fingerprint(): bigint {
    return createHash("sha256").update(this.text).digest().readBigUInt64BE();
  }

  /**
   * A view of the record at an offset. It reads and writes the memory itself: nothing is copied, locked or flushed.
   * After the mapping was closed, field accessors throw the engine's TypeError, and `set`, `assign` and `toObject`
   * ERR_FAMFS_CLOSED.
   * @param source the memory: a mapping (best one of the records' own: `mapping.window()`), or a typed array
   * @param offset bytes from its start, a multiple of the alignment
   * @throws {FamfsError} ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_MISALIGNED, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_CLOSED
   */
  view(source: ViewSource, offset = 0): View<F> {
    const data = viewMemoryOf(source, this.align);
    integer("the size of the memory", data.byteLength, this.size);
    const ViewClass = viewClasses(data, this).ofStruct(this);
    const view = new ViewClass(data, 0, data.byteLength - this.size, undefined) as unknown as View<F>;
    return view.moveTo(offset);
  }
}

/**
 * Defines a struct: its fields lie in the order given, each at the next multiple of its alignment, little-endian.
 * @param fields the type of each field by name; names are letters, digits and underscores
 * @throws {FamfsError} ERR_FAMFS_INVALID_SCHEMA, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_UNKNOWN_OPTION
 * @example
 * const Trade = struct({ id: u64, price: f64, symbol: utf8(16) });
 * const trade = Trade.view(mapping);
 * trade.price = 101.5;
 */
export function struct<const F extends Fields>(fields: F, opts?: StructOptions): Schema<F> {
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    throw wrongType("the fields of a struct", "an object", fields);
  }
  if ((Object.values(fields) as unknown[]).includes(fields)) {
    throw invalidSchema("a struct contains itself, so it would have no end: keep an index or an offset instead");
  }
  const { align } = options("struct", opts, ["align"]);
  return new Schema<F>(Object.entries(fields), align);
}
