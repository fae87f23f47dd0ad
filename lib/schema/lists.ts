import { arrayAt, copyArray } from "./arrays.js";
import { failIndex, failList } from "./fail.js";
import type { Make, RawView, Shown } from "./raw-view.js";
import { checkOpen } from "./source.js";
import type { BytesType, VectorType } from "./types.js";
import type { ViewMemory } from "./view-memory.js";

/** Elements at equal distances: an array field, a shared array of scalars, or a column of records. */
export abstract class ListView implements RawView {
  declare readonly _type: Shown;
  readonly _data: ViewMemory;
  _offset: number;
  _parent: RawView | undefined = undefined;
  /** What a list that belongs to no view is called in errors: the field that it is a column of. */
  _name = "";
  readonly length: number;
  /** Bytes from one element to the next. */
  readonly _stride: number;

  constructor(data: ViewMemory, offset: number, length: number, stride: number) {
    this._data = data;
    this._offset = offset;
    this.length = length;
    this._stride = stride;
  }

  abstract get(index: number): unknown;
  abstract set(index: number, value: unknown): void;

  assign(values: unknown): void {
    if (!Array.isArray(values) || values.length !== this.length) failList(this, values);
    checkOpen(this._data);
    for (let i = 0; i < this.length; i++) this.set(i, values[i]);
  }

  toObject(): unknown[] {
    checkOpen(this._data);
    return Array.from({ length: this.length }, (_, i) => this._copy(i));
  }

  *[Symbol.iterator](): Generator<unknown> {
    for (let i = 0; i < this.length; i++) yield this.get(i);
  }

  _place(offset: number): void {
    this._offset = offset;
  }

  _labelOf(_child: RawView): string | number {
    return "";
  }

  /** An element for `toObject`. */
  _copy(index: number): unknown {
    return this.get(index);
  }

  /** Where an element is. */
  _at(index: number): number {
    if (index >>> 0 !== index || index >= this.length) failIndex(this, index);
    return this._offset + index * this._stride;
  }
}

/** The class of lists of one type of elements. */
export type ListClass = new (data: ViewMemory, offset: number, length: number, stride: number) => ListView;

/** The class of lists of `bytes` or `vector`. */
export function typedArrayList(element: BytesType | VectorType): ListClass {
  return class TypedArrayList extends ListView {
    get(index: number) {
      return arrayAt(this._data, this._at(index), element);
    }

    set(index: number, value: unknown): void {
      copyArray(this, index, this._at(index), element, value);
    }

    override _copy(index: number) {
      return this.get(index).slice();
    }
  };
}

/** The class of lists of structs, arrays or flags: each element touched has a view, which moves with the list. */
export function childList(make: Make): ListClass {
  return class ChildList extends ListView {
    private readonly _items: (RawView | undefined)[] = [];

    get(index: number): RawView {
      const at = this._at(index);
      this._items[index] ??= make(this._data, at, this);
      return this._items[index];
    }

    set(index: number, value: unknown): void {
      this.get(index).assign(value);
    }

    override _copy(index: number): unknown {
      return this.get(index).toObject();
    }

    override _place(offset: number): void {
      this._offset = offset;
      this._items.forEach((item, index) => {
        item?._place(offset + index * this._stride);
      });
    }

    override _labelOf(child: RawView): number {
      return this._items.indexOf(child);
    }
  };
}
