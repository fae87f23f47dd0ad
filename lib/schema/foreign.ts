import type { Schema } from "./struct.js";
import { type BitsType, checkName, type Field, type FieldType, invalidSchema, type StructType } from "./types.js";

/*
 * What the C header and the Python module have in common: names for nested structs and flags, names that are allowed in
 * both languages, padding as members.
 */

const WORDS = new Set(
  // C11 and C++17
  `alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t class compl const
  const_cast constexpr continue decltype default delete do double dynamic_cast else enum explicit export extern false
  float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private
  protected public register reinterpret_cast restrict return short signed sizeof static static_assert static_cast struct
  switch template this thread_local throw true try typedef typeid typename union unsigned using virtual void volatile
  wchar_t while xor xor_eq
  typeof char8_t concept consteval constinit requires co_await co_return co_yield
  False None True as assert async await def del elif except finally from global import in is lambda nonlocal pass raise
  with yield
  NULL offsetof linux unix
  int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t`.split(/\s+/),
);

/** The limits and constant makers of stdint.h are macros. */
const STDINT = /^(U?INT(_?(LEAST|FAST)?\d+|MAX|PTR)|PTRDIFF|SIZE|SIG_ATOMIC|WCHAR|WINT)_(MIN|MAX|WIDTH|C)$/;

/** A name as it stands in other languages: words they keep for themselves get an underscore at the end. */
export function foreignName(name: string): string {
  return WORDS.has(name) || STDINT.test(name) ? `${name}_` : name;
}

/** A member of a struct in another language. */
export interface Member {
  readonly name: string;
  readonly offset: number;
  /** The type, or the number of bytes of padding. */
  readonly type: FieldType | number;
}

/** A struct of another language. */
export interface ForeignStruct {
  readonly name: string;
  readonly type: StructType;
  readonly members: readonly Member[];
  /** Whether the alignment is more than the members need. */
  readonly overAligned: boolean;
}

/** All that a file for another language declares. */
export interface ForeignFile {
  /** Nested structs come before those that contain them; the schema itself is the last. */
  readonly structs: readonly ForeignStruct[];
  readonly flags: readonly { readonly name: string; readonly mask: number; readonly size: 1 | 2 | 4 }[];
  readonly fingerprint: { readonly name: string; readonly value: bigint };
  /** The name of a nested struct. */
  nameOf(type: StructType): string;
}

function membersOf(type: StructType): Member[] {
  const members: Member[] = [];
  let [end, pads] = [0, 0];
  const pad = (offset: number) => {
    if (offset > end) members.push({ name: `pad${pads++}_`, offset: end, type: offset - end });
  };
  for (const field of type.fields) {
    pad(field.offset);
    members.push({ ...field, name: foreignName(field.name) });
    end = field.offset + field.type.size;
  }
  pad(type.size);
  return members;
}

/** The names of all members, which a macro of the same name would replace. */
function memberNames(type: FieldType, names = new Set<string>()): Set<string> {
  if (type.kind === "array") return memberNames(type.element, names);
  if (type.kind !== "struct") return names;
  for (const field of type.fields) {
    names.add(foreignName(field.name));
    memberNames(field.type, names);
  }
  return names;
}

class Collector {
  readonly structs: ForeignStruct[] = [];
  readonly flags: { name: string; mask: number; size: 1 | 2 | 4 }[] = [];
  readonly names = new Map<string, string>();
  private readonly taken = new Set<string>();
  private readonly members: ReadonlySet<string>;

  constructor(schema: StructType) {
    this.members = memberNames(schema);
  }

  /** Equal nested structs are declared once. */
  struct(type: StructType, name: string): void {
    if (this.names.has(type.text)) return;
    const own = this.unique(name);
    this.names.set(type.text, own);
    for (const field of type.fields) this.field(field, own);
    const natural = Math.max(...type.fields.map((field) => field.type.align));
    this.structs.push({ name: own, type, members: membersOf(type), overAligned: type.align > natural });
  }

  private field(field: Field, owner: string): void {
    let type = field.type;
    while (type.kind === "array") type = type.element;
    if (type.kind === "struct") this.struct(type, `${owner}_${field.name}`);
    if (type.kind === "bits") this.bits(type, `${owner}_${field.name}`);
  }

  private bits(type: BitsType, owner: string): void {
    type.flags.forEach((flag, index) => {
      this.flags.push({ name: this.constant(`${owner}_${flag}`), mask: 2 ** index, size: type.size });
    });
  }

  constant(name: string): string {
    return this.unique(name, this.members);
  }

  private unique(name: string, others?: ReadonlySet<string>): string {
    const isTaken = (own: string) => this.taken.has(own) || others?.has(own) || foreignName(own) !== own;
    let own = name;
    for (let i = 2; isTaken(own); i++) own = `${name}_${i}`;
    this.taken.add(own);
    return own;
  }
}

/** @throws {FamfsError} ERR_FAMFS_INVALID_SCHEMA, ERR_FAMFS_INVALID_TYPE */
export function describe(schema: Schema, name: string): ForeignFile {
  checkName("the name of a struct", name);
  if (foreignName(name) !== name)
    throw invalidSchema(`the name of a struct must be no word of C, C++ or Python: ${name}`);
  const collector = new Collector(schema);
  collector.struct(schema, name);
  return {
    structs: collector.structs,
    flags: collector.flags,
    fingerprint: { name: collector.constant(`${name}_fingerprint`), value: schema.fingerprint },
    nameOf: (type) => collector.names.get(type.text) as string,
  };
}
