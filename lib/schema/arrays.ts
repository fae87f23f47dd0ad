import { fail, failElement } from "./fail.js";
import type { RawView } from "./raw-view.js";
import { accepts, TYPED_ARRAYS, type TypedArrayOf, type VectorKind } from "./scalars.js";
import type { BytesType, VectorType } from "./types.js";

/** Any typed array that a field can be read as. */
export type AnyTypedArray = TypedArrayOf<VectorKind>;

/** A typed array over a `bytes` or `vector` at an offset of a DataView. */
export function arrayAt(data: DataView, offset: number, type: BytesType | VectorType): AnyTypedArray {
  const buffer = data.buffer as ArrayBuffer;
  const start = data.byteOffset + offset;
  if (type.kind === "bytes") return new Uint8Array(buffer, start, type.size);
  return new TYPED_ARRAYS[type.element.kind](buffer, start, type.length);
}

/**
 * Writes a `bytes` or `vector` at an offset of a view's memory. Nothing is written if one of the values does not do. Five
 * parameters, because an object of some would be garbage for each field.
 */
export function copyArray(
  view: RawView,
  label: string | number,
  at: number,
  type: BytesType | VectorType,
  value: unknown,
): void {
  const source = value as ArrayLike<number>;
  const kind = type.kind === "bytes" ? "u8" : type.element.kind;
  const length = type.kind === "bytes" ? type.size : type.length;
  const isArray = type.kind === "bytes" ? value instanceof Uint8Array : typeof value === "object" && value !== null;
  if (!isArray || source.length !== length) fail(view, label, value);
  const elements = view._data[kind];
  const tag = ArrayBuffer.isView(value) ? (value as unknown as AnyTypedArray)[Symbol.toStringTag] : undefined;
  if (tag !== elements[Symbol.toStringTag]) checkElements(view, label, source, kind);
  const inArrays = at + type.size <= elements.byteLength;
  const target = (inArrays ? elements : arrayAt(view._data, at, type)) as Float64Array;
  target.set(source, inArrays ? at / target.BYTES_PER_ELEMENT : 0);
}

function checkElements(view: RawView, label: string | number, source: ArrayLike<unknown>, kind: VectorKind): void {
  for (let i = 0; i < source.length; i++) {
    if (!accepts(kind, source[i])) failElement(view, label, i, source[i]);
  }
}

/** Writes zero to the bytes from `from` to `to`. */
export function zero(data: DataView, from: number, to: number): void {
  for (let at = from; at < to; at++) data.setUint8(at, 0);
}
