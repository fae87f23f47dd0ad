import type { ArrayView, Fields, FieldType, Schema, View } from "../../lib/index.js";
import { ViewClasses, viewClasses } from "../../lib/schema/view.js";
import { ViewMemory } from "../../lib/schema/view-memory.js";

/*
 * Both ways of making view classes, in one process. A process gets the fallback only by a flag, so the class that makes
 * them is taken from the source; test/schema/without-code-generation.test.ts runs the same tests in a
 * process with the flag.
 */

export interface Mode {
  readonly mode: string;
  view<F extends Fields>(schema: Schema<F>, memory: Uint8Array<ArrayBuffer>, offset?: number): View<F>;
  list<E extends FieldType>(element: E, memory: Uint8Array<ArrayBuffer>, length: number): ArrayView<E>;
}

const dataOf = (memory: Uint8Array) => new ViewMemory(memory.buffer, memory.byteOffset, memory.byteLength);

function listOf<E extends FieldType>(classes: ViewClasses, element: E, memory: Uint8Array, length: number) {
  return new (classes.ofList(element))(dataOf(memory), 0, length, element.size) as ArrayView<E>;
}

/** Whether this process may make code from strings. */
function allowed(): boolean {
  try {
    return new Function("return true")();
  } catch {
    return false;
  }
}

const chosen: Mode = {
  mode: allowed() ? "generated code" : "what is chosen without code generation",
  view: (schema, memory, offset) => schema.view(memory, offset),
  list: (element, memory, length) => listOf(viewClasses(dataOf(memory), element), element, memory, length),
};

const fallbackClasses = new ViewClasses(false);

const fallback: Mode = {
  mode: "the fallback",
  view<F extends Fields>(schema: Schema<F>, memory: Uint8Array, offset = 0) {
    const limit = memory.byteLength - schema.size;
    const view = new (fallbackClasses.ofStruct(schema))(dataOf(memory), 0, limit, undefined) as unknown as View<F>;
    return view.moveTo(offset);
  },
  list: (element, memory, length) => listOf(fallbackClasses, element, memory, length),
};

/** For `describe.each`. */
export const MODES: readonly Mode[] = [chosen, fallback];
