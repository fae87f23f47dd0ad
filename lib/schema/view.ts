import { fallbackBits, fallbackList, fallbackStruct } from "./fallback.js";
import { canGenerate, generateBits, generateList, generateStruct } from "./generate.js";
import { childList, type ListClass, typedArrayList } from "./lists.js";
import type { BitsClass, Composite, Make, StructClass } from "./raw-view.js";
import { namesOf } from "./records.js";
import type { ScalarType } from "./scalars.js";
import type { ArrayType, BitsType, BytesType, FieldType, StructType, Utf8Type, VectorType } from "./types.js";

/** Makes the view classes of types, one for each type, at first use. */
export class ViewClasses {
  private readonly generate: boolean;
  private readonly made = new WeakMap<Composite, unknown>();

  /** @param generate whether code may be made from strings */
  constructor(generate: boolean) {
    this.generate = generate;
  }

  /** The class of a struct's views. */
  ofStruct(type: StructType): StructClass {
    return this.once(type, () => {
      const makes = type.fields.map((field) => this.maker(field.type));
      return withNames((this.generate ? generateStruct : fallbackStruct)(type, makes), type);
    });
  }

  /** The class of lists with elements of a type. */
  ofList(type: ArrayType): ListClass {
    return this.once(type, () => {
      const make = this.maker(type.element);
      if (make !== undefined) return childList(make);
      const { kind } = type.element;
      if (kind === "bytes" || kind === "vector") return typedArrayList(type as ArrayType<BytesType | VectorType>);
      return (this.generate ? generateList : fallbackList)(type as ArrayType<ScalarType | Utf8Type>);
    });
  }

  private ofBits(type: BitsType): BitsClass {
    return this.once(type, () => withNames((this.generate ? generateBits : fallbackBits)(type), type));
  }

  private once<C extends new (...args: never[]) => object>(type: Composite, make: () => C): C {
    const known = this.made.get(type) as C | undefined;
    if (known !== undefined) return known;
    const made = make();
    Object.defineProperty(made.prototype, "_type", { value: type });
    this.made.set(type, made);
    return made;
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
    const List = this.ofList(type);
    return (data, offset, parent) => {
      const list = new List(data, offset, type.length, type.element.size);
      list._parent = parent;
      return list;
    };
  }
}

function withNames<C extends new (...args: never[]) => object>(View: C, type: StructType | BitsType): C {
  Object.defineProperty(View.prototype, "_names", { value: namesOf(type) });
  return View;
}

let chosen: ViewClasses | undefined;

/** The view classes of this process: generated code where that is allowed, else the fallback. */
export function viewClasses(): ViewClasses {
  chosen ??= new ViewClasses(canGenerate());
  return chosen;
}
