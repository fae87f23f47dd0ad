import { FamfsError } from "../errors.js";
import { show, string } from "../guards.js";
import { isVectorKind, SCALAR_TYPES, type ScalarKind } from "./scalars.js";
import { Schema } from "./struct.js";
import { array, bits, bytes, type FieldType, LIMITS, utf8, vector } from "./types.js";

interface Token {
  readonly text: string;
  readonly start: number;
}

/** Reads one schema. Every method reads at least one token or throws, and the depth is limited: both time and stack are bounded. */
class Parser {
  private readonly source: string;
  private readonly tokens = /[ \n\r\t]*(?:([A-Za-z0-9_]+|[{}(),:])|$)/y;
  private next: Token;
  private depth = 0;

  constructor(source: string) {
    this.source = source;
    this.next = this.scan();
  }

  schema(): Schema {
    const schema = this.struct();
    if (this.next.text !== "") throw this.unexpected("the end of the text");
    return schema;
  }

  private scan(): Token {
    const from = this.tokens.lastIndex;
    const match = this.tokens.exec(this.source);
    if (match === null) {
      const blank = /[ \n\r\t]*/y;
      blank.lastIndex = from;
      blank.exec(this.source);
      throw this.error(blank.lastIndex, `unexpected character ${show(this.source[blank.lastIndex])}`);
    }
    const text = match[1] ?? "";
    return { text, start: this.tokens.lastIndex - text.length };
  }

  private take(): Token {
    const token = this.next;
    this.next = this.scan();
    return token;
  }

  private expect(text: string): void {
    if (this.next.text !== text) throw this.unexpected(JSON.stringify(text));
    this.take();
  }

  private name(expected: string): Token {
    if (!/^[A-Za-z]/.test(this.next.text)) throw this.unexpected(expected);
    return this.take();
  }

  private number(): number {
    if (!/^[1-9][0-9]{0,9}$/.test(this.next.text)) throw this.unexpected("a number from 1, of at most 10 digits");
    return Number(this.take().text);
  }

  private struct(): Schema {
    const { start } = this.next;
    this.expect("struct");
    let align: number | undefined;
    if (this.next.text === "align") {
      this.take();
      align = this.parameters(() => this.number());
    }
    this.expect("{");
    const fields: [string, FieldType][] = [];
    const names = new Set<string>();
    while (this.next.text !== "}") {
      const name = this.name('a field name or "}"');
      if (names.has(name.text)) throw this.error(name.start, `there are two fields ${show(name.text)}`);
      if (names.add(name.text).size > LIMITS.fields) throw this.error(name.start, `more than ${LIMITS.fields} fields`);
      this.expect(":");
      fields.push([name.text, this.type()]);
    }
    this.take();
    return this.make(start, () => new Schema(fields, align));
  }

  private parameters<T>(read: () => T): T {
    this.expect("(");
    const value = read();
    this.expect(")");
    return value;
  }

  private type(): FieldType {
    if (this.depth === LIMITS.depth) throw this.error(this.next.start, `more than ${LIMITS.depth} levels of types`);
    this.depth++;
    const type = this.next.text === "struct" ? this.struct() : this.simpleType();
    this.depth--;
    return type;
  }

  private simpleType(): FieldType {
    const { text, start } = this.name("a type");
    if (Object.hasOwn(SCALAR_TYPES, text)) return SCALAR_TYPES[text as ScalarKind];
    if (text === "bytes" || text === "utf8") {
      const size = this.parameters(() => this.number());
      return this.make(start, () => (text === "bytes" ? bytes(size) : utf8(size)));
    }
    if (text === "vector") return this.vector(start);
    if (text === "array") {
      const [element, length] = this.parameters(() => this.elements(() => this.type()));
      return this.make(start, () => array(element, length));
    }
    if (text === "bits") {
      const flags = this.parameters(() => this.flags());
      return this.make(start, () => bits(...flags));
    }
    throw this.error(start, `unknown type ${show(text)}`);
  }

  private vector(start: number): FieldType {
    const [element, length] = this.parameters(() =>
      this.elements(() => {
        const kind = this.name("a scalar type");
        if (!isVectorKind(kind.text))
          throw this.error(kind.start, `${show(kind.text)} cannot be an element of a vector`);
        return SCALAR_TYPES[kind.text];
      }),
    );
    return this.make(start, () => vector(element, length));
  }

  private elements<T>(read: () => T): [T, number] {
    const element = read();
    this.expect(",");
    return [element, this.number()];
  }

  private flags(): string[] {
    const flags = [this.name("the name of a flag").text];
    while (this.next.text === ",") {
      this.take();
      flags.push(this.name("the name of a flag").text);
      if (flags.length > LIMITS.flags) throw this.error(this.next.start, `more than ${LIMITS.flags} flags`);
    }
    return flags;
  }

  /** Gives the errors of a constructor the position of what it makes. */
  private make<T>(start: number, construct: () => T): T {
    try {
      return construct();
    } catch (error) {
      if (error instanceof FamfsError && error.code === "ERR_FAMFS_INVALID_SCHEMA")
        throw this.error(start, error.message);
      throw error;
    }
  }

  private unexpected(expected: string): FamfsError {
    const { text, start } = this.next;
    return this.error(start, `expected ${expected}, found ${text === "" ? "the end of the text" : show(text)}`);
  }

  private error(position: number, message: string): FamfsError {
    const before = this.source.slice(0, position);
    const line = before.split("\n").length;
    const column = position - before.lastIndexOf("\n");
    return new FamfsError("ERR_FAMFS_SCHEMA_TEXT", `line ${line}, column ${column} of the schema's text: ${message}`);
  }
}

/**
 * Reads the text of a schema. Blanks and line ends may be placed freely; the result's `text` is the canonical form.
 * Time and memory are bounded for every text: its length, its nesting and the number of its fields have limits.
 * @throws {FamfsError} ERR_FAMFS_SCHEMA_TEXT with line and column; ERR_FAMFS_INVALID_TYPE if it is no string
 */
export function parseSchema(text: string): Schema {
  if (string("the text of a schema", text).length > LIMITS.text) {
    throw new FamfsError(
      "ERR_FAMFS_SCHEMA_TEXT",
      `the text of a schema can have ${LIMITS.text} characters, found ${text.length}`,
    );
  }
  return new Parser(text).schema();
}
