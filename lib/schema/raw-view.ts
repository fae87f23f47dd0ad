import type { BitsType, FieldType, StructType } from "./types.js";
import type { ViewMemory } from "./view-memory.js";

/** What a view shows: a struct, flags, or any number of elements. */
export type Shown = StructType | BitsType | { readonly kind: "elements"; readonly element: FieldType };

/**
 * What every view is inside. Names with an underscore in front cannot be names of fields. An interface and no base class:
 * a constructor that calls `super` is slow in Node 20, and a view may be made for every record.
 */
export interface RawView {
  /** The type shown; on the prototype, as each type has its own class. */
  readonly _type: Shown;
  readonly _data: ViewMemory;
  _offset: number;
  /** The view that this one belongs to. */
  readonly _parent: RawView | undefined;
  /** What the outermost view is called in paths, where it has a name. */
  readonly _name?: string;
  /** Moves this view and those that belong to it; without checks. */
  _place(offset: number): void;
  /** The field name or index that a view belonging to this one stands for. */
  _labelOf(child: RawView): string | number;
  toObject(): unknown;
  assign(value: unknown): void;
}

/** The path of a field from the outermost view on, such as `legs[2].price`. */
export function pathOf(view: RawView | undefined, label: string | number): string {
  let path = "";
  for (let [v, l] = [view, label]; v !== undefined; [v, l] = [v._parent, v._parent?._labelOf(v) ?? ""]) {
    path = `${v._name ?? ""}${typeof l === "number" ? `[${l}]` : `.${l}`}${path}`;
  }
  return path.replace(/^\./, "");
}

/** The path of a view itself; empty for an outermost one. */
export function pathOfView(view: RawView): string {
  return view._parent === undefined ? (view._name ?? "") : pathOf(view._parent, view._parent._labelOf(view));
}

/** Makes the view of a nested struct, array or flags. */
export type Make = (data: ViewMemory, offset: number, parent: RawView) => RawView;

/** The class of a struct's views. `limit` is the highest offset it can be moved to; -1 for a nested view. */
export type StructClass = new (data: ViewMemory, offset: number, limit: number, parent: RawView | undefined) => RawView;

/** The class of the views of flags. */
export type BitsClass = new (data: ViewMemory, offset: number, parent: RawView | undefined) => RawView;
