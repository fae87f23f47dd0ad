import { FamfsError } from "../errors.js";
import { native } from "../native/binding.js";
import { checkCacheSupport } from "./coherence.js";

/** What this machine can do, as {@link capabilities} tells it. */
export interface Capabilities {
  /** `"x64"` or `"arm64"`. */
  readonly arch: string;
  /** Of a cache line, in bytes. */
  readonly lineSize: number;
  /** The instructions that write a line back, best first. */
  readonly writeBackInstructions: readonly string[];
  /** The one that {@link Mapping.writeBack} uses; undefined where incoherent memory is refused for lack of it. */
  readonly writeBack: string | undefined;
  /** The one that {@link Mapping.invalidate} uses. */
  readonly invalidate: string | undefined;
  /** What FAMFS_WRITEBACK asks for. */
  readonly forced: string | undefined;
  /** Whether `coherence: "incoherent"` is possible here, and the error where it is not. */
  readonly incoherent: true | FamfsError;
}

/**
 * What this machine can do for memory shared between hosts. It cannot tell whether a memory is coherent: that is
 * declared (docs/memory-model.md).
 * @throws {FamfsError} the errors of loading the addon (docs/errors.md)
 */
export function capabilities(): Capabilities {
  const support = native().cacheSupport();
  return Object.freeze({
    arch: process.arch,
    lineSize: support.lineSize,
    writeBackInstructions: Object.freeze([...support.available]),
    writeBack: support.writeBack ?? undefined,
    invalidate: support.invalidate ?? undefined,
    forced: support.forced ?? undefined,
    incoherent: refusal(() => checkCacheSupport(support)) ?? true,
  });
}

function refusal(check: () => void): FamfsError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof FamfsError) return error;
    throw error;
  }
}
