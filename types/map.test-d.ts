import { f64, i64Number, type Participant, type Segment, SharedMap, struct, u32, u64, utf8 } from "famfs";
import { expectTypeOf, test } from "vitest";

declare const participant: Participant;
declare const segment: Segment;

const Quote = struct({ price: f64, volume: u32 });
const byNumber = { key: i64Number, value: Quote } as const;
const byName = { key: utf8(24), value: Quote } as const;

test("keys and values of a map have the types that it was opened with", async () => {
  const numbers = await SharedMap.create(participant, "numbers", { ...byNumber, capacity: 10, role: "writer" });
  const names = SharedMap.open(segment, "names", byName);
  expectTypeOf(numbers.set).parameter(0).toEqualTypeOf<number>();
  expectTypeOf(names.set).parameter(0).toEqualTypeOf<string>();
  expectTypeOf(numbers.get(1)?.price).toEqualTypeOf<number | undefined>();
  expectTypeOf(names.read("a", Quote.view(new Uint8Array(16)))).toEqualTypeOf<boolean>();
  expectTypeOf([...names.keys()]).toEqualTypeOf<string[]>();
  for (const [key, value] of numbers) {
    expectTypeOf(key).toEqualTypeOf<number>();
    expectTypeOf(value.volume).toEqualTypeOf<number>();
  }
  expectTypeOf(numbers.getMany(new Float64Array(1), new Float32Array(4))).toEqualTypeOf<Uint8Array>();
  // @ts-expect-error keys are numbers
  numbers.get("a");
  // @ts-expect-error a field is missing
  names.set("a", { price: 1 });
  // @ts-expect-error keys are safe integers or strings
  SharedMap.open(segment, "m", { key: u64, value: Quote });
});
