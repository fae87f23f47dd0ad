// What users of PcqQueue rely on; `npm run typecheck` and vitest check it, nothing runs.
import {
  type Instance,
  type Mapping,
  type PcqInfo,
  type PcqPermissions,
  PcqQueue,
  type PcqRole,
  type PcqSyncOptions,
  type PcqWaitOptions,
} from "famfs";
import { expectTypeOf, test } from "vitest";

declare const instance: Instance;
declare const mapping: Mapping;
declare const queue: PcqQueue;
declare const message: Uint8Array;

test("a queue is made and opened with exact options", () => {
  expectTypeOf(PcqQueue.create).returns.toEqualTypeOf<Promise<PcqQueue>>();
  expectTypeOf(PcqQueue.open).returns.toEqualTypeOf<Promise<PcqQueue>>();
  void PcqQueue.create(instance, "q", { buckets: 4, bucketSize: 64, role: "producer", permissions: "both" });
  void PcqQueue.open(instance, "q");
  void PcqQueue.over(mapping, mapping, { role: "consumer" });
  PcqQueue.format(mapping, mapping, { buckets: 4, bucketSize: 64 });
  expectTypeOf(PcqQueue.setPermissions).parameter(2).toEqualTypeOf<PcqPermissions>();
  // @ts-expect-error no size of a bucket
  void PcqQueue.create(instance, "q", { buckets: 4 });
  // @ts-expect-error no such role
  void PcqQueue.open(instance, "q", { role: "both" });
  // @ts-expect-error only through create, open and over
  new PcqQueue();
});

test("its properties cannot be assigned", () => {
  expectTypeOf(queue.role).toEqualTypeOf<PcqRole | undefined>();
  expectTypeOf(queue.messageSize).toBeNumber();
  expectTypeOf(queue.info()).toEqualTypeOf<PcqInfo>();
  // @ts-expect-error read-only
  queue.capacity = 5;
});

test("what can wait has three forms", () => {
  expectTypeOf(queue.tryProduce(message)).toBeBoolean();
  expectTypeOf(queue.produce(message)).resolves.toBeVoid();
  expectTypeOf(queue.produceSync(message, { timeout: 1 })).toBeVoid();
  expectTypeOf(queue.tryProduceMany(message)).toBeNumber();
  expectTypeOf(queue.produceMany(message)).resolves.toBeNumber();
  expectTypeOf(queue.tryConsume()).toEqualTypeOf<Uint8Array<ArrayBuffer> | undefined>();
  expectTypeOf(queue.consume()).resolves.toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  expectTypeOf(queue.consumeManySync(message, { timeout: 1 })).toBeNumber();
  expectTypeOf(queue.consume).parameter(0).toEqualTypeOf<PcqWaitOptions | undefined>();
  expectTypeOf(queue.consumeSync).parameter(0).toEqualTypeOf<PcqSyncOptions>();
  // @ts-expect-error a call that blocks needs a time-out
  queue.consumeSync({});
  // @ts-expect-error texts have no length in a bucket
  queue.tryProduce("text");
});

test("it can be iterated, and used with using", async () => {
  for await (const one of queue) expectTypeOf(one).toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  expectTypeOf(queue).toExtend<Disposable>();
});
