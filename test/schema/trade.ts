import {
  array,
  bits,
  bool,
  bytes,
  FamfsError,
  f32,
  f64,
  i8,
  i64Number,
  struct,
  u8,
  u16,
  u32,
  u64,
  u64Number,
  utf8,
  vector,
} from "../../lib/index.js";

/** Nested in {@link Trade}. */
export const Leg = struct({ price: f64, side: u8 });
/** A schema with every kind of field. */
export const Trade = struct({
  id: u64,
  price: f64,
  qty: u32,
  symbol: utf8(16),
  embedding: vector(f32, 8),
  leg: Leg,
  legs: array(Leg, 4),
  levels: array(u32, 3),
  names: array(utf8(4), 2),
  keys: array(vector(u16, 2), 2),
  grid: array(array(i8, 2), 2),
  raw: bytes(4),
  flags: bits("open", "hidden"),
  serial: u64Number,
  delta: i64Number,
  live: bool,
});

/** A record of {@link Trade}. */
export const RECORD = {
  id: 5n,
  price: 101.5,
  qty: 7,
  symbol: "EURUSD",
  embedding: Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8]),
  leg: { price: 1, side: 2 },
  legs: [1, 2, 3, 4].map((side) => ({ price: side / 2, side })),
  levels: [1, 2, 3],
  names: ["ab", "cdef"],
  keys: [Uint16Array.of(1, 2), Uint16Array.of(3, 4)],
  grid: [
    [1, 2],
    [3, 4],
  ],
  raw: Uint8Array.of(1, 2, 3, 4),
  flags: { open: true, hidden: false },
  serial: 2 ** 50,
  delta: -(2 ** 50),
  live: true,
};

/** The error that an act ends in. */
export function refused(act: () => unknown): FamfsError {
  try {
    act();
  } catch (error) {
    if (error instanceof FamfsError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
