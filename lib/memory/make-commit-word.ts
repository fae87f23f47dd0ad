import { FamfsError } from "../errors.js";
import { aligned, integer, options, string, wrongType } from "../guards.js";
import { CoherentWord } from "./coherent-word.js";
import type { CommitWord, CommitWordOptions } from "./commit-word.js";
import { NativeWord } from "./native-word.js";
import type { Span } from "./span.js";

/** {@link Mapping.commitWord}: checks everything once, and picks the class for the mode. */
export function makeCommitWord(span: Span, offset: number, callerOptions: CommitWordOptions): CommitWord {
  const given = options("commitWord", callerOptions, ["bits", "site", "waiters"]);
  const bits = wordBits(given.bits);
  const site = string("site", given.site);
  checkWord(span, "offset", offset, bits);
  const waiters = given.waiters === undefined ? undefined : checkWaiters(span, given.waiters);
  span.check();
  const place = { span, offset, bits, site, waiters };
  return span.region.traits.coherence === "coherent" ? new CoherentWord(place) : new NativeWord(place);
}

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE */
export function wordBits(bits: unknown): 32 | 64 {
  if (bits === 32 || bits === 64) return bits;
  if (typeof bits !== "number") throw wrongType("bits", "32 or 64", bits);
  throw new FamfsError("ERR_FAMFS_OUT_OF_RANGE", `bits must be 32 or 64, found ${bits}`);
}

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, ERR_FAMFS_MISALIGNED, ERR_FAMFS_PAST_END */
export function checkWord(span: Span, name: string, offset: unknown, bits: 32 | 64): number {
  const checked = integer(name, offset, 0);
  // Of the address: a window may start anywhere at a multiple of 8.
  aligned(name, checked, bits / 8);
  span.checkRange(checked, bits / 8);
  return checked;
}

/** Futexes end at the host, and a sleeper stores (R5). */
export function checkWaiters(span: Span, offset: unknown): number {
  const { coherence } = span.region.traits;
  const checked = checkWord(span, "waiters", offset, 32);
  span.checkWritable();
  if (coherence === "coherent") return checked;
  throw new FamfsError(
    "ERR_FAMFS_OUT_OF_RANGE",
    `waiters needs a coherent mapping, this one is ${coherence}: nobody wakes another host; leave it out, then waits poll`,
  );
}
