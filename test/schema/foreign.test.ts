import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { array, bits, FamfsError, f64, struct, toCHeader, toCtypes, u8, u16, u32, u64 } from "../../lib/index.js";
import { temporaryDirectory } from "./memory.js";

let directory: ReturnType<typeof temporaryDirectory>;
beforeAll(() => {
  directory = temporaryDirectory();
});
afterAll(() => directory.remove());

function run(command: string, args: string[], input?: string): string {
  return execFileSync(command, args, { cwd: directory.path, encoding: "utf8", input, stdio: ["pipe", "pipe", "pipe"] });
}

const STRICT = ["-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only"];
const LANGUAGES = [
  ["gcc", "-std=c11", "c"],
  ["gcc", "-std=gnu17", "c"],
  ["g++", "-std=c++17", "c++"],
  ["g++", "-std=gnu++20", "c++"],
] as const;

/** Compiles source that includes "schema.h". @throws with the compiler's words */
function compile(header: string, source = ""): void {
  writeFileSync(join(directory.path, "schema.h"), header);
  for (const [compiler, standard, language] of LANGUAGES) {
    const program = `#include "schema.h"\n#include "schema.h"\n${source}\nint main(void) { return 0; }\n`;
    run(compiler, [standard, ...STRICT, "-x", language, "-"], program);
  }
}

function python(module: string, ...statements: string[]): string {
  writeFileSync(join(directory.path, "schema.py"), module);
  return run("python3", ["-B", "-c", ["from schema import *", ...statements].join("\n")]).trim();
}

const Leg = struct({ price: f64, side: u8 });
const Trade = struct({
  id: u64,
  flags: bits("open", "hidden"),
  wide: bits(...Array.from({ length: 32 }, (_, i) => `f${i}`)),
  leg: Leg,
  legs: array(Leg, 2),
  other: struct({ flags: bits("open") }),
});

/** Every macro without an underscore in front that the headers' own includes define. */
function macros(compiler: string, standard: string, language: string): string[] {
  const includes = `#include <stddef.h>\n#include <stdint.h>\n${language === "c" ? "#include <stdbool.h>\n" : ""}`;
  const text = run(compiler, [standard, "-dM", "-E", "-x", language, "-"], includes);
  return [...text.matchAll(/^#define ([A-Za-z]\w*)/gm)].map((match) => match[1] as string);
}

const WORDS = `alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t class compl
  const constexpr const_cast continue decltype default delete do double dynamic_cast else enum explicit export extern
  false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq
  private protected public register reinterpret_cast restrict return short signed sizeof static static_assert
  static_cast struct switch template this thread_local throw true try typedef typeid typename union unsigned using
  virtual void volatile wchar_t while xor xor_eq int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t size_t
  offsetof NULL record main std`.split(/\s+/);

describe("names in other languages", () => {
  test("words and macros of C, C++ and Python end in an underscore, all others stay", () => {
    const keywords = run("python3", ["-c", "import keyword; print(*keyword.kwlist, *keyword.softkwlist)"]);
    const names = [
      ...WORDS,
      ...keywords.trim().split(" "),
      ...LANGUAGES.flatMap(([compiler, standard, language]) => macros(compiler, standard, language)),
    ].filter((name) => /^[A-Za-z]/.test(name) && !name.endsWith("_"));
    const every = [...new Set(names)];
    expect(every.length).toBeGreaterThan(150);
    const schema = struct(Object.fromEntries(every.map((name) => [name, u8])));
    compile(toCHeader(schema, { name: "record" }));
    const [first, second] = ["int", "INT8_MAX"];
    expect(toCHeader(schema, { name: "record" })).toContain(`uint8_t ${first}_;\n`);
    expect(toCHeader(schema, { name: "record" })).toContain(`uint8_t ${second}_;\n`);
    const attributes = every.map((name) => (toCtypes(schema).includes(`("${name}_", `) ? `${name}_` : name));
    expect(
      python(toCtypes(schema), "r = record()", ...attributes.map((name) => `r.${name} = 1`), "print(sum(bytes(r)))"),
    ).toBe(String(every.length));
    expect(toCtypes(struct({ price: f64, offset: u8 }))).toContain('("offset", ');
  });

  test("fields named like the structs and constants that the header declares", () => {
    const schema = struct({
      t: u8,
      t_a: u8,
      a: struct({ b: bits("c"), x: u8 }),
      a_b: struct({ c: u16 }),
      b: bits("c", "d"),
      t_b_c: u32,
      fingerprint: u8,
      nested: struct({ t: u8, t_a: struct({ b: u32 }) }),
      pad0: u8,
    });
    compile(toCHeader(schema, { name: "t" }));
    expect(python(toCtypes(schema, { name: "t" }), "import ctypes", "print(ctypes.sizeof(t))")).toBe(
      String(schema.size),
    );
  });

  test("equal nested structs are one struct, different ones have names of their own", () => {
    const header = toCHeader(Trade, { name: "trade" });
    expect(header.match(/^struct \w+ \{/gm)).toEqual(["struct trade_leg {", "struct trade_other {", "struct trade {"]);
    compile(header, "struct trade t; struct trade_leg *leg = &t.leg, *legs = t.legs;");
  });

  test.each(["int", "1a", "a b", "", "a_", "class", "x".repeat(64), undefined, 7])("the name %s is refused", (name) => {
    const options = { name } as { name: string };
    expect(() => toCHeader(Trade, options)).toThrow(FamfsError);
    if (name !== undefined) expect(() => toCtypes(Trade, options)).toThrow(FamfsError);
  });

  test("what is no schema and unknown options are refused", () => {
    expect(() => toCHeader({} as never, { name: "a" })).toThrow(/must be a schema/);
    expect(() => toCtypes(u8 as never)).toThrow(/must be a schema/);
    expect(() => toCHeader(Trade, { name: "a", pack: 1 } as never)).toThrow(/no option "pack"/);
    expect(() => toCtypes(Trade, { nam: "a" } as never)).toThrow(/no option "nam"/);
  });
});

describe("what the files declare", () => {
  test("flags and the fingerprint are constants", () => {
    const fingerprint = Trade.fingerprint.toString(16);
    compile(
      toCHeader(Trade, { name: "trade" }),
      `FAMFS_SCHEMA_ASSERT(trade_flags_open == 1 && trade_flags_hidden == 2, "flags");
      FAMFS_SCHEMA_ASSERT(trade_wide_f31 == 0x80000000u && trade_other_flags_open == 1, "wide flags");
      FAMFS_SCHEMA_ASSERT(trade_fingerprint == UINT64_C(0x${fingerprint}), "fingerprint");`,
    );
    expect(
      python(
        toCtypes(Trade, { name: "trade" }),
        "print(trade_flags_open, trade_flags_hidden, trade_wide_f31, trade_other_flags_open, hex(trade_fingerprint))",
      ),
    ).toBe(`1 2 2147483648 1 0x${fingerprint}`);
  });

  test("align holds for variables of the struct too", () => {
    const Line = struct({ inner: struct({ a: u8 }, { align: 32 }), b: u8 }, { align: 64 });
    compile(
      toCHeader(Line, { name: "line" }),
      `#ifdef __cplusplus
      static_assert(alignof(line) == 64 && alignof(line_inner) == 32, "align");
      #else
      _Static_assert(_Alignof(struct line) == 64 && _Alignof(struct line_inner) == 32, "align");
      #endif`,
    );
    expect(python(toCtypes(Line), "import ctypes", "print(ctypes.sizeof(record), record.b.offset)")).toBe("64 32");
  });

  test("a header that does not describe these bytes does not compile, and such a module is not imported", () => {
    const header = toCHeader(Trade, { name: "trade" });
    expect(() => compile(header.replace("double price;", "float price;"))).toThrow(/static assertion failed/);
    expect(() => compile(header.replace("uint8_t pad0_[3]", "uint8_t pad0_[2]"))).toThrow(/static assertion failed/);
    const module = toCtypes(Trade);
    expect(() => python(module.replace("c_double", "c_float"))).toThrow(/ImportError/);
    expect(() => python(module.replace("c_uint8 * 7", "c_uint8 * 3"))).toThrow(/ImportError/);
  });
});
