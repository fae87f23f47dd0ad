export {
  ERROR_CODES,
  type FailureKind,
  FamfsError,
  type FamfsErrorCode,
  type MemoryFailure,
  type SystemErrorDetails,
} from "./errors.js";
export type { LongWorkOptions, Progress } from "./guards.js";
export type { FileEntry } from "./instance/backend.js";
export type {
  CopyInOptions,
  CreateOptions,
  CreateOutcome,
  FileOptions,
  FileToCreate,
  FolderOptions,
  Interleave,
  ReplayCounts,
  WaitForFileOptions,
} from "./instance/create-options.js";
export type { Extent, Extents, Location } from "./instance/famfs/extents.js";
export { FamfsFile, type MapOptions } from "./instance/file.js";
export type { Device, InstanceInfo, Role } from "./instance/info.js";
export { Instance, type OpenOptions } from "./instance/instance.js";
export { listInstances } from "./instance/list.js";
export type { ListedInstance } from "./instance/listed.js";
export { type OpenHandleOptions, openHandle } from "./instance/open-handle.js";
export { type OpenInstanceOptions, openInstance } from "./instance/open-instance.js";
export { createTmpfsInstance, type TmpfsInstanceOptions } from "./instance/tmpfs.js";
export { type Capabilities, capabilities } from "./memory/capabilities.js";
export { type Coherence, fullFence, storeFence } from "./memory/coherence.js";
export { CommitWord, type CommitWordOptions } from "./memory/commit-word.js";
export type { DaxMode } from "./memory/dax.js";
export type { MappingHandle } from "./memory/handle.js";
export type { InstanceKind } from "./memory/kind.js";
export { Mapping, type ViewConstructor } from "./memory/mapping.js";
export type { Access } from "./memory/open-file.js";
export type { PageSizes } from "./memory/page-sizes.js";
export type {
  QueueSyncOptions as PcqSyncOptions,
  QueueSyncOptions,
  QueueWaitOptions as PcqWaitOptions,
  QueueWaitOptions,
} from "./memory/patience.js";
export type { PrefaultOptions } from "./memory/prefault.js";
export type { Idle, WaitCondition, WaitOptions, WaitSyncOptions } from "./memory/wait.js";
export type { PcqPermissions } from "./pcq/files.js";
export type { Role as PcqRole } from "./pcq/mapped.js";
export type { PcqInfo } from "./pcq/open-queue.js";
export type { PcqCreateOptions, PcqGeometry, PcqOpenOptions } from "./pcq/options.js";
export { PcqQueue } from "./pcq/pcq.js";
export { toCHeader } from "./schema/c-header.js";
export { assertSameSchema } from "./schema/compare.js";
export { toCtypes } from "./schema/ctypes.js";
export type {
  ArrayView,
  BitsView,
  Fields,
  FieldView,
  InputOf,
  NestedView,
  RecordOf,
  View,
  ViewOf,
} from "./schema/infer.js";
export { parseSchema } from "./schema/parse.js";
export {
  bool,
  f32,
  f64,
  i8,
  i16,
  i32,
  i64,
  i64Number,
  type ScalarKind,
  type ScalarType,
  type ScalarValue,
  type TypedArrayOf,
  u8,
  u16,
  u32,
  u64,
  u64Number,
  type VectorKind,
} from "./schema/scalars.js";
export type { MemorySource, ViewSource } from "./schema/source.js";
export { type Schema, type StructOptions, struct } from "./schema/struct.js";
export {
  type ArrayType,
  array,
  type BitsType,
  type BytesType,
  bits,
  bytes,
  type Field,
  type FieldType,
  type StructType,
  type Utf8Type,
  utf8,
  type VectorType,
  vector,
} from "./schema/types.js";
export type { FormatOptions, SegmentCounts } from "./segment/format.js";
export type { JoinOptions } from "./segment/join.js";
export type { Standing } from "./segment/liveness.js";
export type { OpenSegmentOptions } from "./segment/open.js";
export { Participant } from "./segment/participant.js";
export type { ParticipantInfo } from "./segment/participants.js";
export { type CreateSegmentOptions, type EntryInfo, Segment } from "./segment/segment.js";
export {
  type ColumnName,
  SharedArray,
  type SharedArrayOptions,
  type SharedRecords,
  type SharedScalars,
} from "./structures/array.js";
export { SharedAtomics, type WaitOutcome } from "./structures/atomics/atomics.js";
export type { AtomicKind } from "./structures/atomics/cells.js";
export type {
  CreateAtomicsOptions,
  OpenAtomicsOptions,
  WaitAtomicOptions,
  WaitAtomicSyncOptions,
} from "./structures/atomics/options.js";
export {
  type CreateBarrierOptions,
  type OpenBarrierOptions,
  SharedBarrier,
  type WaitBarrierSyncOptions,
} from "./structures/barrier/barrier.js";
export { SharedBroadcast } from "./structures/broadcast/broadcast.js";
export type {
  CreateBroadcastOptions,
  MessagesOptions,
  OpenBroadcastOptions,
  ReaderOptions,
  ReadSyncOptions,
} from "./structures/broadcast/options.js";
export { BroadcastReader } from "./structures/broadcast/reader.js";
export { SharedCounter } from "./structures/counter/counter.js";
export { MutexGuard } from "./structures/mutex/guard.js";
export { SharedMutex } from "./structures/mutex/mutex.js";
export type { Guarded, LockOptions, LockSyncOptions, TryLockOptions } from "./structures/mutex/options.js";
export type { CreateQueueOptions, OpenQueueOptions } from "./structures/queue/options.js";
export { SharedQueue } from "./structures/queue/queue.js";
export type { MessageInput, MessageType, MessageView } from "./structures/queue/types.js";
export {
  type CreateRecordOptions,
  type OpenRecordOptions,
  SharedRecord,
} from "./structures/record/record.js";
export type { WriteOptions } from "./structures/record/source.js";
