import { accessOf } from "./access.js";
import { type AnyTypedArray, arrayAt, copyArray, zero } from "./arrays.js";
import { fail, failOffset, failText, failUnsafe } from "./fail.js";
import { type ListClass, ListView } from "./lists.js";
import type { BitsClass, Make, RawView, StructClass } from "./raw-view.js";
import { checkPart, checkWhole, gapsOf, type RecordView } from "./records.js";
import { accepts, readScalar, type ScalarType, writeScalar } from "./scalars.js";
import { checkOpen } from "./source.js";
import type { BitsType, Field, StructType, Utf8Type } from "./types.js";
import { readUtf8, writeUtf8 } from "./utf8.js";
import type { ViewMemory } from "./view-memory.js";

/*
 * The classes of generate.ts without making code from strings, and for memory of any size: every accessor is a closure
 * over its offset, and what generate.ts writes out field by field is a loop.
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
  readonly _plan: Plan;
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

function writeFields(view: StructView, record: Members, whole: boolean): void {
  const { type, makes, gaps } = view._plan;
  type.fields.forEach(({ name }, index) => {
    if (whole || record[name] !== undefined) store(view, name, record[name], makes[index] !== undefined);
  });
  for (const [from, to] of gaps) zero(view._data, view._offset + from, view._offset + to);
}

/** What every struct's views have in common; not a base class, as their constructors must not call another. */
const STRUCT_MEMBERS: PropertyDescriptorMap & ThisType<StructView & Members> = Object.getOwnPropertyDescriptors({
  get byteOffset(): number {
    return (this as unknown as StructView)._offset;
  },
  toObject(this: StructView & Members): Members {
    checkOpen(this._data);
    const { type, makes } = this._plan;
    return Object.fromEntries(
      type.fields.map(({ name }, index) => [name, copyOf((this as Members)[name], makes[index] !== undefined)]),
    );
  },
  assign(this: StructView, record: unknown): void {
    checkWhole(this, record, this._plan.type.fields.length);
    writeFields(this, record as Members, true);
  },
  set(this: StructView, record: unknown): void {
    checkPart(this, record);
    writeFields(this, record as Members, false);
  },
  _place(this: StructView, offset: number): void {
    this._offset = offset;
    const { type, makes } = this._plan;
    this._kept?.forEach((item, index, kept) => {
      if (makes[index] === undefined) kept[index] = undefined;
      else (item as RawView | undefined)?._place(offset + (type.fields[index] as Field).offset);
    });
  },
  _labelOf(this: StructView, child: RawView): string {
    return this._plan.type.fields[this._kept?.indexOf(child) ?? -1]?.name ?? "";
  },
});

function isOffset(offset: unknown, limit: number, align: number): boolean {
  return (
    typeof offset === "number" &&
    offset >= 0 &&
    offset <= limit &&
    Math.floor(offset) === offset &&
    (offset & (align - 1)) === 0
  );
}

/** The class of a struct's views, see `generateStruct`. */
export function fallbackStruct(type: StructType, makes: readonly (Make | undefined)[]): StructClass {
  const { fields, align } = type;
  class View {
    readonly _data: ViewMemory;
    _offset: number;
    readonly _limit: number;
    readonly _parent: RawView | undefined;
    _kept: StructView["_kept"] = undefined;

    constructor(data: ViewMemory, offset: number, limit: number, parent: RawView | undefined) {
      this._data = data;
      this._offset = offset;
      this._limit = limit;
      this._parent = parent;
    }

    moveTo(offset: number): this {
      if (!isOffset(offset, this._limit, align)) throw failOffset(this as never, offset);
      this._offset = offset;
      if (this._kept !== undefined) (this as unknown as StructView)._place(offset);
      return this;
    }

    viewAt(offset: number): View {
      if (!isOffset(offset, this._limit, align)) throw failOffset(this as never, offset);
      return this._viewAt(offset);
    }

    _viewAt(offset: number): View {
      return new View(this._data, offset, this._limit, undefined);
    }
  }
  const plan: Plan = { type, makes, gaps: gapsOf(type) };
  Object.defineProperties(View.prototype, { ...STRUCT_MEMBERS, _plan: { value: plan } });
  fields.forEach((field, index) => {
    Object.defineProperty(View.prototype, field.name, { configurable: true, ...accessor(field, index, makes[index]) });
  });
  return View as unknown as StructClass;
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
  return {
    get() {
      this._kept ??= [];
      this._kept[index] ??= arrayAt(this._data, this._offset + offset, type);
      return this._kept[index];
    },
    set(value: unknown) {
      copyArray(this, name, this._offset + offset, type, value);
    },
  };
}

/** The views of flags but for the accessors of the flags. */
class BitsView implements RecordView {
  declare readonly _type: BitsType;
  declare readonly _names: ReadonlySet<string>;
  readonly _data: ViewMemory;
  _offset: number;
  readonly _parent: RawView | undefined;

  constructor(data: ViewMemory, offset: number, parent: RawView | undefined) {
    this._data = data;
    this._offset = offset;
    this._parent = parent;
  }

  _bits(): number {
    return readScalar(this._data, this._offset, BITS_KINDS[this._type.size]) as number;
  }

  _write(bits: number): void {
    writeScalar(this._data, this._offset, BITS_KINDS[this._type.size], bits >>> 0);
  }

  _changed(bits: number, index: number, value: unknown): number {
    if (typeof value !== "boolean") fail(this, this._type.flags[index] as string, value);
    return value ? bits | (2 ** index) : bits & ~(2 ** index);
  }

  _place(offset: number): void {
    this._offset = offset;
  }

  _labelOf(): string {
    return "";
  }

  toObject(): Members {
    checkOpen(this._data);
    return Object.fromEntries(this._type.flags.map((name) => [name, (this as unknown as Members)[name]]));
  }

  assign(flags: unknown): void {
    checkWhole(this, flags, this._type.flags.length);
    const change = (bits: number, name: string, index: number) => this._changed(bits, index, (flags as Members)[name]);
    this._write(this._type.flags.reduce(change, 0));
  }

  set(flags: unknown): void {
    checkPart(this, flags);
    const change = (bits: number, name: string, index: number) => {
      const value = (flags as Members)[name];
      return value === undefined ? bits : this._changed(bits, index, value);
    };
    this._write(this._type.flags.reduce(change, this._bits()));
  }
}

const BITS_KINDS = { 1: "u8", 2: "u16", 4: "u32" } as const;

/** The class of the views of flags, see `generateBits`. */
export function fallbackBits({ flags }: BitsType): BitsClass {
  class Bits extends BitsView {}
  flags.forEach((name, index) => {
    Object.defineProperty(Bits.prototype, name, {
      configurable: true,
      get(this: Bits) {
        return (this._bits() & (2 ** index)) !== 0;
      },
      set(this: Bits, value: unknown) {
        this._write(this._changed(this._bits(), index, value));
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
