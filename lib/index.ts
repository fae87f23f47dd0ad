export { ERROR_CODES, FamfsError, type FamfsErrorCode, type SystemErrorDetails } from "./errors.js";
export { toCHeader } from "./schema/c-header.js";
export { assertSameSchema } from "./schema/compare.js";
export { toCtypes } from "./schema/ctypes.js";
export type {
  ArrayView,
  BitsView,
  Fields,
  FieldView,
  InputOf,
  NestedView,
  RecordOf,
  View,
  ViewOf,
} from "./schema/infer.js";
export { parseSchema } from "./schema/parse.js";
export {
  bool,
  f32,
  f64,
  i8,
  i16,
  i32,
  i64,
  i64Number,
  type ScalarKind,
  type ScalarType,
  type ScalarValue,
  type TypedArrayOf,
  u8,
  u16,
  u32,
  u64,
  u64Number,
  type VectorKind,
} from "./schema/scalars.js";
export type { MemorySource, ViewSource } from "./schema/source.js";
export { type Schema, type StructOptions, struct } from "./schema/struct.js";
export {
  type ArrayType,
  array,
  type BitsType,
  type BytesType,
  bits,
  bytes,
  type Field,
  type FieldType,
  type StructType,
  type Utf8Type,
  utf8,
  type VectorType,
  vector,
} from "./schema/types.js";
export {
  type ColumnName,
  SharedArray,
  type SharedArrayOptions,
  type SharedRecords,
  type SharedScalars,
} from "./structures/array.js";
