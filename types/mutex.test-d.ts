import {
  type LockOptions,
  MutexGuard,
  type Participant,
  type SharedArray,
  SharedMutex,
  SharedRecord,
  struct,
  u32,
} from "famfs";
import { expectTypeOf, test } from "vitest";

declare const participant: Participant;
declare const mutex: SharedMutex;
declare const array: SharedArray;

test("a mutex gives guards, which the language gives back", () => {
  expectTypeOf(SharedMutex.create(participant, "it")).toEqualTypeOf<Promise<SharedMutex>>();
  expectTypeOf(SharedMutex.open(participant, "it")).toEqualTypeOf<SharedMutex>();
  expectTypeOf(mutex.lock()).toEqualTypeOf<Promise<MutexGuard>>();
  expectTypeOf(mutex.lockSync({ timeout: 1 })).toEqualTypeOf<MutexGuard>();
  expectTypeOf(mutex.tryLock()).toEqualTypeOf<MutexGuard | undefined>();
  expectTypeOf(MutexGuard.prototype).toExtend<Disposable>();
  expectTypeOf(mutex.token).toEqualTypeOf<number>();
});

test("what it guards are arrays, or parts of them", () => {
  void mutex.lock({ guards: [array, { array, from: 0, to: 32 }], repair: async (guard) => void guard.token });
  expectTypeOf<LockOptions["signal"]>().toEqualTypeOf<AbortSignal | undefined>();
  // @ts-expect-error a range is one of an array
  void mutex.lock({ guards: [{ offset: 0, length: 8 }] });
  // @ts-expect-error nothing else could end the wait
  mutex.lockSync({});
  // @ts-expect-error nor a signal
  mutex.lockSync({ timeout: 1, signal: new AbortController().signal });
});

test("its token goes into writes of a record", () => {
  const record = SharedRecord.open(participant, "row", { record: struct({ value: u32 }) });
  const guard = mutex.lockSync({ timeout: 1 });
  record.write({ value: 1 }, { token: guard.token });
  // @ts-expect-error read-only
  guard.token = 2;
});
