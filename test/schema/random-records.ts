import type { FieldType } from "../../lib/index.js";

/*
 * Many random records fast: fast-check would take minutes for 10^5 of them. One value of eight is an extreme one.
 */

/** Random 32-bit integers from a seed (splitmix32). */
export function random32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
}

const CHARACTERS = [
  "a",
  "Z",
  "0",
  " ",
  "~",
  "\u0001",
  "é",
  "ß",
  "€",
  "\uFEFF",
  "漢",
  "😀",
  "\u{10FFFF}",
  "\u07FF",
  "\uFFFF",
];

const EXTREMES: Record<string, readonly unknown[]> = {
  i8: [-128, 127, 0, -1],
  u8: [0, 255],
  i16: [-32768, 32767, -1],
  u16: [0, 65535],
  i32: [-(2 ** 31), 2 ** 31 - 1, -1],
  u32: [0, 2 ** 32 - 1, 2 ** 31],
  i64: [-(2n ** 63n), 2n ** 63n - 1n, -1n],
  u64: [0n, 2n ** 64n - 1n, 2n ** 63n],
  f32: [0, -0, Infinity, -Infinity, Number.NaN, Math.fround(3.4028234663852886e38), 2 ** -149, -(2 ** -126)],
  f64: [0, -0, Infinity, -Infinity, Number.NaN, Number.MAX_VALUE, Number.MIN_VALUE, Number.EPSILON],
  bool: [true, false],
  i64Number: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, -1, -(2 ** 32), 2 ** 32, 2 ** 31],
  u64Number: [0, Number.MAX_SAFE_INTEGER, 2 ** 32, 2 ** 32 - 1, 2 ** 31],
};

function scalar(kind: string, next: () => number): unknown {
  const extremes = EXTREMES[kind] as readonly unknown[];
  if ((next() & 7) === 0) return extremes[next() % extremes.length];
  const wide = (BigInt(next()) << 32n) | BigInt(next());
  switch (kind) {
    case "i64":
      return BigInt.asIntN(64, wide);
    case "u64":
      return wide;
    case "f32":
      return Math.fround((next() - 2 ** 31) / (next() + 1));
    case "f64":
      return (next() - 2 ** 31) / (next() + 1);
    case "bool":
      return (next() & 1) === 1;
    case "i64Number":
      return Number(BigInt.asIntN(54, wide)) || 0;
    case "u64Number":
      return Number(BigInt.asUintN(53, wide));
  }
  const width = Number(kind.slice(1));
  return kind.startsWith("i") ? next() >> (32 - width) : next() >>> (32 - width);
}

function text(size: number, next: () => number): string {
  const most = next() % (size + 1);
  let kept = "";
  for (let bytes = 0; ; ) {
    const char = CHARACTERS[next() % CHARACTERS.length] as string;
    bytes += Buffer.byteLength(char);
    if (bytes > most) return kept;
    kept += char;
  }
}

const TYPED_ARRAYS = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;

/** A value of a type, as `toObject()` gives it. */
export function randomValue(type: FieldType, next: () => number): unknown {
  switch (type.kind) {
    case "struct":
      return Object.fromEntries(type.fields.map((field) => [field.name, randomValue(field.type, next)]));
    case "array":
      return Array.from({ length: type.length }, () => randomValue(type.element, next));
    case "vector": {
      const values = Array.from({ length: type.length }, () => scalar(type.element.kind, next));
      return (TYPED_ARRAYS[type.element.kind] as Float64ArrayConstructor).from(values as number[]);
    }
    case "bytes":
      return Uint8Array.from({ length: type.size }, next);
    case "utf8":
      return text(type.size, next);
    case "bits":
      return Object.fromEntries(type.flags.map((flag) => [flag, (next() & 1) === 1]));
    default:
      return scalar(type.kind, next);
  }
}
