// What users of the types of coherence rely on; nothing runs.
import {
  type Capabilities,
  type Coherence,
  type CommitWord,
  capabilities,
  type FamfsError,
  fullFence,
  type Instance,
  type Mapping,
  openInstance,
  storeFence,
} from "famfs";
import { expectTypeOf, test } from "vitest";

declare const instance: Instance;
declare const mapping: Mapping;
declare const word: CommitWord;
declare const signal: AbortSignal;

test("the mode is one of three, and an option", () => {
  expectTypeOf<Coherence>().toEqualTypeOf<"coherent" | "incoherent" | "simulated">();
  expectTypeOf(instance.coherence).toEqualTypeOf<Coherence>();
  expectTypeOf(mapping.coherence).toEqualTypeOf<Coherence>();
  void openInstance("/dev/shm", { coherence: "simulated", host: 1 });
  void openInstance("/dev/shm", { coherence: undefined, host: undefined });
  // @ts-expect-error another mode
  void openInstance("/dev/shm", { coherence: "loose" });
  // @ts-expect-error a host is a number
  void openInstance("/dev/shm", { host: "1" });
});

test("primitives take bytes, and a name", () => {
  expectTypeOf(mapping.writeBack(0, 64)).toEqualTypeOf<void>();
  mapping.invalidate(0, 64, "mine.line");
  mapping.fetch(0, 64);
  storeFence("mine.fence");
  fullFence();
  // @ts-expect-error a length is needed
  mapping.writeBack(0);
  expectTypeOf(capabilities()).toEqualTypeOf<Capabilities>();
  expectTypeOf(capabilities().incoherent).toEqualTypeOf<true | FamfsError>();
});

test("a commit word", () => {
  expectTypeOf(mapping.commitWord(0, { bits: 64, site: "a", waiters: 8 })).toEqualTypeOf<CommitWord>();
  expectTypeOf(word.observe()).toEqualTypeOf<number>();
  expectTypeOf(word.stillIs(1)).toEqualTypeOf<boolean>();
  expectTypeOf(word.read(0, new Uint8Array(1))).toEqualTypeOf<number | undefined>();
  word.publishRanges(1, Float64Array.of(0, 8));
  word.overwrite(2, 64, Buffer.from("a"));
  // @ts-expect-error 32 or 64
  mapping.commitWord(0, { bits: 16, site: "a" });
  // @ts-expect-error a word has a name
  mapping.commitWord(0, { bits: 32 });
  // @ts-expect-error values are numbers
  word.publish(1n, 0, 0);
});

test("a wait has one condition, and a synchronous one a timeout", () => {
  expectTypeOf(mapping.waitUntil(0, { bits: 32, not: 1 })).toEqualTypeOf<Promise<number>>();
  void mapping.waitUntil(0, { bits: 64, atLeast: 1 }, { timeout: 1, signal, idle: "idle", waiters: 64 });
  expectTypeOf(mapping.waitUntilSync(0, { bits: 32, atLeast: 1 }, { timeout: 1 })).toEqualTypeOf<number>();
  // @ts-expect-error both
  void mapping.waitUntil(0, { bits: 32, not: 1, atLeast: 1 });
  // @ts-expect-error neither
  void mapping.waitUntil(0, { bits: 32 });
  // @ts-expect-error no timeout
  mapping.waitUntilSync(0, { bits: 32, not: 1 }, {});
  // @ts-expect-error another strategy
  void mapping.waitUntil(0, { bits: 32, not: 1 }, { idle: "sleep" });
});
