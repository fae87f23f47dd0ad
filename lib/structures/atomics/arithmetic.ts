import type { AtomicKind } from "./cells.js";
import type { NewestValue } from "./newest.js";

/** What becomes of an element. */
export type Operation = "add" | "sub" | "and" | "or" | "xor" | "exchange";

/** How the elements of a kind are computed and stored: those of 32 bits as numbers, because BigInts are objects. */
export interface Arithmetic<V extends number | bigint> {
  valueOf(found: NewestValue): V;
  /** Wraps around. */
  apply(operation: Operation, old: V, operand: V): V;
  /** Stores a value as it is in a line, at the start of 8 bytes. */
  put(data: DataView, value: V): void;
}

export function arithmeticOf(kind: AtomicKind): Arithmetic<number> | Arithmetic<bigint> {
  switch (kind) {
    case "i32":
      return numbers((value) => value | 0);
    case "u32":
      return numbers((value) => value >>> 0);
    case "i64":
      return bigints((value) => BigInt.asIntN(64, value));
    case "u64":
      return bigints((value) => BigInt.asUintN(64, value));
  }
}

function numbers(wrap: (value: number) => number): Arithmetic<number> {
  return {
    valueOf: ({ low }) => wrap(low),
    apply: (operation, old, operand) => wrap(compute(operation, old, operand)),
    put(data, value) {
      data.setUint32(0, value, true);
      data.setUint32(4, 0, true);
    },
  };
}

function bigints(wrap: (value: bigint) => bigint): Arithmetic<bigint> {
  return {
    valueOf: ({ value }) => wrap(value),
    apply: (operation, old, operand) => wrap(compute(operation, old, operand)),
    put: (data, value) => data.setBigUint64(0, BigInt.asUintN(64, value), true),
  };
}

/** JavaScript has the same operators for numbers and for BigInts; TypeScript has no type for two of one kind. */
function compute<V extends number | bigint>(operation: Operation, old: V, operand: V): V {
  return ofOneKind(operation, old as number, operand as number) as V;
}

function ofOneKind(operation: Operation, old: number, operand: number): number {
  switch (operation) {
    case "add":
      return old + operand;
    case "sub":
      return old - operand;
    case "and":
      return old & operand;
    case "or":
      return old | operand;
    case "xor":
      return old ^ operand;
    case "exchange":
      return operand;
  }
}
