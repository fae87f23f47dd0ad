import type { FieldType, Schema } from "../../lib/index.js";
import { array, bits, struct } from "../../lib/index.js";
import { foreignName } from "../../lib/schema/foreign.js";

/*
 * C and Python programs for any schema. Each maps a file of records, copies every field by name into a file of records
 * whose fields lie in the opposite order, and prints a checksum of all values as that language understands them. A field
 * in the wrong place, of the wrong type or under the wrong name changes one of the two.
 */

/** The same type with fields and flags in the opposite order, at all levels. */
export function reversedType(type: FieldType): FieldType {
  if (type.kind === "array") return array(reversedType(type.element), type.length);
  if (type.kind === "bits") return bits(...type.flags.toReversed());
  return type.kind === "struct" ? reversed(type as Schema) : type;
}

/** See {@link reversedType}. */
export function reversed(schema: Schema): Schema {
  const fields = schema.fields.map((field) => [field.name, reversedType(field.type)] as const).toReversed();
  return struct(Object.fromEntries(fields), { align: schema.align });
}

interface Writer {
  /** Statements for a loop over an index around a body. */
  loop(index: string, length: number, body: string[]): string[];
  /** Copies one value and adds it to the checksum. */
  leaf(kind: "integer" | "float" | "bool", input: string, output: string): string[];
  text(size: number, input: string, output: string): string[];
  flags(input: string, output: string, from: readonly string[], to: readonly string[]): string[];
}

function statements(w: Writer, type: FieldType, input: string, output: string, depth = 0): string[] {
  const index = `i${depth}`;
  const each = (element: FieldType | "byte", length: number) => {
    const [a, b] = [`${input}[${index}]`, `${output}[${index}]`];
    const body = element === "byte" ? w.leaf("integer", a, b) : statements(w, element, a, b, depth + 1);
    return w.loop(index, length, body);
  };
  switch (type.kind) {
    case "struct":
      return type.fields.flatMap((field) => {
        const name = foreignName(field.name);
        return statements(w, field.type, `${input}.${name}`, `${output}.${name}`, depth);
      });
    case "array":
    case "vector":
      return each(type.element, type.length);
    case "bytes":
      return each("byte", type.size);
    case "utf8":
      return w.text(type.size, input, output);
    case "bits":
      return w.flags(input, output, type.flags, type.flags.toReversed());
    case "f32":
    case "f64":
      return w.leaf("float", input, output);
    default:
      return w.leaf(type.kind === "bool" ? "bool" : "integer", input, output);
  }
}

const C: Writer = {
  loop: (index, length, body) => [`for (size_t ${index} = 0; ${index} < ${length}; ${index}++) {`, ...body, "}"],
  leaf: (kind, input, output) => [
    `${output} = ${input};`,
    kind === "float"
      ? `add_double((double)${input});`
      : `add((uint64_t)${kind === "bool" ? "" : "(int64_t)"}${input});`,
  ],
  text: (size, input, output) => [
    `memcpy(${output}, ${input}, ${size});`,
    `for (size_t j = 0; j < ${size} && ${input}[j] != 0; j++) add((uint64_t)(unsigned char)${input}[j]);`,
  ],
  flags: (input, output, from, to) =>
    from.flatMap((flag, bit) => [
      `if ((${input} >> ${bit}) & 1u) { ${output} |= UINT32_C(1) << ${to.indexOf(flag)}; add(1); } else add(0);`,
    ]),
};

const ADD_DOUBLE = `static void add_double(double value) {
  uint64_t raw = 1;
  if (value == value) memcpy(&raw, &value, 8);
  add(raw);
}`;

/** The C program, which is C++ as well. `names` are the structs of the headers "in.h" and "out.h". */
export function cProgram(schema: Schema, names: { in: string; out: string }): string {
  const body = statements(C, schema, "from[n]", "to[n]").join("\n    ");
  return `#define _GNU_SOURCE 1
#include "in.h"
#include "out.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t sum = 0;
static void add(uint64_t value) { sum = sum * 31 + value; }
${body.includes("add_double(") ? ADD_DOUBLE : ""}
static void *map(const char *path, size_t size, int flags, int protection) {
  int file = open(path, flags, 0600);
  if (file < 0 || ((flags & O_CREAT) && ftruncate(file, (off_t)size) != 0)) { perror(path); exit(1); }
  void *memory = mmap(NULL, size, protection, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) { perror(path); exit(1); }
  return memory;
}
int main(int argc, char **argv) {
  if (argc != 4) return 2;
  size_t count = (size_t)strtoull(argv[3], NULL, 10);
  struct ${names.in} *from = (struct ${names.in} *)map(argv[1], count * sizeof(*from), O_RDONLY, PROT_READ);
  struct ${names.out} *to = (struct ${names.out} *)map(argv[2], count * sizeof(*to), O_RDWR | O_CREAT, PROT_READ | PROT_WRITE);
  for (size_t n = 0; n < count; n++) {
    ${body}
  }
  printf("%016" PRIx64 "\\n", sum);
  return 0;
}
`;
}

const indent = (lines: string[]) => lines.map((line) => `    ${line}`);

const PYTHON: Writer = {
  loop: (index, length, body) => [`for ${index} in range(${length}):`, ...indent(body)],
  leaf: (kind, input, output) => [
    `value = ${input}`,
    `${output} = value`,
    kind === "float" ? "total = (total * 31 + raw(value)) & MASK" : "total = (total * 31 + int(value)) & MASK",
  ],
  text: (_size, input, output) => [
    // An element of an array is a ctypes array itself, a field is bytes.
    `value = ${input}${input.endsWith("]") ? ".value" : ""}`,
    `${output}${output.endsWith("]") ? ".value" : ""} = value`,
    "for byte in value:",
    "    total = (total * 31 + byte) & MASK",
  ],
  flags: (input, output, from, to) => [
    `value = ${input}`,
    "flags = 0",
    ...from.flatMap((flag, bit) => [
      `flags |= (value >> ${bit} & 1) << ${to.indexOf(flag)}`,
      `total = (total * 31 + (value >> ${bit} & 1)) & MASK`,
    ]),
    `${output} = flags`,
  ],
};

/** The Python program, for the modules `schema_in` and `schema_out`. */
export function pythonProgram(schema: Schema, names: { in: string; out: string }): string {
  return `import mmap, os, struct, sys
from schema_in import ${names.in}
from schema_out import ${names.out}
import ctypes

MASK = 2**64 - 1

def raw(value):
    return 1 if value != value else struct.unpack("<Q", struct.pack("<d", value))[0]

def main(source, target, count):
    total = 0
    fd_in = os.open(source, os.O_RDWR)
    fd_out = os.open(target, os.O_RDWR | os.O_CREAT, 0o600)
    os.ftruncate(fd_out, count * ctypes.sizeof(${names.out}))
    from_ = (${names.in} * count).from_buffer(mmap.mmap(fd_in, count * ctypes.sizeof(${names.in})))
    to_ = (${names.out} * count).from_buffer(mmap.mmap(fd_out, count * ctypes.sizeof(${names.out})))
    for n in range(count):
        a = from_[n]
        b = to_[n]
${indent(indent(statements(PYTHON, schema, "a", "b"))).join("\n")}
    print("%016x" % total)

main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
`;
}

const scratch = new DataView(new ArrayBuffer(8));

function rawDouble(value: number): bigint {
  if (Number.isNaN(value)) return 1n;
  scratch.setFloat64(0, value);
  return scratch.getBigUint64(0);
}

/** The checksum that the programs print, of a record as `toObject()` gives it. */
export function checksum(type: FieldType, value: unknown, start: bigint): bigint {
  const add = (sum: bigint, next: bigint | number | boolean) => BigInt.asUintN(64, sum * 31n + BigInt(next));
  switch (type.kind) {
    case "struct": {
      const record = value as Record<string, unknown>;
      return type.fields.reduce((sum, field) => checksum(field.type, record[field.name], sum), start);
    }
    case "array":
    case "vector": {
      let sum = start;
      for (const item of value as unknown[]) sum = checksum(type.element, item, sum);
      return sum;
    }
    case "bytes":
      return (value as Uint8Array).reduce((sum, byte) => add(sum, byte), start);
    case "utf8":
      return new TextEncoder().encode(value as string).reduce((sum, byte) => add(sum, byte), start);
    case "bits":
      return type.flags.reduce((sum, flag) => add(sum, (value as Record<string, boolean>)[flag] as boolean), start);
    case "f32":
    case "f64":
      return add(start, rawDouble(value as number));
    default:
      return add(start, value as number | bigint | boolean);
  }
}
