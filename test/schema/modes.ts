import type { ArrayView, Fields, FieldType, Schema, View } from "famfs";

/*
 * Both ways of making view classes, in one process. A process gets the fallback only by a flag, so the class that makes
 * them is taken from inside the built package; test/schema/without-code-generation.test.ts starts real processes with
 * the flag.
 */

interface ViewClassesOf {
  ofStruct(type: unknown): new (data: DataView, offset: number, limit: number, parent: undefined) => unknown;
  ofList(element: unknown): new (data: DataView, offset: number, length: number, stride: number) => unknown;
}

const { ViewClasses } = (await import(new URL("./schema/view.js", import.meta.resolve("famfs")).href)) as {
  ViewClasses: new (generate: boolean) => ViewClassesOf;
};

export interface Mode {
  readonly mode: string;
  view<F extends Fields>(schema: Schema<F>, memory: Uint8Array, offset?: number): View<F>;
  list<E extends FieldType>(element: E, memory: Uint8Array, length: number): ArrayView<E>;
}

function mode(name: string, generate: boolean): Mode {
  const classes = new ViewClasses(generate);
  const dataOf = (memory: Uint8Array) => new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  return {
    mode: name,
    view<F extends Fields>(schema: Schema<F>, memory: Uint8Array, offset = 0) {
      const limit = memory.byteLength - schema.size;
      return (new (classes.ofStruct(schema))(dataOf(memory), 0, limit, undefined) as View<F>).moveTo(offset);
    },
    list<E extends FieldType>(element: E, memory: Uint8Array, length: number) {
      return new (classes.ofList(element))(dataOf(memory), 0, length, element.size) as ArrayView<E>;
    },
  };
}

/** For `describe.each`. */
export const MODES: readonly Mode[] = [mode("generated code", true), mode("fallback", false)];
