import {
  f64,
  type Participant,
  type QueueSyncOptions,
  type QueueWaitOptions,
  SharedQueue,
  struct,
  u32,
  type View,
} from "famfs";
import { expectTypeOf, test } from "vitest";

const Trade = struct({ id: u32, price: f64 });
const participant = {} as Participant;

test("a queue of structs has their views and inputs", async () => {
  const queue = await SharedQueue.create(participant, "trades", { message: Trade, capacity: 8 });
  type TradeView = View<{ id: typeof u32; price: typeof f64 }>;
  expectTypeOf(queue).toEqualTypeOf<SharedQueue<typeof Trade>>();
  expectTypeOf(queue.tryPush).parameter(0).toExtend<{ id: number; price: number }>();
  expectTypeOf(queue.tryTake()).toEqualTypeOf<TradeView | undefined>();
  expectTypeOf(queue.take()).resolves.toEqualTypeOf<TradeView>();
  expectTypeOf(queue.at(0)).toEqualTypeOf<TradeView>();
  expectTypeOf(queue.claim()).toEqualTypeOf<TradeView | undefined>();
  expectTypeOf(queue.push).parameter(1).toEqualTypeOf<QueueWaitOptions | undefined>();
  expectTypeOf(queue.pushSync).parameter(1).toEqualTypeOf<QueueSyncOptions>();
  for await (const trade of queue) expectTypeOf(trade).toEqualTypeOf<TradeView>();
  // @ts-expect-error a field is missing
  queue.tryPush({ id: 1 });
  // @ts-expect-error no such field
  queue.tryTake()?.colour;
});

test("a queue of bytes has byte arrays", () => {
  const queue = SharedQueue.open(participant, "bytes", { message: "bytes", role: "consumer" });
  expectTypeOf(queue).toEqualTypeOf<SharedQueue<"bytes">>();
  expectTypeOf(queue.tryPush).parameter(0).toEqualTypeOf<Uint8Array>();
  expectTypeOf(queue.tryTake()).toEqualTypeOf<Uint8Array<ArrayBuffer> | undefined>();
  // @ts-expect-error no such role
  SharedQueue.open(participant, "bytes", { message: "bytes", role: "writer" });
});
