export {
  ERROR_CODES,
  type FailureKind,
  FamfsError,
  type FamfsErrorCode,
  type MemoryFailure,
  type SystemErrorDetails,
} from "./errors.js";
export type { LongWorkOptions, Progress } from "./guards.js";
export type { InstanceKind } from "./instance/backend.js";
export { FamfsFile, type MapOptions } from "./instance/file.js";
export { type CreateOptions, type FileEntry, Instance, type OpenOptions } from "./instance/instance.js";
export { type OpenInstanceOptions, openInstance } from "./instance/open-instance.js";
export { createTmpfsInstance, type TmpfsInstanceOptions } from "./instance/tmpfs.js";
export { type Capabilities, capabilities } from "./memory/capabilities.js";
export { type Coherence, fullFence, storeFence } from "./memory/coherence.js";
export { CommitWord, type CommitWordOptions } from "./memory/commit-word.js";
export type { MappingHandle } from "./memory/handle.js";
export { Mapping, type ViewConstructor } from "./memory/mapping.js";
export type { Access } from "./memory/open-file.js";
export { type OpenHandleOptions, openHandle } from "./memory/open-handle.js";
export type { PrefaultOptions } from "./memory/prefault.js";
export type { Idle, WaitCondition, WaitOptions, WaitSyncOptions } from "./memory/wait.js";
