import { fail, failText, failUnsafe } from "./fail.js";
import type { RecordView } from "./records.js";
import { F32_LIMIT, type ScalarKind, type ScalarType } from "./scalars.js";
import type { Field, Utf8Type } from "./types.js";
import { readUtf8, writeUtf8 } from "./utf8.js";

/** The getter and setter of a field. */
interface Access {
  get(this: RecordView): unknown;
  set(this: RecordView, value: never): void;
}

type MakeAccess = (offset: number, name: string) => Access;

/**
 * One function per kind, so that each accessor has one DataView call that never sees another kind. Ranges are checked by
 * conversion, which is less code than the comparisons of generate.ts: closures are inlined worse. Signed
 * integers are written by the unsigned methods, as there.
 */
const ACCESS: { readonly [K in ScalarKind]: MakeAccess } = {
  i8: (offset, name) => ({
    get() {
      return this._data.getInt8(this._offset + offset);
    },
    set(value: number) {
      if (typeof value !== "number" || (value << 24) >> 24 !== value) throw fail(this, name, value);
      this._data.setUint8(this._offset + offset, value);
    },
  }),
  u8: (offset, name) => ({
    get() {
      return this._data.getUint8(this._offset + offset);
    },
    set(value: number) {
      if (typeof value !== "number" || (value & 255) !== value) throw fail(this, name, value);
      this._data.setUint8(this._offset + offset, value);
    },
  }),
  i16: (offset, name) => ({
    get() {
      return this._data.getInt16(this._offset + offset, true);
    },
    set(value: number) {
      if (typeof value !== "number" || (value << 16) >> 16 !== value) throw fail(this, name, value);
      this._data.setUint16(this._offset + offset, value, true);
    },
  }),
  u16: (offset, name) => ({
    get() {
      return this._data.getUint16(this._offset + offset, true);
    },
    set(value: number) {
      if (typeof value !== "number" || (value & 65535) !== value) throw fail(this, name, value);
      this._data.setUint16(this._offset + offset, value, true);
    },
  }),
  i32: (offset, name) => ({
    get() {
      return this._data.getInt32(this._offset + offset, true);
    },
    set(value: number) {
      if (typeof value !== "number" || (value | 0) !== value) throw fail(this, name, value);
      this._data.setUint32(this._offset + offset, value, true);
    },
  }),
  u32: (offset, name) => ({
    get() {
      return this._data.getUint32(this._offset + offset, true);
    },
    set(value: number) {
      if (typeof value !== "number" || value >>> 0 !== value) throw fail(this, name, value);
      this._data.setUint32(this._offset + offset, value, true);
    },
  }),
  i64: (offset, name) => ({
    get() {
      return this._data.getBigInt64(this._offset + offset, true);
    },
    set(value: bigint) {
      if (typeof value !== "bigint" || BigInt.asIntN(64, value) !== value) throw fail(this, name, value);
      this._data.setBigInt64(this._offset + offset, value, true);
    },
  }),
  u64: (offset, name) => ({
    get() {
      return this._data.getBigUint64(this._offset + offset, true);
    },
    set(value: bigint) {
      if (typeof value !== "bigint" || BigInt.asUintN(64, value) !== value) throw fail(this, name, value);
      this._data.setBigUint64(this._offset + offset, value, true);
    },
  }),
  f32: (offset, name) => ({
    get() {
      return this._data.getFloat32(this._offset + offset, true);
    },
    set(value: number) {
      if (typeof value !== "number" || (!(value > -F32_LIMIT && value < F32_LIMIT) && value - value === 0))
        throw fail(this, name, value);
      this._data.setFloat32(this._offset + offset, value, true);
    },
  }),
  f64: (offset, name) => ({
    get() {
      return this._data.getFloat64(this._offset + offset, true);
    },
    set(value: number) {
      if (typeof value !== "number") throw fail(this, name, value);
      this._data.setFloat64(this._offset + offset, value, true);
    },
  }),
  bool: (offset, name) => ({
    get() {
      return this._data.getUint8(this._offset + offset) !== 0;
    },
    set(value: boolean) {
      if (typeof value !== "boolean") throw fail(this, name, value);
      this._data.setUint8(this._offset + offset, value ? 1 : 0);
    },
  }),
  i64Number: (offset, name) => ({
    get() {
      const low = this._data.getUint32(this._offset + offset, true);
      const high = this._data.getInt32(this._offset + offset + 4, true);
      if (high < -0x200000 || high > 0x1fffff || (high === -0x200000 && low === 0)) throw failUnsafe(this, name);
      return high * 4294967296 + low;
    },
    set(value: number) {
      if (!Number.isSafeInteger(value)) throw fail(this, name, value);
      this._data.setUint32(this._offset + offset, value >>> 0, true);
      this._data.setInt32(this._offset + offset + 4, Math.floor(value / 4294967296), true);
    },
  }),
  u64Number: (offset, name) => ({
    get() {
      const low = this._data.getUint32(this._offset + offset, true);
      const high = this._data.getUint32(this._offset + offset + 4, true);
      if (high > 0x1fffff) throw failUnsafe(this, name);
      return high * 4294967296 + low;
    },
    set(value: number) {
      if (!Number.isSafeInteger(value) || value < 0) throw fail(this, name, value);
      this._data.setUint32(this._offset + offset, value >>> 0, true);
      this._data.setUint32(this._offset + offset + 4, Math.floor(value / 4294967296), true);
    },
  }),
};

function textAccess(offset: number, name: string, size: number): Access {
  return {
    get() {
      return readUtf8(this._data, this._offset + offset, size) ?? failText(this, name);
    },
    set(value: string) {
      if (!writeUtf8(this._data, this._offset + offset, size, value)) throw fail(this, name, value);
    },
  };
}

/** The getter and setter of a scalar or string field. */
export function accessOf({ name, offset }: Field, type: ScalarType | Utf8Type): Access {
  return type.kind === "utf8" ? textAccess(offset, name, type.size) : ACCESS[type.kind](offset, name);
}
