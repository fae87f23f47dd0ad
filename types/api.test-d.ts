// What users of the types rely on; `npm run typecheck` and vitest check it, nothing runs.
import {
  type Access,
  type Coherence,
  createTmpfsInstance,
  type Device,
  type Extents,
  FamfsError,
  type FamfsErrorCode,
  type FamfsFile,
  type FileEntry,
  type Instance,
  type InstanceInfo,
  type InstanceKind,
  type ListedInstance,
  type Location,
  listInstances,
  type Mapping,
  type MappingHandle,
  openHandle,
  openInstance,
} from "famfs";
import { expectTypeOf, test } from "vitest";

declare const instance: Instance;
declare const file: FamfsFile;
declare const mapping: Mapping;
declare const handle: MappingHandle;

test("opening gives an instance, and its options are exact", () => {
  expectTypeOf(openInstance).returns.toEqualTypeOf<Promise<Instance>>();
  expectTypeOf(createTmpfsInstance).returns.toEqualTypeOf<Promise<Instance>>();
  void openInstance(process.env["FAMFS_PATH"], { fallback: "tmpfs" });
  void openInstance("/dev/shm", { allowPageCache: true, fallback: undefined });
  // @ts-expect-error another fallback
  void openInstance(undefined, { fallback: "disk" });
  // @ts-expect-error null is no option
  void openInstance(undefined, { allowPageCache: null });
  // @ts-expect-error an unknown option
  void openInstance("/dev/shm", { fallBack: "tmpfs" });
  // @ts-expect-error a path is a string
  void openInstance(5);
  // @ts-expect-error an unknown option
  void createTmpfsInstance({ dir: "/dev/shm" });
});

test("an instance's properties cannot be set", () => {
  expectTypeOf(instance.path).toEqualTypeOf<string>();
  expectTypeOf(instance.kind).toEqualTypeOf<"tmpfs" | "famfs" | "famfs-fuse" | "devdax" | "page-cache">();
  expectTypeOf(instance.mapAlignment).toEqualTypeOf<number>();
  expectTypeOf(instance.closed).toEqualTypeOf<boolean>();
  // @ts-expect-error read-only
  instance.path = "/";
  // @ts-expect-error read-only
  instance.kind = "tmpfs";
});

test("create and open give files, and their options are exact", () => {
  expectTypeOf(instance.create("a", { size: 1 })).toEqualTypeOf<Promise<FamfsFile>>();
  expectTypeOf(instance.open("a")).toEqualTypeOf<Promise<FamfsFile>>();
  void instance.create("a", { size: 1, mode: 0o600, ifExists: "open", signal: new AbortController().signal });
  void instance.create("a", { size: 1, onProgress: ({ done, total }) => expectTypeOf(done).toEqualTypeOf(total) });
  // @ts-expect-error no size
  void instance.create("a", {});
  // @ts-expect-error no options
  void instance.create("a");
  // @ts-expect-error sizes are numbers
  void instance.create("a", { size: 1n });
  // @ts-expect-error another ifExists
  void instance.create("a", { size: 1, ifExists: "truncate" });
  // @ts-expect-error an unknown option
  void instance.open("a", { mode: 0o600 });
  // @ts-expect-error another access
  void instance.open("a", { access: "write" });
});

test("files() gives entries that cannot be set", async () => {
  for await (const entry of instance.files()) {
    expectTypeOf(entry).toEqualTypeOf<FileEntry>();
    expectTypeOf(entry.size).toEqualTypeOf<number>();
    // @ts-expect-error read-only
    entry.name = "b";
  }
});

test("map gives a mapping", () => {
  expectTypeOf(file.map()).toEqualTypeOf<Mapping>();
  expectTypeOf(file.map({ offset: 4096, length: undefined })).toEqualTypeOf<Mapping>();
  expectTypeOf(file.access).toEqualTypeOf<Access>();
  // @ts-expect-error an unknown option
  file.map({ start: 0 });
});

test("views are over an ArrayBuffer, and their type is that of the constructor", () => {
  expectTypeOf(mapping.buffer).toEqualTypeOf<ArrayBuffer>();
  expectTypeOf(mapping.bytes()).toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  expectTypeOf(mapping.view(Float32Array)).toEqualTypeOf<Float32Array<ArrayBuffer>>();
  expectTypeOf(mapping.view(Float64Array, 8, 4)).toEqualTypeOf<Float64Array<ArrayBuffer>>();
  expectTypeOf(mapping.view(BigUint64Array, 8)).toEqualTypeOf<BigUint64Array<ArrayBuffer>>();
  expectTypeOf(mapping.view(Uint8ClampedArray)).toEqualTypeOf<Uint8ClampedArray<ArrayBuffer>>();
  expectTypeOf(mapping.view(DataView)).toEqualTypeOf<DataView<ArrayBuffer>>();
  expectTypeOf(mapping.view(BigInt64Array)[0]).toEqualTypeOf<bigint | undefined>();
  // @ts-expect-error no view's constructor
  mapping.view(Array);
  // @ts-expect-error no view's constructor
  mapping.view(ArrayBuffer);
  // @ts-expect-error an instance is no constructor
  mapping.view(new Float32Array(1));
  // @ts-expect-error offsets are numbers
  mapping.bytes(0n);
});

test("a window is a mapping, and needs both arguments", () => {
  expectTypeOf(mapping.window(0, 8)).toEqualTypeOf<Mapping>();
  // @ts-expect-error no length
  mapping.window(0);
});

test("the rest of a mapping", () => {
  expectTypeOf(mapping.byteLength).toEqualTypeOf<number>();
  expectTypeOf(mapping.closed).toEqualTypeOf<boolean>();
  expectTypeOf(mapping.released).toEqualTypeOf<Promise<void>>();
  expectTypeOf(mapping.prefault("read")).toEqualTypeOf<Promise<void>>();
  expectTypeOf(mapping.close()).toEqualTypeOf<void>();
  // @ts-expect-error no mode
  void mapping.prefault();
  // @ts-expect-error another mode
  void mapping.prefault("exec");
  // @ts-expect-error an unknown option
  void mapping.prefault("read", { progress: () => {} });
  // @ts-expect-error read-only
  mapping.byteLength = 5;
});

test("a handle is plain data, and opens as a mapping", () => {
  expectTypeOf(mapping.handle()).toEqualTypeOf<MappingHandle>();
  expectTypeOf(openHandle(handle)).toEqualTypeOf<Promise<Mapping>>();
  expectTypeOf(handle).toEqualTypeOf<{
    readonly path: string;
    readonly kind: InstanceKind;
    readonly identity: string;
    readonly offset: number;
    readonly length: number;
    readonly alignment: number;
    readonly access: Access;
    readonly coherence: Coherence;
    readonly host?: number | undefined;
  }>();
  void openHandle(handle, { access: "read-only" });
  // @ts-expect-error an unknown option
  void openHandle(handle, { mode: 1 });
  // @ts-expect-error not a handle
  void openHandle({ path: "/dev/shm/a" });
});

test("an instance describes itself, its devices and where its files lie", () => {
  expectTypeOf(instance.info()).toEqualTypeOf<Promise<InstanceInfo>>();
  expectTypeOf<InstanceInfo["role"]>().toEqualTypeOf<"master" | "client" | undefined>();
  expectTypeOf(instance.devices()).toEqualTypeOf<Promise<Device[]>>();
  expectTypeOf<Device["mode"]>().toEqualTypeOf<"devdax" | "fsdev" | "system-ram" | undefined>();
  expectTypeOf(instance.refresh()).toEqualTypeOf<Promise<void>>();
  expectTypeOf(listInstances()).toEqualTypeOf<Promise<ListedInstance[]>>();
  expectTypeOf(file.extents()).toEqualTypeOf<Extents>();
  expectTypeOf(file.locate(5)).toEqualTypeOf<Location>();
  expectTypeOf(mapping.pageSizes()).toEqualTypeOf<Readonly<Record<number, number>>>();
  void openInstance("/mnt/famfs", { cli: ["sudo", "-n", "famfs"], force: true });
  // @ts-expect-error a command is a list
  void openInstance("/mnt/famfs", { cli: "famfs" });
  // @ts-expect-error of a byte
  file.locate();
});

test("what is closed can be closed by the language", () => {
  expectTypeOf(instance).toExtend<AsyncDisposable>();
  expectTypeOf(file).toExtend<Disposable>();
  expectTypeOf(mapping).toExtend<Disposable>();
});

test("an error's code is one of a known set", () => {
  const error: unknown = new FamfsError("ERR_FAMFS_CLOSED", "text");
  if (error instanceof FamfsError) {
    expectTypeOf(error.code).toEqualTypeOf<FamfsErrorCode>();
    expectTypeOf(error.errno).toEqualTypeOf<number | undefined>();
    // @ts-expect-error no such code
    if (error.code === "ERR_FAMFS_NOWHERE") return;
    // @ts-expect-error read-only
    error.code = "ERR_FAMFS_CLOSED";
  }
  // @ts-expect-error no such code
  new FamfsError("ERR_FAMFS_NOWHERE", "text");
});
