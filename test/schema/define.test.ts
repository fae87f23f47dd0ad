import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  array,
  bits,
  bool,
  bytes,
  FamfsError,
  type FieldType,
  f32,
  f64,
  i64,
  type Schema,
  struct,
  u8,
  u16,
  u32,
  u64,
  u64Number,
  utf8,
  vector,
} from "../../lib/index.js";
import { schema as anySchema } from "./arbitrary.js";

const offsets = (schema: Schema) => Object.fromEntries(schema.fields.map((field) => [field.name, field.offset]));

/** The error that a definition ends in. */
function refused(define: () => unknown): FamfsError {
  try {
    define();
  } catch (error) {
    if (error instanceof FamfsError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("layout", () => {
  test("fields lie at the next multiple of their alignment, and the size is a multiple of the largest", () => {
    const schema = struct({ a: u8, b: u32, c: u16, d: u64, e: u8 });
    expect(offsets(schema)).toEqual({ a: 0, b: 4, c: 8, d: 16, e: 24 });
    expect([schema.size, schema.align]).toEqual([32, 8]);
  });

  test("every type has the size and alignment of C", () => {
    const nested = struct({ x: f64, y: u8 });
    const types: [FieldType, number, number][] = [
      [u64Number, 8, 8],
      [bool, 1, 1],
      [f32, 4, 4],
      [bytes(5), 5, 1],
      [utf8(7), 7, 1],
      [vector(f32, 3), 12, 4],
      [array(u16, 3), 6, 2],
      [array(nested, 2), 32, 8],
      [nested, 16, 8],
      [bits("a"), 1, 1],
      [bits(...Array.from({ length: 9 }, (_, i) => `f${i}`)), 2, 2],
      [bits(...Array.from({ length: 17 }, (_, i) => `f${i}`)), 4, 4],
    ];
    for (const [type, size, align] of types) expect([type.size, type.align]).toEqual([size, align]);
  });

  test("align moves the size to whole lines", () => {
    expect(struct({ a: u8 }, { align: 64 })).toMatchObject({ size: 64, align: 64 });
    expect(offsets(struct({ a: u8, b: struct({ c: u8 }, { align: 64 }) }))).toEqual({ a: 0, b: 64 });
  });

  test("no field overlaps another or is misaligned, whatever the schema", () => {
    fc.assert(
      fc.property(anySchema(), (schema) => {
        let end = 0;
        for (const { offset, type } of schema.fields) {
          expect(offset % type.align).toBe(0);
          expect(offset).toBeGreaterThanOrEqual(end);
          expect(offset - end).toBeLessThan(type.align);
          end = offset + type.size;
        }
        expect(schema.size % schema.align).toBe(0);
        expect(schema.size - end).toBeLessThan(schema.align);
      }),
    );
  });

  test("a schema never changes", () => {
    const fields = { a: u8 };
    const schema = struct(fields);
    Object.assign(fields, { a: u64, b: u64 });
    expect(schema.text).toBe("struct {\n  a: u8\n}");
    expect(() => Object.assign(schema, { size: 9 })).toThrow(TypeError);
    expect(() => (schema.fields as unknown[]).push(1)).toThrow(TypeError);
  });
});

describe("definitions that are refused", () => {
  const cases: [string, () => unknown, RegExp][] = [
    ["an empty struct", () => struct({}), /at least one field/],
    ["an empty name", () => struct({ "": u8 }), /name of a field/],
    ["a name that starts with a digit", () => struct({ "1a": u8 }), /name of a field/],
    ["a name that ends in an underscore", () => struct({ a_: u8 }), /name of a field/],
    ["a name with a line end", () => struct({ "a\nb": u8 }), /name of a field/],
    ["a name with a line end behind it", () => struct({ "a\n": u8 }), /name of a field/],
    ["a name that is code", () => struct({ "a(){}get b": u8 }), /name of a field/],
    ["__proto__", () => struct(JSON.parse('{"__proto__": 1}')), /name of a field/],
    ["a name of a view's own", () => struct({ moveTo: u8 }), /views have a member/],
    ["constructor", () => struct({ constructor: u8 }), /views have a member/],
    ["a name of 64 characters", () => struct({ ["a".repeat(64)]: u8 }), /at most 63/],
    ["a flag twice", () => bits("a", "b", "a"), /"a" twice/],
    ["no flags", () => bits(), /1 to 32 flags/],
    ["33 flags", () => bits(...Array.from({ length: 33 }, (_, i) => `f${i}`)), /1 to 32 flags/],
    ["a flag with an invalid name", () => bits("a b"), /flag 0/],
    ["utf8(0)", () => utf8(0), /from 1 to/],
    ["bytes(-1)", () => bytes(-1), /from 1 to/],
    ["bytes(1.5)", () => bytes(1.5), /from 1 to/],
    ["bytes of more than 1 GiB", () => bytes(2 ** 30 + 1), /from 1 to 1073741824/],
    ["a vector of 0", () => vector(f64, 0), /from 1 to/],
    ["a vector of more than 1 GiB", () => vector(f64, 2 ** 27 + 1), /from 1 to 134217728/],
    ["an array of infinitely many", () => array(u8, Number.POSITIVE_INFINITY), /from 1 to/],
    ["a string as length", () => array(u8, "4" as unknown as number), /found "4"/],
    ["a struct of more than 1 GiB", () => struct({ a: bytes(2 ** 30), b: u8 }), /1073741824 bytes, found/],
    ["a vector of bool", () => vector(bool as never, 4), /found bool/],
    ["a vector of u64Number", () => vector(u64Number as never, 4), /found u64Number/],
    ["a vector of structs", () => vector(struct({ a: u8 }) as never, 4), /found struct/],
    ["an unknown type", () => struct({ a: "u32" as never }), /such as u32/],
    ["undefined", () => struct({ a: undefined as never }), /found undefined/],
    ["a lookalike", () => struct({ a: { kind: "u32", size: 4, align: 4 } as never }), /put struct\(\) around/],
    ["a function, as for a recursive type", () => struct({ next: (() => u8) as never }), /cannot contain itself/],
    ["align 48", () => struct({ a: u8 }, { align: 48 }), /power of two/],
    ["align 0", () => struct({ a: u8 }, { align: 0 }), /power of two/],
    ["align 8192", () => struct({ a: u8 }, { align: 8192 }), /power of two from 1 to 4096/],
    ["align below the natural one", () => struct({ a: u64 }, { align: 4 }), /at least 8/],
    [
      "1025 fields",
      () => struct(Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [`f${i}`, u8]))),
      /1024 fields/,
    ],
  ];
  test.each(cases)("%s", (_name, define, message) => {
    const error = refused(define);
    expect(error.code).toBe("ERR_FAMFS_INVALID_SCHEMA");
    expect(error.message).toMatch(message);
  });

  test("a struct that contains its own fields", () => {
    const fields: Record<string, unknown> = { a: u8 };
    fields["self"] = fields;
    const error = refused(() => struct(fields as never));
    expect(error).toMatchObject({
      code: "ERR_FAMFS_INVALID_SCHEMA",
      message: expect.stringMatching(/contains itself/),
    });
  });

  test("17 levels of structs", () => {
    let type: FieldType = u8;
    for (let i = 0; i < 16; i++) type = struct({ a: type });
    expect(refused(() => struct({ a: type })).message).toMatch(/16 levels deep, found 17/);
  });

  test("17 levels of arrays", () => {
    let type: FieldType = u8;
    for (let i = 0; i < 16; i++) type = array(type, 1);
    expect(refused(() => array(type, 1)).message).toMatch(/16 levels deep, found 17/);
  });

  test("nested structs that multiply to more fields than allowed", () => {
    let type: FieldType = u8;
    const grow = () => {
      for (let i = 0; i < 16; i++) type = struct({ a: type, b: type, c: type, d: type });
    };
    expect(refused(grow).message).toMatch(/1024 fields/);
  });

  test("a text of more than 65536 characters", () => {
    const fields = Array.from({ length: 1000 }, (_, i) => [`${"x".repeat(58)}${i}`, array(vector(f32, 16), 2)]);
    expect(refused(() => struct(Object.fromEntries(fields))).message).toMatch(/65536 characters/);
  });

  test("options and fields of the wrong shape", () => {
    expect(refused(() => struct({ a: u8 }, { pack: 1 } as never)).code).toBe("ERR_FAMFS_UNKNOWN_OPTION");
    expect(refused(() => struct(null as never)).code).toBe("ERR_FAMFS_INVALID_TYPE");
    expect(refused(() => struct([i64] as never)).code).toBe("ERR_FAMFS_INVALID_TYPE");
  });
});
