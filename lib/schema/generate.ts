import { readCode, refuse, sharedArrays, writeCode } from "./accessor-code.js";
import { arrayAt, copyArray, zero } from "./arrays.js";
import { fail, failOffset, failText, failUnsafe } from "./fail.js";
import { type ListClass, ListView } from "./lists.js";
import type { BitsClass, Make, StructClass } from "./raw-view.js";
import { checkPart, checkWhole, gapsOf } from "./records.js";
import type { ScalarType } from "./scalars.js";
import { checkOpen } from "./source.js";
import type { BitsType, Field, FieldType, StructType, Utf8Type } from "./types.js";
import { readUtf8, writeUtf8 } from "./utf8.js";

/*
 * Classes made from source text, so that every accessor is one DataView call, or one element, at a constant offset, and
 * every class has its own code and type feedback. fallback.ts makes classes with the same results where the text is refused.
 * All names in the text were checked by `checkName`. Helpers that refuse something throw by themselves; the `throw` in
 * front of them tells the optimiser that nothing goes on behind.
 */

const HELPERS = {
  ListView,
  arrayAt,
  checkOpen,
  checkPart,
  checkWhole,
  copyArray,
  fail,
  failOffset,
  failText,
  failUnsafe,
  readUtf8,
  refuse,
  writeUtf8,
  zero,
};

let evaluated = 0;

function evaluate<T>(body: string, constants: Record<string, unknown>): T {
  const scope = { ...HELPERS, ...constants };
  // The number makes every text another one: V8 lets functions with equal text share their type feedback.
  const text = `"use strict"; /* ${evaluated++} */ return ${body}`;
  return new Function(...Object.keys(scope), text)(...Object.values(scope)) as T;
}

/** Whether this process may make code from strings. */
export function canGenerate(): boolean {
  try {
    return evaluate<boolean>("true", {});
  } catch {
    return false;
  }
}

function isChild(type: FieldType): boolean {
  return type.kind === "struct" || type.kind === "array" || type.kind === "bits";
}

/** Whether a view keeps something for a field: a nested view or a typed array. */
function isKept(type: FieldType): boolean {
  return isChild(type) || type.kind === "bytes" || type.kind === "vector";
}

function accessors({ name, type, offset }: Field, index: number, arrays: ReadonlySet<string>): string {
  const at = `this._offset + ${offset}`;
  const label = JSON.stringify(name);
  const kept = `this._kept${index}`;
  if (isChild(type)) {
    return `get ${name}() {
      if (${kept} === undefined) ${kept} = make${index}(this._data, ${at}, this);
      return ${kept};
    }`;
  }
  if (type.kind === "bytes" || type.kind === "vector") {
    return `get ${name}() {
      if (${kept} === undefined) ${kept} = arrayAt(this._data, ${at}, type${index});
      return ${kept};
    }
    set ${name}(value) { copyArray(this, ${label}, ${at}, type${index}, value); }`;
  }
  const simple = type as ScalarType | Utf8Type;
  const place = { at, label, arrays };
  return `get ${name}() { ${readCode(simple, place)} }
    set ${name}(value) { ${writeCode(simple, place)} }`;
}

function placeCode(fields: readonly Field[]): string {
  const move = ({ type, offset }: Field, index: number) => {
    if (isChild(type)) return `if (this._kept${index} !== undefined) this._kept${index}._place(offset + ${offset});`;
    return isKept(type) ? `this._kept${index} = undefined;` : "";
  };
  return `this._offset = offset; ${fields.map(move).join(" ")}`;
}

function copyCode({ name, type }: Field): string {
  if (isChild(type)) return `${name}: this.${name}.toObject()`;
  return `${name}: this.${name}${isKept(type) ? ".slice()" : ""}`;
}

function storeCode({ name, type }: Field): string {
  return isChild(type) ? `this.${name}.assign(record.${name});` : `this.${name} = record.${name};`;
}

function structSource(type: StructType): string {
  const { fields, align } = type;
  const within = 'typeof offset !== "number" || !(offset >= 0 && offset <= this._limit)';
  const refused = `${within} || Math.floor(offset) !== offset || (offset & ${align - 1}) !== 0`;
  const zeroes = gapsOf(type)
    .map(([from, to]) => `zero(this._data, this._offset + ${from}, this._offset + ${to});`)
    .join(" ");
  const kept = fields.map((field, index) => (isKept(field.type) ? `this._kept${index} = undefined;` : "")).join(" ");
  const arrays = sharedArrays(fields);
  return `class View {
    constructor(data, offset, limit, parent) {
      this._data = data; this._offset = offset; this._limit = limit; this._parent = parent; ${kept}
      ${[...arrays].map((array) => `this._${array} = data.${array};`).join(" ")}
    }
    get _gone() { return this._data.getUint8(0); }
    get byteOffset() { return this._offset; }
    moveTo(offset) { if (${refused}) throw failOffset(this, offset); ${placeCode(fields)} return this; }
    viewAt(offset) { if (${refused}) throw failOffset(this, offset); return this._viewAt(offset); }
    _viewAt(offset) { return new View(this._data, offset, this._limit, undefined); }
    toObject() { checkOpen(this._data); return { ${fields.map(copyCode).join(", ")} }; }
    assign(record) { checkWhole(this, record, ${fields.length}); ${fields.map(storeCode).join(" ")} ${zeroes} }
    set(record) {
      checkPart(this, record);
      ${fields.map((field) => `if (record.${field.name} !== undefined) ${storeCode(field)}`).join("\n      ")}
      ${zeroes}
    }
    _place(offset) { ${placeCode(fields)} }
    _labelOf(child) { return names.find((name, index) => this["_kept" + index] === child); }
    ${fields.map((field, index) => accessors(field, index, arrays)).join("\n    ")}
  }`;
}

/** The class of a struct's views. `makes` has the maker of the nested view of each field that has one. */
export function generateStruct(type: StructType, makes: readonly (Make | undefined)[]): StructClass {
  const constants: Record<string, unknown> = { names: type.fields.map((field) => field.name) };
  type.fields.forEach((field, index) => {
    if (isChild(field.type)) constants[`make${index}`] = makes[index];
    else if (isKept(field.type)) constants[`type${index}`] = field.type;
  });
  return evaluate(structSource(type), constants);
}

/** The class of the views of flags. */
export function generateBits(type: BitsType): BitsClass {
  const access = `Uint${type.size * 8}`;
  const read = `this._data.get${access}(this._offset, true)`;
  const write = (value: string) => `this._data.set${access}(this._offset, ${value}, true);`;
  const change = (name: string, index: number, value: string) =>
    `if (typeof ${value} !== "boolean") throw fail(this, "${name}", ${value});
      ${value} ? bits |= ${2 ** index} : bits &= ~${2 ** index};`;
  const flags = type.flags.map((name, index) => {
    return `get ${name}() { return (${read} & ${2 ** index}) !== 0; }
    set ${name}(value) { let bits = ${read}; ${change(name, index, "value")} ${write("bits")} }`;
  });
  const all = type.flags.map((name, index) => change(name, index, `flags.${name}`));
  const part = type.flags.map((name, index) => `if (flags.${name} !== undefined) { ${all[index]} }`);
  return evaluate(
    `class Bits {
    constructor(data, offset, parent) { this._data = data; this._offset = offset; this._parent = parent; }
    _place(offset) { this._offset = offset; }
    toObject() { checkOpen(this._data); return { ${type.flags.map((name) => `${name}: this.${name}`).join(", ")} }; }
    assign(flags) { checkWhole(this, flags, ${type.flags.length}); let bits = 0; ${all.join(" ")} ${write("bits")} }
    set(flags) { checkPart(this, flags); let bits = ${read}; ${part.join(" ")} ${write("bits")} }
    ${flags.join("\n    ")}
  }`,
    {},
  );
}

/** The class of lists of scalars or strings. */
export function generateList(element: ScalarType | Utf8Type): ListClass {
  const place = { at: "at", label: "index", arrays: new Set<string>() };
  return evaluate(
    `class List extends ListView {
    get(index) { const at = this._at(index); ${readCode(element, place)} }
    set(index, value) { const at = this._at(index); ${writeCode(element, place)} }
  }`,
    {},
  );
}
