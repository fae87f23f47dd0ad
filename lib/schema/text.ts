import type { Schema } from "./struct.js";
import { type FieldType, invalidSchema, LIMITS } from "./types.js";

function typeText(type: FieldType): string {
  switch (type.kind) {
    case "bytes":
    case "utf8":
      return `${type.kind}(${type.size})`;
    case "vector":
    case "array":
      return `${type.kind}(${typeText(type.element)}, ${type.length})`;
    case "bits":
      return `bits(${type.flags.join(", ")})`;
    case "struct":
      return type.text;
    default:
      return type.kind;
  }
}

/**
 * The canonical text of a schema: one field a line, two spaces a level. The grammar is in docs/schemas.md.
 * @throws {FamfsError} ERR_FAMFS_INVALID_SCHEMA if it would be too long to be read back
 */
export function schemaText(schema: Pick<Schema, "fields" | "align">): string {
  const natural = Math.max(...schema.fields.map((field) => field.type.align));
  let text = schema.align === natural ? "struct {\n" : `struct align(${schema.align}) {\n`;
  for (const { name, type } of schema.fields) {
    text += `  ${name}: ${typeText(type).replaceAll("\n", "\n  ")}\n`;
    if (text.length >= LIMITS.text) throw invalidSchema(`a schema can have ${LIMITS.text} characters of text`);
  }
  return `${text}}`;
}
