import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  array,
  assertSameSchema,
  bits,
  FamfsError,
  f32,
  f64,
  parseSchema,
  struct,
  u8,
  u32,
  u64,
  utf8,
  vector,
} from "../../lib/index.js";
import { schema as anySchema } from "./arbitrary.js";

const Trade = struct(
  {
    id: u64,
    symbol: utf8(16),
    embedding: vector(f32, 64),
    legs: array(struct({ price: f64, side: u8 }), 4),
    flags: bits("open", "hidden"),
  },
  { align: 64 },
);

const TEXT = `struct align(64) {
  id: u64
  symbol: utf8(16)
  embedding: vector(f32, 64)
  legs: array(struct {
    price: f64
    side: u8
  }, 4)
  flags: bits(open, hidden)
}`;

function refused(text: unknown): FamfsError {
  try {
    parseSchema(text as string);
  } catch (error) {
    if (error instanceof FamfsError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe("the text of a schema", () => {
  test("has one field a line", () => {
    expect(Trade.text).toBe(TEXT);
  });

  test("names the alignment only where it is more than the natural one", () => {
    expect(struct({ a: u64 }, { align: 8 }).text).toBe(struct({ a: u64 }).text);
    expect(struct({ a: u64 }, { align: 16 }).text).toBe("struct align(16) {\n  a: u64\n}");
  });

  test("is read back as an equal schema, whatever the schema", () => {
    fc.assert(
      fc.property(anySchema(4), (schema) => {
        const again = parseSchema(schema.text);
        expect(again.text).toBe(schema.text);
        expect(again.fingerprint).toBe(schema.fingerprint);
        expect([again.size, again.align]).toEqual([schema.size, schema.align]);
        expect(again.fields.map((field) => [field.name, field.offset, field.type.size])).toEqual(
          schema.fields.map((field) => [field.name, field.offset, field.type.size]),
        );
      }),
    );
  });

  test("may be read with other blanks, and comes out in its canonical form", () => {
    const compact = TEXT.replace(/\s+/g, " ").replace(/ ?([(){}:,]) ?/g, "$1");
    expect(parseSchema(compact).text).toBe(TEXT);
    expect(parseSchema(`\r\n\t ${TEXT.replace(/([(){}:,])/g, " $1\n\n ")}\n`).text).toBe(TEXT);
  });

  test("as large as it can be is read back", () => {
    const widest = struct(Object.fromEntries(Array.from({ length: 1024 }, (_, i) => [`${"n".repeat(48)}x${i}`, u8])));
    expect(widest.text.length).toBeGreaterThan(60_000);
    expect(parseSchema(widest.text).text).toBe(widest.text);
    let deepest = struct({ a: u8 });
    for (let i = 1; i < 16; i++) deepest = struct({ a: deepest }) as never;
    expect(parseSchema(deepest.text).text).toBe(deepest.text);
  });
});

describe("the fingerprint", () => {
  test("is the first 8 bytes of the SHA-256 of the text", () => {
    const digest = createHash("sha256").update(TEXT).digest("hex");
    expect(Trade.fingerprint.toString(16).padStart(16, "0")).toBe(digest.slice(0, 16));
  });

  test("does not change between versions", () => {
    expect(struct({ a: u8 }).fingerprint).toBe(0xa475d38e651476d5n);
  });
});

describe("text that is refused, with its position", () => {
  const cases: [string, RegExp][] = [
    ["", /line 1, column 1.*expected "struct", found the end/],
    ["structure { a: u8 }", /line 1, column 1.*expected "struct"/],
    ["struct { a: u8", /line 1, column 15.*field name or "}", found the end/],
    ["struct { a u8 }", /line 1, column 12.*expected ":"/],
    ["struct {\n  a: u8\n  b: u9\n}", /line 3, column 6.*unknown type "u9"/],
    ["struct {\n  a: u8\n  a: u8\n}", /line 3, column 3.*two fields "a"/],
    ["struct { a: u8 } x", /line 1, column 18.*expected the end of the text/],
    ["struct { a: bits(x, x) }", /line 1, column 13.*"x" twice/],
    ["struct { a: bits() }", /expected the name of a flag/],
    ["struct { a: bytes(0) }", /column 19.*a number from 1/],
    ["struct { a: bytes(99999999999) }", /at most 10 digits/],
    ["struct { a: bytes(9999999999) }", /column 13.*from 1 to 1073741824/],
    ["struct { a: vector(bool, 4) }", /column 20.*cannot be an element/],
    ["struct { a: vector(struct { b: u8 }, 4) }", /cannot be an element/],
    ["struct { a: array(u8, 0) }", /a number from 1/],
    ["struct align(3) { a: u8 }", /power of two/],
    ["struct align(2) { a: u64 }", /at least 8/],
    ["struct { }", /at least one field/],
    ["struct { moveTo: u8 }", /views have a member/],
    ["struct { a_: u8 }", /underscore/],
    ["struct { a: u8; }", /column 15.*unexpected character ";"/],
    ["struct { a: u8 /* x */ }", /unexpected character "\/"/],
    ["struct { ä: u8 }", /unexpected character "ä"/],
    ["struct { a: u8\0 }", /unexpected character/],
    ["struct { a: constructor }", /unknown type "constructor"/],
    ["struct { a: __proto__ }", /expected a type/],
  ];
  test.each(cases)("%j", (text, message) => {
    const error = refused(text);
    expect(error.code).toBe("ERR_FAMFS_SCHEMA_TEXT");
    expect(error.message).toMatch(message);
  });

  test("what is no string", () => {
    expect(refused(7).code).toBe("ERR_FAMFS_INVALID_TYPE");
  });

  test.each([
    ["too long", "struct { a: u8 }".padEnd(65_537)],
    ["much too long", "x".repeat(50_000_000)],
    ["of blanks", " ".repeat(65_536)],
    ["of one name", "a".repeat(65_536)],
    ["of opening brackets", "struct {a:".repeat(6_500)],
    ["of nested arrays", `struct { a: ${"array(".repeat(10_000)}`],
    ["of many fields", `struct {${Array.from({ length: 9_000 }, (_, i) => `f${i}:u8`).join(" ")}}`],
    ["of many flags", `struct { a: bits(${Array.from({ length: 9_000 }, (_, i) => `f${i}`).join(",")})}`],
    ["of line ends", `struct {${"\n".repeat(65_000)}!`],
  ])("hostile text %s, without much work", (_name, text) => {
    const error = refused(text);
    expect(error.code).toBe("ERR_FAMFS_SCHEMA_TEXT");
    expect(error.message.length).toBeLessThan(500);
  });

  test("any text ends in a schema or in this error", () => {
    const tokens = fc.constantFrom(
      "struct",
      "{",
      "}",
      "(",
      ")",
      ":",
      ",",
      "a",
      "b",
      "u8",
      "f64",
      "array",
      "vector",
      "bits",
      "utf8",
      "align",
      "4",
      "0",
      "\n",
      "é",
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(tokens, { maxLength: 60 }).map((list) => list.join(" ")),
    );
    fc.assert(
      fc.property(text, (drawn) => {
        try {
          expect(parseSchema(parseSchema(drawn).text).text).toMatch(/^struct /);
        } catch (error) {
          expect(error).toMatchObject({ code: "ERR_FAMFS_SCHEMA_TEXT" });
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("a canonical text with one character changed ends in another schema or in this error", () => {
    const place = fc.nat({ max: TEXT.length - 1 });
    fc.assert(
      fc.property(place, fc.string({ minLength: 1, maxLength: 1, unit: "grapheme-ascii" }), (at, char) => {
        const changed = TEXT.slice(0, at) + char + TEXT.slice(at + 1);
        try {
          const { text } = parseSchema(changed);
          expect(text === TEXT).toBe(changed.replace(/\s+/g, "") === TEXT.replace(/\s+/g, ""));
        } catch (error) {
          expect(error).toMatchObject({ code: "ERR_FAMFS_SCHEMA_TEXT" });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("two schemas that differ", () => {
  const refusal = (expected: typeof Trade, found: string) => {
    try {
      assertSameSchema('the queue "trades"', expected, found);
    } catch (error) {
      if (error instanceof FamfsError) return error;
    }
    throw new Error("nothing was refused");
  };

  test("equal texts are accepted", () => {
    assertSameSchema("it", Trade, TEXT);
  });

  test("are refused with a diff of their texts", () => {
    const found = TEXT.replace("utf8(16)", "utf8(8)").replace("    side: u8\n", "").replace("flags", "marks");
    const error = refusal(Trade, found);
    expect(error.code).toBe("ERR_FAMFS_SCHEMA_MISMATCH");
    expect(error.message).toContain('the queue "trades"');
    expect(error.message.split("\n").slice(1)).toEqual([
      "    id: u64",
      "-   symbol: utf8(16)",
      "+   symbol: utf8(8)",
      "    embedding: vector(f32, 64)",
      "      price: f64",
      "-     side: u8",
      "    }, 4)",
      "-   flags: bits(open, hidden)",
      "+   marks: bits(open, hidden)",
      "  }",
    ]);
  });

  test("whatever was found, the message is short and has only printable characters", () => {
    for (const found of [
      "",
      "\u001b[2J\0\u202e",
      "x".repeat(1e7),
      "\n".repeat(1e6),
      `${TEXT}\n`,
      "a\n".repeat(60_000),
    ]) {
      const { message } = refusal(Trade, found);
      expect(message.length).toBeLessThan(15_000);
      expect(message).toMatch(/^[\n -~…]*$/);
    }
  });

  test("a number more is another schema", () => {
    expect(refusal(Trade, struct({ a: u32 }).text).message).toMatch(/^[-+] /m);
  });
});
