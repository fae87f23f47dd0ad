import { f64, struct, vector } from "famfs";

/** The record of 256 bytes that the cases read and write. */
export const Price = struct({ bid: f64, rest: vector(f64, 31) });
