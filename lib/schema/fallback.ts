import { accessOf } from "./access.js";
import { type AnyTypedArray, arrayAt, copyBytes, copyVector, zero } from "./arrays.js";
import { fail, failOffset, failText, failUnsafe } from "./fail.js";
import { type ListClass, ListView } from "./lists.js";
import type { BitsClass, Make, RawView, StructClass } from "./raw-view.js";
import { checkPart, checkWhole, gapsOf, type RecordView } from "./records.js";
import { accepts, readScalar, type ScalarType, writeScalar } from "./scalars.js";
import { checkOpen } from "./source.js";
import type { BitsType, Field, StructType, Utf8Type } from "./types.js";
import { readUtf8, writeUtf8 } from "./utf8.js";

/*
 * The classes of generate.ts without making code from strings: every accessor is a closure over its offset, and what
 * generate.ts writes out field by field is a loop.
 */

/** A record, and a view seen by the names of its members. */
type Members = { [name: string]: unknown };

/** Per struct: its fields, and the maker of the nested view of each field that has one. */
interface Plan {
  readonly type: StructType;
  readonly makes: readonly (Make | undefined)[];
  readonly gaps: readonly [number, number][];
}

interface StructView extends RecordView {
  /** By the index of the field: nested views, and typed arrays at the current offset. */
  _kept: (RawView | AnyTypedArray | undefined)[] | undefined;
}

function copyOf(value: unknown, isChild: boolean): unknown {
  if (isChild) return (value as RawView).toObject();
  return ArrayBuffer.isView(value) ? (value as unknown as AnyTypedArray).slice() : value;
}

function store(view: StructView, name: string, value: unknown, isChild: boolean): void {
  const members = view as unknown as Members;
  if (isChild) (members[name] as RawView).assign(value);
  else members[name] = value;
}

function writeFields(view: StructView, { type, makes, gaps }: Plan, record: Members, whole: boolean): void {
  type.fields.forEach(({ name }, index) => {
    if (whole || record[name] !== undefined) store(view, name, record[name], makes[index] !== undefined);
  });
  for (const [from, to] of gaps) zero(view._data, view._offset + from, view._offset + to);
}

function place(view: StructView, { type, makes }: Plan, offset: number): void {
  view._offset = offset;
  const kept = view._kept;
  if (kept === undefined) return;
  for (let i = 0; i < kept.length; i++) {
    if (makes[i] === undefined) kept[i] = undefined;
    else (kept[i] as RawView | undefined)?._place(offset + (type.fields[i] as Field).offset);
  }
}

/** The class of a struct's views, see `generateStruct`. */
export function fallbackStruct(type: StructType, makes: readonly (Make | undefined)[]): StructClass {
  const { fields, align } = type;
  const plan: Plan = { type, makes, gaps: gapsOf(type) };
  class View implements StructView {
    declare readonly _type: StructType;
    declare readonly _names: ReadonlySet<string>;
    readonly _data: DataView;
    _offset: number;
    readonly _limit: number;
    readonly _parent: RawView | undefined;
    _kept: (RawView | AnyTypedArray | undefined)[] | undefined = undefined;

    constructor(data: DataView, offset: number, limit: number, parent: RawView | undefined) {
      this._data = data;
      this._offset = offset;
      this._limit = limit;
      this._parent = parent;
    }

    get byteOffset(): number {
      return this._offset;
    }

    moveTo(offset: number): this {
      if (
        typeof offset !== "number" ||
        !(offset >= 0 && offset <= this._limit) ||
        Math.floor(offset) !== offset ||
        (offset & (align - 1)) !== 0
      ) {
        throw failOffset(this, offset);
      }
      this._offset = offset;
      if (this._kept !== undefined) place(this, plan, offset);
      return this;
    }

    viewAt(offset: number): View {
      if (
        typeof offset !== "number" ||
        !(offset >= 0 && offset <= this._limit) ||
        Math.floor(offset) !== offset ||
        (offset & (align - 1)) !== 0
      ) {
        throw failOffset(this, offset);
      }
      return new View(this._data, offset, this._limit, undefined);
    }

    toObject(): Members {
      checkOpen(this._data);
      const members = this as unknown as Members;
      return Object.fromEntries(
        fields.map(({ name }, index) => [name, copyOf(members[name], makes[index] !== undefined)]),
      );
    }

    assign(record: unknown): void {
      checkWhole(this, record, fields.length);
      writeFields(this, plan, record as Members, true);
    }

    set(record: unknown): void {
      checkPart(this, record);
      writeFields(this, plan, record as Members, false);
    }

    _place(offset: number): void {
      place(this, plan, offset);
    }

    _labelOf(child: RawView): string {
      return fields[this._kept?.indexOf(child) ?? -1]?.name ?? "";
    }
  }
  fields.forEach((field, index) => {
    Object.defineProperty(View.prototype, field.name, { configurable: true, ...accessor(field, index, makes[index]) });
  });
  return View;
}

function accessor(field: Field, index: number, make: Make | undefined): PropertyDescriptor & ThisType<StructView> {
  const { name, type, offset } = field;
  if (make !== undefined) {
    return {
      get() {
        this._kept ??= [];
        this._kept[index] ??= make(this._data, this._offset + offset, this);
        return this._kept[index];
      },
    };
  }
  if (type.kind !== "bytes" && type.kind !== "vector") return accessOf(field, type as ScalarType | Utf8Type);
  const copy = type.kind === "bytes" ? copyBytes : copyVector;
  return {
    get() {
      this._kept ??= [];
      this._kept[index] ??= arrayAt(this._data, this._offset + offset, type);
      return this._kept[index];
    },
    set(value: unknown) {
      copy(this, name, (this as unknown as Members)[name] as AnyTypedArray, value);
    },
  };
}

/** The class of the views of flags, see `generateBits`. */
export function fallbackBits({ flags, size }: BitsType): BitsClass {
  const kind = size === 1 ? "u8" : size === 2 ? "u16" : "u32";
  const changed = (view: RecordView, bits: number, index: number, value: unknown) => {
    if (typeof value !== "boolean") fail(view, flags[index] as string, value);
    return value ? bits | (2 ** index) : bits & ~(2 ** index);
  };
  class Bits implements RecordView {
    declare readonly _type: BitsType;
    declare readonly _names: ReadonlySet<string>;
    readonly _data: DataView;
    _offset: number;
    readonly _parent: RawView | undefined;

    constructor(data: DataView, offset: number, parent: RawView | undefined) {
      this._data = data;
      this._offset = offset;
      this._parent = parent;
    }

    _labelOf(): string {
      return "";
    }

    _bits(): number {
      return readScalar(this._data, this._offset, kind) as number;
    }

    _write(bits: number): void {
      writeScalar(this._data, this._offset, kind, bits >>> 0);
    }

    _place(offset: number): void {
      this._offset = offset;
    }

    toObject(): Members {
      checkOpen(this._data);
      return Object.fromEntries(flags.map((name) => [name, (this as unknown as Members)[name]]));
    }

    assign(value: unknown): void {
      checkWhole(this, value, flags.length);
      this._write(flags.reduce((bits, name, index) => changed(this, bits, index, (value as Members)[name]), 0));
    }

    set(value: unknown): void {
      checkPart(this, value);
      const given = (bits: number, name: string, index: number) => {
        const flag = (value as Members)[name];
        return flag === undefined ? bits : changed(this, bits, index, flag);
      };
      this._write(flags.reduce(given, this._bits()));
    }
  }
  flags.forEach((name, index) => {
    Object.defineProperty(Bits.prototype, name, {
      configurable: true,
      get(this: Bits) {
        return (this._bits() & (2 ** index)) !== 0;
      },
      set(this: Bits, value: unknown) {
        this._write(changed(this, this._bits(), index, value));
      },
    });
  });
  return Bits;
}

/** The class of lists of scalars or strings, see `generateList`. */
export function fallbackList(element: ScalarType | Utf8Type): ListClass {
  if (element.kind === "utf8") return fallbackTextList(element.size);
  const { kind } = element;
  return class List extends ListView {
    get(index: number): unknown {
      return readScalar(this._data, this._at(index), kind) ?? failUnsafe(this, index);
    }

    set(index: number, value: unknown): void {
      const at = this._at(index);
      if (!accepts(kind, value)) fail(this, index, value);
      writeScalar(this._data, at, kind, value);
    }
  };
}

function fallbackTextList(size: number): ListClass {
  return class TextList extends ListView {
    get(index: number): string {
      return readUtf8(this._data, this._at(index), size) ?? failText(this, index);
    }

    set(index: number, value: unknown): void {
      if (!writeUtf8(this._data, this._at(index), size, value)) fail(this, index, value);
    }
  };
}
