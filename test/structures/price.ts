import { f64, struct, u32, u64Number, vector } from "famfs";

/** Longer than a line: all of its numbers are equal in each value that is written. */
export const Price = struct({ id: u64Number, parts: vector(u32, 60) });
export const price = (value: number) => ({ id: value, parts: new Uint32Array(60).fill(value) });
export const Point = struct({ x: f64 });

/** What scripts of other processes need. */
export const PRELUDE = `
  const { SharedRecord, u64Number, vector } = await import("famfs");
  export const Price = struct({ id: u64Number, parts: vector(u32, 60) });
  export const price = (value) => ({ id: value, parts: new Uint32Array(60).fill(value) });
`;
