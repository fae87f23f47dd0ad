import type { ScalarKind } from "famfs";

/*
 * The loops of the benchmark as source text, so that every case is compiled by itself, with type feedback of its own:
 * one function shared by several cases would measure the mixture.
 */

/** A field of the benchmark's records. */
export interface BenchField {
  readonly name: string;
  readonly kind: ScalarKind | "utf8";
  readonly offset: number;
}

export const TEXT_SIZE = 16;

const ACCESS: { readonly [K in ScalarKind]: string } = {
  i8: "Int8",
  u8: "Uint8",
  i16: "Int16",
  u16: "Uint16",
  i32: "Int32",
  u32: "Uint32",
  i64: "BigInt64",
  u64: "BigUint64",
  f32: "Float32",
  f64: "Float64",
  bool: "Uint8",
  i64Number: "",
  u64Number: "",
};

function beyond(min: number, max: number): string {
  return `typeof v !== "number" || !(v >= ${min} && v <= ${max}) || Math.floor(v) !== v`;
}

const REFUSED: { readonly [K in ScalarKind]: string } = {
  i8: beyond(-128, 127),
  u8: beyond(0, 255),
  i16: beyond(-32768, 32767),
  u16: beyond(0, 65535),
  i32: beyond(-2147483648, 2147483647),
  u32: beyond(0, 4294967295),
  i64: 'typeof v !== "bigint" || BigInt.asIntN(64, v) !== v',
  u64: 'typeof v !== "bigint" || BigInt.asUintN(64, v) !== v',
  f32: 'typeof v !== "number" || (!(v > -3.4028235677973366e38 && v < 3.4028235677973366e38) && v - v === 0)',
  f64: 'typeof v !== "number"',
  bool: 'typeof v !== "boolean"',
  i64Number: "!Number.isSafeInteger(v)",
  u64Number: "!Number.isSafeInteger(v) || v < 0",
};

/** Adds a field's value to `sum` or `big`, so that reading it cannot be left out. */
function use({ kind }: BenchField, value: string): string {
  if (kind === "i64" || kind === "u64") return `big = BigInt.asIntN(64, big + ${value});`;
  if (kind === "bool") return `sum += ${value} ? 1 : 0;`;
  return kind === "utf8" ? `sum += ${value}.length;` : `sum += ${value};`;
}

/** The value to write in round `i`. */
function given({ kind }: BenchField): string {
  if (kind === "i64" || kind === "u64") return "bigs[i & 7]";
  if (kind === "utf8") return "texts[i & 7]";
  if (kind === "bool") return "(i & 1) === 1";
  return kind === "f32" || kind === "f64" ? "i * 0.5" : "i & 127";
}

function rivalRead(field: BenchField): string {
  const at = `o + ${field.offset}`;
  if (field.kind === "utf8") return use(field, `readText(data, ${at})`);
  if (field.kind === "i64Number" || field.kind === "u64Number") {
    const signed = field.kind === "i64Number";
    const unsafe = signed
      ? "high < -0x200000 || high > 0x1fffff || (high === -0x200000 && low === 0)"
      : "high > 0x1fffff";
    return `{ const low = data.getUint32(${at}, true), high = data.get${signed ? "Int32" : "Uint32"}(${at} + 4, true);
      if (${unsafe}) throw new RangeError("${field.name}");
      sum += high * 4294967296 + low; }`;
  }
  const read = `data.get${ACCESS[field.kind]}(${at}, true)`;
  return use(field, field.kind === "bool" ? `(${read} !== 0)` : read);
}

function rivalWrite(field: BenchField): string {
  const at = `o + ${field.offset}`;
  if (field.kind === "utf8")
    return `if (!writeText(data, ${at}, ${given(field)})) throw new RangeError("${field.name}");`;
  const check = `const v = ${given(field)}; if (${REFUSED[field.kind]}) throw new RangeError("${field.name}");`;
  if (field.kind === "i64Number" || field.kind === "u64Number") {
    return `{ ${check} data.setUint32(${at}, v >>> 0, true); data.setInt32(${at} + 4, Math.floor(v / 4294967296), true); }`;
  }
  // On Node 24 the setters of signed integers take up to ten times as long as these, which write the same bytes.
  const access = ["i8", "i16", "i32"].includes(field.kind) ? ACCESS[field.kind].replace("I", "Ui") : ACCESS[field.kind];
  return `{ ${check} data.set${access}(${at}, ${field.kind === "bool" ? "v ? 1 : 0" : "v"}, true); }`;
}

/** What the loops get to know. */
export interface LoopScope {
  readonly data: DataView;
  readonly view: unknown;
  readonly stride: number;
  readonly records: number;
  readonly align: number;
}

const TEXT = `
  function readText(data, o) {
    let text = "";
    for (let i = 0; i < ${TEXT_SIZE}; i++) {
      const byte = data.getUint8(o + i);
      if (byte === 0) return text;
      if (byte > 127) throw new RangeError("text");
      text += String.fromCharCode(byte);
    }
    return text;
  }
  function writeText(data, o, text) {
    if (typeof text !== "string" || text.length > ${TEXT_SIZE}) return false;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 0 || code > 127) return false;
    }
    for (let i = 0; i < text.length; i++) data.setUint8(o + i, text.charCodeAt(i));
    for (let i = text.length; i < ${TEXT_SIZE}; i++) data.setUint8(o + i, 0);
    return true;
  }`;

let loops = 0;

function loop(scope: LoopScope, body: string): () => void {
  const { data, view, stride, records } = scope;
  const limit = data.byteLength - stride;
  const source = `"use strict"; /* ${loops++}: V8 lets functions with equal text share their type feedback */
    const bigs = [1n, 2n, 3n, 400n, 50000n, 6000000n, 70000000000n, 8000000000000000n];
    const texts = ["AAPL", "MSFT.O", "EURUSD", "a longer text", "X", "sixteen letters!", "abc", "BRK.B"];
    let kept = 0, keptBig = 0n;
    ${TEXT}
    function run(view, data, limit) {
      let sum = 0, big = 0n;
      for (let i = 0, o = 0; i < ${records}; i++, o += ${stride}) { ${body} }
      kept += sum; keptBig = big;
      return kept;
    }
    return run;`;
  const run = new Function(source)() as (view: unknown, data: DataView, limit: number) => unknown;
  return () => run(view, data, limit);
}

const CHECKED = (align: number) =>
  `if (typeof o !== "number" || !(o >= 0 && o <= limit) || Math.floor(o) !== o || (o & ${align - 1}) !== 0)
    throw new RangeError("offset");`;

const POSITION = { moved: "view.moveTo(o); const v0 = view;", new: "const v0 = view.viewAt(o);" } as const;

/** Reading every field of every record, through a view and by hand. */
export function readLoops(scope: LoopScope, fields: readonly BenchField[], position: keyof typeof POSITION) {
  const ours = fields.map((field) => use(field, `v0.${field.name}`)).join(" ");
  return {
    ours: loop(scope, `${POSITION[position]} ${ours}`),
    rival: loop(scope, `${CHECKED(scope.align)} ${fields.map(rivalRead).join(" ")}`),
  };
}

/** Writing every field of every record, through a view and by hand. */
export function writeLoops(scope: LoopScope, fields: readonly BenchField[], position: keyof typeof POSITION) {
  const ours = fields.map((field) => `v0.${field.name} = ${given(field)};`).join(" ");
  return {
    ours: loop(scope, `${POSITION[position]} ${ours}`),
    rival: loop(scope, `${CHECKED(scope.align)} ${fields.map(rivalWrite).join(" ")}`),
  };
}
