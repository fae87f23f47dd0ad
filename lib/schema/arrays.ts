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

/** Writes a `bytes` field through the array over it. */
export function copyBytes(view: RawView, label: string | number, target: AnyTypedArray, value: unknown): void {
  if (!(value instanceof Uint8Array) || value.length !== target.length) fail(view, label, value);
  (target as Uint8Array).set(value);
}

/** Writes a `vector` field through the array over it. Nothing is written if one of the values does not do. */
export function copyVector(view: RawView, label: string | number, target: AnyTypedArray, value: unknown): void {
  const source = value as ArrayLike<number>;
  if (typeof value !== "object" || value === null || source.length !== target.length) fail(view, label, value);
  const tag = ArrayBuffer.isView(value) ? (value as unknown as AnyTypedArray)[Symbol.toStringTag] : undefined;
  if (tag !== target[Symbol.toStringTag]) checkElements(view, label, source, target);
  (target as Float64Array).set(source);
}

const KINDS = Object.entries(TYPED_ARRAYS) as [VectorKind, (typeof TYPED_ARRAYS)[VectorKind]][];

function checkElements(view: RawView, label: string | number, source: ArrayLike<unknown>, target: AnyTypedArray): void {
  const kind = KINDS.find(([, type]) => target instanceof type)?.[0] as VectorKind;
  for (let i = 0; i < source.length; i++) {
    if (!accepts(kind, source[i])) failElement(view, label, i, source[i]);
  }
}

/** Writes zero to the bytes from `from` to `to`. */
export function zero(data: DataView, from: number, to: number): void {
  for (let at = from; at < to; at++) data.setUint8(at, 0);
}
