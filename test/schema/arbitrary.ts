import fc from "fast-check";
import {
  array,
  bits,
  bool,
  bytes,
  type FieldType,
  f32,
  f64,
  i8,
  i16,
  i32,
  i64,
  i64Number,
  type ScalarType,
  type Schema,
  struct,
  u8,
  u16,
  u32,
  u64,
  u64Number,
  utf8,
  type VectorKind,
  vector,
} from "../../lib/index.js";

/*
 * Random schemas and random records for them.
 */

const SCALARS = [i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, bool, i64Number, u64Number];
const VECTORS = [i8, u8, i16, u16, i32, u32, i64, u64, f32, f64] as readonly ScalarType<VectorKind>[];
const RESERVED = /^(moveTo|viewAt|byteOffset|set|assign|toObject|constructor|then|toJSON|toString|valueOf)$/;
const WORDS = [
  "int",
  "class",
  "from",
  "None",
  "bool",
  "double",
  "offset",
  "at",
  "length",
  "get",
  "type",
  "value",
  "name",
];

const name = fc
  .oneof(
    { weight: 4, arbitrary: fc.stringMatching(/^[A-Za-z]([A-Za-z0-9_]{0,8}[A-Za-z0-9])?$/) },
    { weight: 1, arbitrary: fc.constantFrom(...WORDS) },
  )
  .filter((text) => !RESERVED.test(text));

function leaf(): fc.Arbitrary<FieldType> {
  const size = fc.integer({ min: 1, max: 24 });
  return fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...SCALARS) },
    { weight: 1, arbitrary: size.map(bytes) },
    { weight: 1, arbitrary: size.map(utf8) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...VECTORS), size).map(([element, n]) => vector(element, n)) },
    { weight: 1, arbitrary: fc.uniqueArray(name, { minLength: 1, maxLength: 32 }).map((flags) => bits(...flags)) },
  );
}

function type(depth: number): fc.Arbitrary<FieldType> {
  if (depth === 0) return leaf();
  return fc.oneof(
    { weight: 6, arbitrary: leaf() },
    { weight: 1, arbitrary: schema(depth - 1) as fc.Arbitrary<FieldType> },
    { weight: 1, arbitrary: fc.tuple(type(depth - 1), fc.integer({ min: 1, max: 4 })).map(([e, n]) => array(e, n)) },
  );
}

/** A schema of up to 12 fields, with others in it. */
export function schema(depth = 2): fc.Arbitrary<Schema> {
  const fields = fc.uniqueArray(fc.tuple(name, type(depth)), { selector: ([n]) => n, minLength: 1, maxLength: 12 });
  const align = fc.option(fc.constantFrom(16, 64, 128), { nil: undefined, freq: 4 });
  return fc
    .tuple(fields, align)
    .map(([entries, chosen]) =>
      chosen === undefined
        ? struct(Object.fromEntries(entries))
        : struct(Object.fromEntries(entries), aligned(entries, chosen)),
    );
}

/** Over-aligned nested structs can need more than the alignment that was drawn. */
function aligned(entries: readonly (readonly [string, FieldType])[], chosen: number) {
  return { align: Math.max(chosen, ...entries.map(([, t]) => t.align)) };
}

const f32Value = fc.float({ noDefaultInfinity: false });

/** Any string of whole characters but U+0000 that has at most `size` bytes. */
function text(size: number): fc.Arbitrary<string> {
  return fc.string({ unit: "binary", maxLength: size }).map((drawn) => {
    let kept = "";
    for (const char of drawn.replaceAll("\0", "")) {
      if (Buffer.byteLength(kept + char) > size) break;
      kept += char;
    }
    return kept;
  });
}

function scalar(kind: string): fc.Arbitrary<unknown> {
  const ends = (min: number, max: number) =>
    fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min, max }) },
      { weight: 1, arbitrary: fc.constantFrom(min, max, 0) },
    );
  switch (kind) {
    case "i64":
      return fc.oneof(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n),
      );
    case "u64":
      return fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(0n, 2n ** 64n - 1n));
    case "f32":
      return f32Value;
    case "f64":
      return fc.double();
    case "bool":
      return fc.boolean();
    case "i64Number":
      return ends(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    case "u64Number":
      return ends(0, Number.MAX_SAFE_INTEGER);
  }
  const width = Number(kind.slice(1));
  return kind.startsWith("i") ? ends(-(2 ** (width - 1)), 2 ** (width - 1) - 1) : ends(0, 2 ** width - 1);
}

/** A value that may be written as a type, in the form that reading it back gives. */
export function value(of: FieldType): fc.Arbitrary<unknown> {
  switch (of.kind) {
    case "bytes":
      return fc.uint8Array({ minLength: of.size, maxLength: of.size });
    case "utf8":
      return text(of.size);
    case "vector": {
      const Target = (
        {
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
        } as const
      )[of.element.kind];
      return fc
        .array(scalar(of.element.kind), { minLength: of.length, maxLength: of.length })
        .map((values) => (Target as Float64ArrayConstructor).from(values as number[]));
    }
    case "array":
      return fc.array(value(of.element), { minLength: of.length, maxLength: of.length });
    case "bits":
      return fc.record(Object.fromEntries(of.flags.map((flag) => [flag, fc.boolean()])), { noNullPrototype: true });
    case "struct":
      return fc.record(Object.fromEntries(of.fields.map((field) => [field.name, value(field.type)])), {
        noNullPrototype: true,
      });
    default:
      return scalar(of.kind).map((v) => (Object.is(v, -0) && of.kind !== "f64" && of.kind !== "f32" ? 0 : v));
  }
}

/** A schema and some records for it. */
export function schemaWithRecords(depth = 2): fc.Arbitrary<{ schema: Schema; records: Record<string, unknown>[] }> {
  return schema(depth).chain((s) =>
    fc.array(value(s), { minLength: 1, maxLength: 3 }).map((records) => ({
      schema: s,
      records: records as Record<string, unknown>[],
    })),
  );
}

/** The seed of all random tests: from the clock, and printed, so that a failure can be repeated. */
export const SEED = Number(process.env["FAST_CHECK_SEED"] ?? Date.now() % 2 ** 31);
console.log(`fast-check seed ${SEED}; repeat with FAST_CHECK_SEED=${SEED}`);
fc.configureGlobal({ seed: SEED });
