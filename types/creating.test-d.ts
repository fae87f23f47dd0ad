// What users of the types of creation rely on; `npm run typecheck` and vitest check it, nothing runs.
import type { CreateOutcome, FamfsFile, FileToCreate, Instance, ReplayCounts } from "famfs";
import { expectTypeOf, test } from "vitest";

declare const instance: Instance;

test("create knows zeroing and strips", () => {
  void instance.create("a", { size: 1, zero: false, interleave: { strips: 4, chunkSize: 2 ** 21 } });
  void instance.create("a", { size: 1, interleave: { strips: 4, chunkSize: 2 ** 21, buckets: undefined } });
  // @ts-expect-error no chunk size
  void instance.create("a", { size: 1, interleave: { strips: 4 } });
  // @ts-expect-error an unknown option
  void instance.create("a", { size: 1, interleave: { nstrips: 4, chunkSize: 1 } });
});

test("createMany takes files and gives their outcomes", () => {
  const files: readonly FileToCreate[] = [{ name: "a", size: 1, mode: 0o600, ifExists: "open", zero: true }];
  expectTypeOf(instance.createMany(files)).toEqualTypeOf<Promise<CreateOutcome[]>>();
  void instance.createMany(files, { signal: new AbortController().signal, onProgress: ({ total }) => void total });
  // @ts-expect-error no size
  void instance.createMany([{ name: "a" }]);
  // @ts-expect-error progress is that of all
  void instance.createMany([{ name: "a", size: 1, onProgress: () => {} }]);
});

test("an outcome cannot be set, and its result is one of three", async () => {
  const [outcome] = await instance.createMany([]);
  expectTypeOf(outcome).toEqualTypeOf<CreateOutcome | undefined>();
  if (outcome === undefined) return;
  expectTypeOf(outcome.result).toEqualTypeOf<"created" | "existed" | "failed">();
  expectTypeOf(outcome.error).toBeUnknown();
  // @ts-expect-error read-only
  outcome.name = "b";
});

test("copyIn takes a path or bytes", () => {
  expectTypeOf(instance.copyIn("/etc/hosts", "a")).toEqualTypeOf<Promise<FamfsFile>>();
  void instance.copyIn(Buffer.from("x"), "a", { mode: 0o600, onProgress: undefined });
  // @ts-expect-error the size is that of the source
  void instance.copyIn("/etc/hosts", "a", { size: 1 });
  // @ts-expect-error no bytes
  void instance.copyIn(new ArrayBuffer(1), "a");
});

test("folders, replay and waiting", () => {
  expectTypeOf(instance.mkdir("a/b", { recursive: true, mode: 0o700 })).toEqualTypeOf<Promise<void>>();
  expectTypeOf(instance.replay()).toEqualTypeOf<Promise<ReplayCounts>>();
  expectTypeOf(instance.waitForFile("a", { access: "read-write", timeout: 5 })).toEqualTypeOf<Promise<FamfsFile>>();
  // @ts-expect-error it tells no progress
  void instance.replay({ onProgress: () => {} });
  // @ts-expect-error another access
  void instance.waitForFile("a", { access: "write" });
});
