import { options, wrongType } from "../guards.js";
import { describe, type ForeignFile, type ForeignStruct, type Member } from "./foreign.js";
import type { ScalarKind } from "./scalars.js";
import { Schema } from "./struct.js";
import type { FieldType } from "./types.js";

const SCALARS: { readonly [K in ScalarKind]: string } = {
  i8: "int8_t",
  u8: "uint8_t",
  i16: "int16_t",
  u16: "uint16_t",
  i32: "int32_t",
  u32: "uint32_t",
  i64: "int64_t",
  u64: "uint64_t",
  f32: "float",
  f64: "double",
  bool: "bool",
  i64Number: "int64_t",
  u64Number: "uint64_t",
};

/** The type in front of a member's name, and the dimensions behind it. */
function declarator(file: ForeignFile, type: FieldType): [string, string] {
  switch (type.kind) {
    case "bytes":
      return ["uint8_t", `[${type.size}]`];
    case "utf8":
      return ["char", `[${type.size}]`];
    case "bits":
      return [`uint${type.size * 8}_t`, ""];
    case "vector":
      return [SCALARS[type.element.kind], `[${type.length}]`];
    case "array": {
      const [base, dimensions] = declarator(file, type.element);
      return [base, `[${type.length}]${dimensions}`];
    }
    case "struct":
      return [`struct ${file.nameOf(type)}`, ""];
    default:
      return [SCALARS[type.kind], ""];
  }
}

function memberText(file: ForeignFile, { name, type }: Member): string {
  if (typeof type === "number") return `uint8_t ${name}[${type}];`;
  const [base, dimensions] = declarator(file, type);
  return `${base} ${name}${dimensions};`;
}

function structText(file: ForeignFile, { name, type, members, overAligned }: ForeignStruct): string {
  const lines = members.map((member, index) => {
    const align = overAligned && index === 0 ? `FAMFS_SCHEMA_ALIGNAS(${type.align}) ` : "";
    return `  ${align}${memberText(file, member)}`;
  });
  const asserts = [
    `FAMFS_SCHEMA_ASSERT(sizeof(struct ${name}) == ${type.size}, "size of ${name}");`,
    ...members.flatMap((member) => {
      const path = `struct ${name}, ${member.name}`;
      const size = typeof member.type === "number" ? member.type : member.type.size;
      return [
        `FAMFS_SCHEMA_ASSERT(offsetof(${path}) == ${member.offset}, "offset of ${name}.${member.name}");`,
        `FAMFS_SCHEMA_ASSERT(sizeof(((struct ${name} *)0)->${member.name}) == ${size}, "size of ${name}.${member.name}");`,
      ];
    }),
  ];
  return `struct ${name} {\n${lines.join("\n")}\n};\n${asserts.join("\n")}\n`;
}

const HEAD = `#include <stddef.h>
#include <stdint.h>
#ifndef __cplusplus
#include <stdbool.h>
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "records are little-endian"
#endif

#ifndef FAMFS_SCHEMA_ASSERT
#ifdef __cplusplus
#define FAMFS_SCHEMA_ASSERT(condition, what) static_assert(condition, what)
#define FAMFS_SCHEMA_ALIGNAS(n) alignas(n)
#else
#define FAMFS_SCHEMA_ASSERT(condition, what) _Static_assert(condition, what)
#define FAMFS_SCHEMA_ALIGNAS(n) _Alignas(n)
#endif
#endif
`;

/**
 * A header for C11 and C++17 that declares a schema as a struct: the same bytes, explicit padding, and a static assert on
 * every offset and size. Names that are words of C, C++ or Python end in an underscore there (`int` is `int_`).
 * @param schema the schema
 * @param options.name the name of the struct; nested structs and flags are named after it and their field
 * @throws {FamfsError} ERR_FAMFS_INVALID_SCHEMA, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_UNKNOWN_OPTION
 */
export function toCHeader(schema: Schema, opts: { name: string }): string {
  if (!(schema instanceof Schema)) throw wrongType("the first argument of toCHeader", "a schema", schema);
  const { name } = options("toCHeader", opts, ["name"]);
  const file = describe(schema, name as string);
  const guard = `FAMFS_SCHEMA_${name}_H`;
  const flags = file.flags.map((flag) => `#define ${flag.name} UINT${flag.size * 8}_C(${flag.mask})`);
  const fingerprint = `UINT64_C(0x${file.fingerprint.value.toString(16).padStart(16, "0")})`;
  return [
    `/*\n${schema.text}\n*/\n#ifndef ${guard}\n#define ${guard}\n`,
    HEAD,
    [`#define ${file.fingerprint.name} ${fingerprint}`, ...flags, ""].join("\n"),
    ...file.structs.map((struct) => structText(file, struct)),
    "#endif\n",
  ].join("\n");
}
