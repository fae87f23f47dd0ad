import { options, wrongType } from "../guards.js";
import { describe, type ForeignFile, type ForeignStruct } from "./foreign.js";
import type { ScalarKind } from "./scalars.js";
import { Schema } from "./struct.js";
import type { FieldType } from "./types.js";

const SCALARS: { readonly [K in ScalarKind]: string } = {
  i8: "c_int8",
  u8: "c_uint8",
  i16: "c_int16",
  u16: "c_uint16",
  i32: "c_int32",
  u32: "c_uint32",
  i64: "c_int64",
  u64: "c_uint64",
  f32: "c_float",
  f64: "c_double",
  bool: "c_bool",
  i64Number: "c_int64",
  u64Number: "c_uint64",
};

function typeText(file: ForeignFile, type: FieldType | number): string {
  if (typeof type === "number") return `_ctypes.c_uint8 * ${type}`;
  switch (type.kind) {
    case "bytes":
      return `_ctypes.c_uint8 * ${type.size}`;
    case "utf8":
      return `_ctypes.c_char * ${type.size}`;
    case "bits":
      return `_ctypes.c_uint${type.size * 8}`;
    case "vector":
      return `_ctypes.${SCALARS[type.element.kind]} * ${type.length}`;
    case "array":
      return `(${typeText(file, type.element)}) * ${type.length}`;
    case "struct":
      return file.nameOf(type);
    default:
      return `_ctypes.${SCALARS[type.kind]}`;
  }
}

function classText(file: ForeignFile, { name, members }: ForeignStruct): string {
  const lines = members.map((member) => `        ("${member.name}", ${typeText(file, member.type)}),`);
  return `class ${name}(_ctypes.Structure):\n    _fields_ = [\n${lines.join("\n")}\n    ]\n`;
}

function checkText({ name, type, members }: ForeignStruct): string {
  const offsets = members.map((member) => {
    const size = typeof member.type === "number" ? member.type : member.type.size;
    return `    ("${member.name}", ${member.offset}, ${size}),`;
  });
  return `_check(${name}, ${type.size}, (\n${offsets.join("\n")}\n))\n`;
}

const HEAD = `import ctypes as _ctypes
import sys as _sys

if _sys.byteorder != "little":
    raise ImportError("records are little-endian")


def _check(struct, size, members):
    if _ctypes.sizeof(struct) != size:
        raise ImportError(f"size of {struct.__name__}: {_ctypes.sizeof(struct)}, must be {size}")
    for name, offset, length in members:
        member = getattr(struct, name)
        if (member.offset, member.size) != (offset, length):
            raise ImportError(f"place of {struct.__name__}.{name}: {member}, must be {offset}, {length}")

`;

/**
 * A Python module that declares a schema as a `ctypes.Structure`, checks every offset and size when it is imported, and
 * has a constant for each flag and the fingerprint. Names are those of `toCHeader`.
 * @param schema the schema
 * @param options.name the name of the class, default `"record"`
 * @throws {FamfsError} ERR_FAMFS_INVALID_SCHEMA, ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_UNKNOWN_OPTION
 */
export function toCtypes(schema: Schema, opts?: { name?: string }): string {
  if (!(schema instanceof Schema)) throw wrongType("the first argument of toCtypes", "a schema", schema);
  const { name = "record" } = options("toCtypes", opts, ["name"]);
  const file = describe(schema, name);
  const constants = [
    `${file.fingerprint.name} = 0x${file.fingerprint.value.toString(16).padStart(16, "0")}`,
    ...file.flags.map((flag) => `${flag.name} = ${flag.mask}`),
  ];
  return [
    `"""\n${schema.text}\n"""\n`,
    HEAD,
    `${constants.join("\n")}\n`,
    ...file.structs.flatMap((struct) => ["", classText(file, struct), "", checkText(struct)]),
  ].join("\n");
}
