import { fallbackBits, fallbackList, fallbackStruct } from "./fallback.js";
import { canGenerate, generateBits, generateList, generateStruct } from "./generate.js";
import { childList, type ListClass, typedArrayList } from "./lists.js";
import type { BitsClass, Make, Shown, StructClass } from "./raw-view.js";
import { namesOf } from "./records.js";
import type { ScalarType } from "./scalars.js";
import type { BitsType, FieldType, StructType, Utf8Type } from "./types.js";
import type { ViewMemory } from "./view-memory.js";

/** Makes the view classes of types, one for each type, at first use. */
export class ViewClasses {
  private readonly generate: boolean;
  private readonly made = new WeakMap<StructType | BitsType, unknown>();
  private readonly lists = new WeakMap<FieldType, ListClass>();

  /** @param generate whether code may be made from strings */
  constructor(generate: boolean) {
    this.generate = generate;
  }

  /** The class of a struct's views. */
  ofStruct(type: StructType): StructClass {
    return once(this.made, type, type, () => {
      const makes = type.fields.map((field) => this.maker(field.type));
      return withNames((this.generate ? generateStruct : fallbackStruct)(type, makes), type);
    });
  }

  /** The class of lists with elements of a type. */
  ofList(element: FieldType): ListClass {
    return once(this.lists, element, { kind: "elements", element }, () => this.makeList(element));
  }

  private makeList(element: FieldType): ListClass {
    const make = this.maker(element);
    if (make !== undefined) return childList(make);
    if (element.kind === "bytes" || element.kind === "vector") return typedArrayList(element);
    return (this.generate ? generateList : fallbackList)(element as ScalarType | Utf8Type);
  }

  private ofBits(type: BitsType): BitsClass {
    return once(this.made, type, type, () => withNames((this.generate ? generateBits : fallbackBits)(type), type));
  }

  /** How the view of a nested struct, array or flags is made; undefined for types that need none. */
  private maker(type: FieldType): Make | undefined {
    if (type.kind === "struct") {
      const View = this.ofStruct(type);
      return (data, offset, parent) => new View(data, offset, -1, parent);
    }
    if (type.kind === "bits") {
      const Bits = this.ofBits(type);
      return (data, offset, parent) => new Bits(data, offset, parent);
    }
    if (type.kind !== "array") return undefined;
    const List = this.ofList(type.element);
    return (data, offset, parent) => {
      const list = new List(data, offset, type.length, type.element.size);
      list._parent = parent;
      return list;
    };
  }
}

/** The class known for a type, or a new one that knows what it shows. */
function once<T extends FieldType, C extends new (...args: never[]) => object>(
  known: WeakMap<T, unknown>,
  type: T,
  shown: Shown,
  make: () => C,
): C {
  const before = known.get(type) as C | undefined;
  if (before !== undefined) return before;
  const made = make();
  Object.defineProperty(made.prototype, "_type", { value: shown });
  known.set(type, made);
  return made;
}

function withNames<C extends new (...args: never[]) => object>(View: C, type: StructType | BitsType): C {
  Object.defineProperty(View.prototype, "_names", { value: namesOf(type) });
  return View;
}

let generated: ViewClasses | undefined;
let fallback: ViewClasses | undefined;

/** The view classes for a type in a memory: generated code where that is allowed and right, else the fallback. */
export function viewClasses(memory: ViewMemory, { align }: FieldType): ViewClasses {
  generated ??= new ViewClasses(canGenerate());
  if (memory.hasElements(Math.min(align, 8))) return generated;
  fallback ??= new ViewClasses(false);
  return fallback;
}
