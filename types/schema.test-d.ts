import {
  type ArrayView,
  array,
  bits,
  bool,
  bytes,
  f32,
  f64,
  type InputOf,
  i64,
  type MemorySource,
  parseSchema,
  type RecordOf,
  type Schema,
  SharedArray,
  struct,
  u8,
  u32,
  u64,
  u64Number,
  utf8,
  type View,
  type ViewOf,
  vector,
} from "famfs";
import { describe, expectTypeOf, test } from "vitest";

const Leg = struct({ price: f64, side: u8 });
const Trade = struct({
  id: u64,
  price: f64,
  live: bool,
  serial: u64Number,
  symbol: utf8(16),
  raw: bytes(4),
  embedding: vector(f32, 64),
  ticks: vector(i64, 2),
  leg: Leg,
  legs: array(Leg, 4),
  levels: array(u32, 3),
  flags: bits("open", "hidden"),
});
declare const mapping: MemorySource;

describe("types of a schema", () => {
  test("records read", () => {
    expectTypeOf<RecordOf<typeof Trade>>().toEqualTypeOf<{
      id: bigint;
      price: number;
      live: boolean;
      serial: number;
      symbol: string;
      raw: Uint8Array;
      embedding: Float32Array<ArrayBuffer>;
      ticks: BigInt64Array<ArrayBuffer>;
      leg: { price: number; side: number };
      legs: { price: number; side: number }[];
      levels: number[];
      flags: { open: boolean; hidden: boolean };
    }>();
  });

  test("records written", () => {
    expectTypeOf<InputOf<typeof Trade>>().toEqualTypeOf<{
      readonly id: bigint;
      readonly price: number;
      readonly live: boolean;
      readonly serial: number;
      readonly symbol: string;
      readonly raw: Uint8Array;
      readonly embedding: ArrayLike<number>;
      readonly ticks: ArrayLike<bigint>;
      readonly leg: { readonly price: number; readonly side: number };
      readonly legs: readonly { readonly price: number; readonly side: number }[];
      readonly levels: readonly number[];
      readonly flags: { readonly open: boolean; readonly hidden: boolean };
    }>();
    expectTypeOf<RecordOf<typeof Trade>>().toExtend<InputOf<typeof Trade>>();
  });

  test("views", () => {
    const view = Trade.view(mapping);
    expectTypeOf(view).toEqualTypeOf<ViewOf<typeof Trade>>();
    expectTypeOf(view.id).toEqualTypeOf<bigint>();
    expectTypeOf(view.price).toEqualTypeOf<number>();
    expectTypeOf(view.live).toEqualTypeOf<boolean>();
    expectTypeOf(view.serial).toEqualTypeOf<number>();
    expectTypeOf(view.symbol).toEqualTypeOf<string>();
    expectTypeOf(view.embedding).toEqualTypeOf<Float32Array<ArrayBuffer>>();
    expectTypeOf(view.ticks).toEqualTypeOf<BigInt64Array<ArrayBuffer>>();
    expectTypeOf(view.leg.price).toEqualTypeOf<number>();
    expectTypeOf(view.legs).toEqualTypeOf<ArrayView<typeof Leg>>();
    expectTypeOf(view.legs.get(0).side).toEqualTypeOf<number>();
    expectTypeOf(view.levels.get(0)).toEqualTypeOf<number>();
    expectTypeOf(view.flags.open).toEqualTypeOf<boolean>();
    expectTypeOf(view.flags.toObject()).toEqualTypeOf<{ open: boolean; hidden: boolean }>();
    expectTypeOf(view.moveTo(8)).toEqualTypeOf<typeof view>();
    expectTypeOf(view.viewAt(8)).toEqualTypeOf<typeof view>();
    expectTypeOf(view.toObject()).toEqualTypeOf<RecordOf<typeof Trade>>();
  });

  test("what a view refuses", () => {
    const view = Trade.view(mapping);
    // @ts-expect-error a number is no bigint
    view.id = 1;
    // @ts-expect-error a bigint is no number
    view.price = 1n;
    // @ts-expect-error no such field
    view.prize = 1;
    // @ts-expect-error no such flag
    view.flags.closed = true;
    // @ts-expect-error a nested struct is changed through its view
    view.leg = { price: 1, side: 1 };
    // @ts-expect-error an array is changed through its view
    view.levels = [1, 2, 3];
    // @ts-expect-error a nested view cannot be moved
    view.leg.moveTo(0);
    // @ts-expect-error an unknown field
    view.set({ prize: 1 });
    // @ts-expect-error the other fields are missing
    view.assign({ price: 1 });
    view.set({ price: 1, embedding: new Array<number>(64).fill(0), flags: { open: true, hidden: false } });
    view.price = 2;
    view.symbol = "AAPL";
    view.embedding = new Float32Array(64);
  });

  test("what a definition refuses", () => {
    // @ts-expect-error bool has no typed array
    vector(bool, 4);
    // @ts-expect-error u64Number has no typed array
    vector(u64Number, 4);
    // @ts-expect-error a plain object is no type
    struct({ leg: { price: f64 } });
    // @ts-expect-error a name is no type
    struct({ price: "f64" });
    // @ts-expect-error an unknown option
    struct({ price: f64 }, { pack: 1 });
  });

  test("every schema is a Schema, and what is known only at run time is unknown", () => {
    expectTypeOf(Trade).toExtend<Schema>();
    const parsed = parseSchema("struct { a: u8 }");
    expectTypeOf(parsed).toEqualTypeOf<Schema>();
    const view = parsed.view(mapping);
    expectTypeOf(view["a"]).toEqualTypeOf<unknown>();
    expectTypeOf(view.toObject()).toEqualTypeOf<{ [name: string]: unknown }>();
    view.set({ a: 1 });
  });

  test("shared arrays", () => {
    const trades = SharedArray.over(mapping, Trade, { length: 4 });
    expectTypeOf(trades.get(0)).toEqualTypeOf<View<NonNullable<(typeof Trade)["inferred"]>>>();
    expectTypeOf(trades.column("price").get(0)).toEqualTypeOf<number>();
    expectTypeOf(trades.column("embedding").get(0)).toEqualTypeOf<Float32Array<ArrayBuffer>>();
    // @ts-expect-error nested structs have no column
    trades.column("leg");
    expectTypeOf(SharedArray.over(mapping, f64).values).toEqualTypeOf<Float64Array<ArrayBuffer>>();
    expectTypeOf(SharedArray.over(mapping, u64Number).values).toEqualTypeOf<undefined>();
    expectTypeOf(SharedArray.over(mapping, bool).get(0)).toEqualTypeOf<boolean>();
    for (const view of trades.scan()) expectTypeOf(view.price).toEqualTypeOf<number>();
  });
});
