import { FamfsError } from "../errors.js";
import { show, wrongType } from "../guards.js";
import { pathOf, pathOfView, type RawView, type Shown } from "./raw-view.js";
import { SCALARS, type ScalarKind } from "./scalars.js";
import { checkOpen } from "./source.js";
import type { BitsType, FieldType, StructType, VectorType } from "./types.js";
import { encodingFault, utf8Length } from "./utf8.js";

function typeAt(type: Shown, label: string | number): FieldType | "flag" {
  if (type.kind === "elements") return type.element;
  if (type.kind === "bits") return "flag";
  return type.fields.find((field) => field.name === label)?.type as FieldType;
}

/** The error for a value that a field cannot take. */
function valueError(path: string, type: FieldType | "flag", value: unknown): FamfsError {
  if (type === "flag") return wrongType(path, "true or false", value);
  switch (type.kind) {
    case "utf8":
      return textError(path, type.size, value);
    case "bytes":
      return lengthError(path, "a Uint8Array", type.size, value);
    case "vector":
      return lengthError(path, `an array of ${type.element.kind}`, type.length, value);
    case "array":
    case "bits":
    case "struct":
      return wrongType(path || "the record", "an object", value);
  }
  return scalarError(path, type.kind, value);
}

/** The error for a value that a scalar cannot take. */
function scalarError(path: string, kind: ScalarKind, value: unknown): FamfsError {
  const { expected } = SCALARS[kind];
  const needed = kind === "bool" ? "boolean" : kind === "i64" || kind === "u64" ? "bigint" : "number";
  if (typeof value !== needed) return wrongType(path, expected, value);
  return new FamfsError("ERR_FAMFS_OUT_OF_RANGE", `${path} must be ${expected}, found ${show(value)}`);
}

function textError(path: string, size: number, value: unknown): FamfsError {
  if (typeof value !== "string") return wrongType(path, "a string", value);
  const fault = encodingFault(value);
  if (fault !== undefined)
    return new FamfsError("ERR_FAMFS_ENCODING", `${path} must be a string ${fault}, found ${show(value)}`);
  return new FamfsError(
    "ERR_FAMFS_OUT_OF_RANGE",
    `${path} must be a string of at most ${size} bytes in UTF-8, found ${show(value)}, which has ${utf8Length(value)}`,
  );
}

function lengthError(path: string, what: string, length: number, value: unknown): FamfsError {
  const found = (value as ArrayLike<unknown> | null | undefined)?.length;
  if (typeof value !== "object" || typeof found !== "number")
    return wrongType(path, `${what} of length ${length}`, value);
  if (found === length) return wrongType(path, what, value);
  return new FamfsError("ERR_FAMFS_OUT_OF_RANGE", `${path} must be ${what} of length ${length}, found length ${found}`);
}

/** Refuses a value for a field, flag or element. */
export function fail(view: RawView, label: string | number, value: unknown): never {
  throw valueError(pathOf(view, label), typeAt(view._type, label), value);
}

/** Refuses an element of what is given for a vector. */
export function failElement(view: RawView, label: string | number, index: number, value: unknown): never {
  const type = typeAt(view._type, label) as VectorType;
  throw scalarError(`${pathOf(view, label)}[${index}]`, type.element.kind, value);
}

/** Refuses a name that is no field or flag of the view. */
export function failName(view: RawView, name: string): never {
  const hint = name.startsWith("_") ? "; to copy from a view, give its toObject()" : "";
  throw new FamfsError("ERR_FAMFS_UNKNOWN_FIELD", `${pathOf(view, name)} is no field of this schema${hint}`);
}

/** Refuses what is given for a whole view. */
export function failWhole(view: RawView, value: unknown): never {
  throw valueError(pathOfView(view), view._type as StructType | BitsType, value);
}

/** Refuses what is given for all elements of a list. */
export function failList(view: RawView & { readonly length: number }, value: unknown): never {
  throw lengthError(pathOfView(view) || "the elements", "an array", view.length, value);
}

/** Refuses a 64-bit integer in memory that a number cannot hold. */
export function failUnsafe(view: RawView, label: string | number): never {
  const path = pathOf(view, label);
  throw new FamfsError(
    "ERR_FAMFS_OUT_OF_RANGE",
    `${path} holds an integer that is not safe as a number; declare it as i64 or u64 to read it as a bigint`,
  );
}

/** Refuses bytes in memory that are no UTF-8. */
export function failText(view: RawView, label: string | number): never {
  throw new FamfsError(
    "ERR_FAMFS_ENCODING",
    `${pathOf(view, label)} holds bytes that are not UTF-8; declare it as bytes`,
  );
}

/** Refuses an index of an array field. */
export function failIndex(view: RawView & { readonly length: number }, index: unknown): never {
  const name = `the index of ${pathOfView(view) || "an array"}`;
  if (typeof index !== "number") throw wrongType(name, "a number", index);
  throw new FamfsError(
    "ERR_FAMFS_OUT_OF_RANGE",
    `${name} must be an integer from 0 to ${view.length - 1}, found ${index}`,
  );
}

/** Refuses an offset that a view cannot be moved to. */
export function failOffset(view: RawView & { readonly _limit: number }, offset: unknown): never {
  const { size, align } = view._type as StructType;
  if (view._parent !== undefined) {
    throw new FamfsError("ERR_FAMFS_OUT_OF_RANGE", "a nested view moves with the view it came from, and not by itself");
  }
  checkOpen(view._data);
  if (typeof offset !== "number") throw wrongType("the offset of a view", "a number", offset);
  if (!(offset >= 0 && offset <= view._limit)) {
    throw new FamfsError(
      "ERR_FAMFS_OUT_OF_RANGE",
      `the offset of a view of ${size} bytes must be from 0 to ${view._limit}, as its memory has ${view._limit + size} bytes, found ${offset}`,
    );
  }
  throw new FamfsError("ERR_FAMFS_MISALIGNED", `the offset of a view must be a multiple of ${align}, found ${offset}`);
}
