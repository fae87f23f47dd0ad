// What users of SharedBroadcast and SharedBarrier rely on; `npm run typecheck` and vitest check it, nothing runs.
import {
  type BroadcastReader,
  FamfsError,
  f64,
  type Participant,
  type Segment,
  SharedBarrier,
  SharedBroadcast,
  struct,
  u32,
} from "famfs";
import { expectTypeOf, test } from "vitest";

declare const participant: Participant;
declare const segment: Segment;
const Tick = struct({ id: u32, price: f64 });
const ticks = SharedBroadcast.open(segment, "ticks", { message: Tick });
declare const step: SharedBarrier;

test("the types of messages come from the schema", () => {
  expectTypeOf(SharedBroadcast.create(participant, "ticks", { message: Tick, capacity: 8 })).toEqualTypeOf<
    Promise<typeof ticks>
  >();
  ticks.write({ id: 1, price: 2 });
  ticks.write();
  expectTypeOf(ticks.draft.price).toBeNumber();
  expectTypeOf(ticks.draftAt(0).id).toBeNumber();
  // @ts-expect-error a field is missing
  ticks.write({ id: 1 });
  // @ts-expect-error no capacity
  void SharedBroadcast.create(participant, "ticks", { message: Tick });
  // @ts-expect-error a segment makes nothing
  void SharedBroadcast.create(segment, "ticks", { message: Tick, capacity: 8 });
  // @ts-expect-error no such role
  SharedBroadcast.open(participant, "ticks", { message: Tick, role: "reader" });
});

test("a reader says where it begins, and gives views", () => {
  const reader = ticks.reader({ from: "oldest" });
  expectTypeOf(reader).toExtend<BroadcastReader>();
  expectTypeOf(reader.tryRead()?.price).toEqualTypeOf<number | undefined>();
  expectTypeOf(reader.tryReadRun(4)).toBeNumber();
  expectTypeOf(reader.at(0).id).toBeNumber();
  expectTypeOf(reader.read({ timeout: 5 })).resolves.toEqualTypeOf(reader.at(0));
  expectTypeOf(reader.readSync({ timeout: 5 }).id).toBeNumber();
  expectTypeOf(reader.messages({ onLapped: (lost) => expectTypeOf(lost).toBeNumber() })).toExtend<
    AsyncIterable<object>
  >();
  // @ts-expect-error from where?
  ticks.reader();
  // @ts-expect-error from where?
  ticks.reader({ from: "tail" });
  // @ts-expect-error a wait on this thread needs an end
  reader.readSync();
});

test("a lapped reader's error has a number", () => {
  expectTypeOf(new FamfsError("ERR_FAMFS_LAPPED", "text", { lost: 3 }).lost).toEqualTypeOf<number | undefined>();
});

test("a barrier has parties of one host, or of each", () => {
  expectTypeOf(SharedBarrier.create(participant, "step", { parties: 3 })).toEqualTypeOf<Promise<SharedBarrier>>();
  expectTypeOf(SharedBarrier.open(segment, "step")).toEqualTypeOf<SharedBarrier>();
  void SharedBarrier.create(participant, "step", { parties: [2, 1], role: "party", signal: undefined });
  expectTypeOf(step.arrive()).toBeNumber();
  expectTypeOf(step.tryWait()).toBeBoolean();
  expectTypeOf(step.wait()).toEqualTypeOf<Promise<number>>();
  expectTypeOf(step.waitSync({ timeout: 5 })).toBeNumber();
  expectTypeOf(step).toExtend<Disposable>();
  expectTypeOf(ticks).toExtend<Disposable>();
  // @ts-expect-error how many?
  void SharedBarrier.create(participant, "step", {});
  // @ts-expect-error read-only
  step.phase = 1;
  // @ts-expect-error a wait on this thread needs an end
  step.waitSync({});
});
