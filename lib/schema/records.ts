import { failName, failWhole } from "./fail.js";
import type { RawView } from "./raw-view.js";
import { checkOpen } from "./source.js";
import type { BitsType, Field, StructType } from "./types.js";

/** A view with named members: fields or flags. */
export interface RecordView extends RawView {
  /** The names of the members; on the prototype. */
  readonly _names: ReadonlySet<string>;
}

/** The names of a type's fields or flags. */
export function namesOf(type: StructType | BitsType): ReadonlySet<string> {
  return new Set(type.kind === "struct" ? type.fields.map((field) => field.name) : type.flags);
}

function checkNames(view: RecordView, record: object): void {
  for (const name in record) if (!view._names.has(name)) failName(view, name);
}

function checkRecord(view: RecordView, record: unknown): asserts record is object {
  if (typeof record !== "object" || record === null || Array.isArray(record)) failWhole(view, record);
  checkOpen(view._data);
}

/** Checks the object given to `set`: all its names are fields or flags. */
export function checkPart(view: RecordView, record: unknown): void {
  checkRecord(view, record);
  checkNames(view, record);
}

/**
 * Checks the object given to `assign`. With as many names as there are fields, one that is unknown means that another
 * is missing, which its setter will refuse; so the names themselves need a look only if the number is another.
 */
export function checkWhole(view: RecordView, record: unknown, count: number): void {
  checkRecord(view, record);
  let found = 0;
  for (const _ in record) found++;
  if (found !== count) checkNames(view, record);
}

/** The bytes of a struct that belong to no field, as pairs of start and end. */
export function gapsOf(type: StructType): [number, number][] {
  const gaps: [number, number][] = [];
  let end = 0;
  for (const field of [...type.fields, { offset: type.size, type: { size: 0 } } as Pick<Field, "offset" | "type">]) {
    if (field.offset > end) gaps.push([end, field.offset]);
    end = field.offset + field.type.size;
  }
  return gaps;
}
