import { constants } from "node:os";
import type { NativeWaitLimits } from "../../types/native.js";
import { FamfsError } from "../errors.js";
import { integer, oneOf, options, unknownOption, wrongType } from "../guards.js";
import { native } from "../native/binding.js";
import { treatment } from "./coherence.js";
import { checkWaiters, checkWord, wordBits } from "./make-commit-word.js";
import { largestValue, type Span } from "./span.js";

/** What to wait for: that a word is another than a value, or has reached one. 32 bits compare with wrap-around. */
export type WaitCondition =
  | { readonly bits: 32 | 64; readonly not: number; readonly atLeast?: undefined }
  | { readonly bits: 32 | 64; readonly atLeast: number; readonly not?: undefined };

/**
 * What a waiting thread does meanwhile. `"spin"`: looks all the time, one core. `"balanced"`: spins for about as long as
 * recent waits took, then sleeps, longer and longer up to 1 ms. `"idle"`: sleeps at once, up to 20 ms.
 */
export type Idle = "spin" | "balanced" | "idle";

/** All of them. */
export const IDLES = ["spin", "balanced", "idle"] as const;

/** Options of {@link Mapping.waitUntilSync}. */
export interface WaitSyncOptions {
  /** In milliseconds. */
  timeout: number;
  /** Default `"balanced"`. */
  idle?: Idle | undefined;
  /**
   * Offset of a u32 of its own: whoever sleeps sets it, and commit words made with the same `waiters` then wake them,
   * so that nobody need poll. On coherent, writable mappings only.
   */
  waiters?: number | undefined;
}

/** Options of {@link Mapping.waitUntil}. */
export interface WaitOptions extends Omit<WaitSyncOptions, "timeout"> {
  /** In milliseconds. Default: no end. */
  timeout?: number | undefined;
  /** Ends the wait; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** A wait whose arguments were checked. */
interface Settled {
  readonly span: Span;
  readonly offset: number;
  readonly condition: WaitCondition;
  readonly idle: Idle;
  readonly timeout: number;
  readonly waiters: number | undefined;
}

/** Loads before the first native call of a synchronous wait: some 10 us, in which a spinning peer answers. */
const SPINS = 1000;

/** {@link Mapping.waitUntil}. */
export async function waitUntil(
  span: Span,
  offset: number,
  condition: WaitCondition,
  callerOptions?: WaitOptions,
): Promise<number> {
  const given = options("waitUntil", callerOptions, ["timeout", "signal", "idle", "waiters"]);
  const { signal, timeout = Number.POSITIVE_INFINITY, idle = "balanced", waiters } = given;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrongType("signal", "an AbortSignal", signal);
  checkCondition(condition);
  checkWord(span, "offset", offset, condition.bits);
  const wait = settle({ span, offset, condition, idle, timeout, waiters });
  signal?.throwIfAborted();
  return lookOnce(wait) ?? waitOnThread(wait, signal);
}

function waitOnThread(wait: Settled, signal: AbortSignal | undefined): Promise<number> {
  const { waits } = wait.span;
  return new Promise((resolve, reject) => {
    const finish = () => {
      signal?.removeEventListener("abort", onAbort);
      waits.delete(stop);
    };
    const stop = (reason: unknown) => {
      finish();
      native().endWait(number);
      reject(reason);
    };
    const onAbort = () => stop(signal?.reason);
    const onEnd = (value: number, errno: number) => {
      finish();
      try {
        resolve(result(wait, value, errno));
      } catch (error) {
        reject(error);
      }
    };
    const number = native().startWait(...nativeArguments(wait), { ...limits(wait), onEnd });
    signal?.addEventListener("abort", onAbort, { once: true });
    waits.add(stop);
  });
}

/** {@link Mapping.waitUntilSync}. Allocates nothing before it sleeps. */
export function waitUntilSync(
  span: Span,
  offset: number,
  condition: WaitCondition,
  callerOptions: WaitSyncOptions,
): number {
  checkCondition(condition);
  checkSyncOptions(callerOptions);
  checkWord(span, "offset", offset, condition.bits);
  span.check();
  if (span.region.traits.coherence === "coherent") {
    const cell = span.cellAt(offset, condition.bits);
    const spins = callerOptions.idle === "idle" ? 1 : SPINS;
    for (let i = 0; i < spins; i++) {
      const found = cell.load();
      if (holds(condition, found)) return span.checkLoaded(found, offset);
    }
  }
  const { timeout, idle = "balanced", waiters } = callerOptions;
  const wait = settle({ span, offset, condition, idle, timeout, waiters });
  const found = native().waitSync(...nativeArguments(wait), limits(wait));
  return found < 0 ? result(wait, 0, -found) : result(wait, found, 0);
}

/** Lets those who sleep at a word of 32 bits look at it. They said that they sleep before they looked last. */
export function wake(span: Span, offset: number, waiters: number): void {
  span.check();
  if (span.cellAt(waiters, 32).take() === 0) return;
  native().wake(span.region.slot, treatment(span.region.traits.coherence, SITE), span.base + offset);
}

/** Without the thread, where what is waited for has happened already. */
function lookOnce({ span, offset, condition }: Settled): number | undefined {
  const { region, base } = span;
  const wide = condition.bits === 64;
  const found =
    region.traits.coherence === "coherent"
      ? span.cellAt(offset, condition.bits).load()
      : native().observe(region.slot, treatment(region.traits.coherence, SITE, wide), base + offset);
  return holds(condition, found) ? span.checkLoaded(found, offset) : undefined;
}

/** The site of all waits: they only look. */
const SITE = "wait";

function holds({ bits, not, atLeast }: WaitCondition, found: number): boolean {
  if (atLeast === undefined) return found !== not;
  return bits === 32 ? ((found - atLeast) | 0) >= 0 : found >= atLeast;
}

function checkCondition(condition: WaitCondition): void {
  if (typeof condition !== "object" || condition === null) throw wrongType("condition", "an object", condition);
  const { bits, not, atLeast } = condition;
  for (const key in condition) {
    if (key === "bits" || key === "not" || key === "atLeast") continue;
    throw unknownOption("a condition", key, ["bits", "not", "atLeast"]);
  }
  if ((not === undefined) === (atLeast === undefined)) {
    throw new FamfsError(
      "ERR_FAMFS_INVALID_TYPE",
      "a condition must have either not (wait until the word is another) or atLeast (wait until it has come so far)",
    );
  }
  integer(not === undefined ? "atLeast" : "not", not ?? atLeast, 0, largestValue(wordBits(bits)));
}

function checkSyncOptions(given: WaitSyncOptions): void {
  if (typeof given !== "object" || given === null)
    throw wrongType("the options of waitUntilSync", "an object with a timeout", given);
  for (const key in given) {
    if (key === "timeout" || key === "idle" || key === "waiters") continue;
    throw unknownOption("waitUntilSync", key, ["timeout", "idle", "waiters"]);
  }
}

/** @throws {FamfsError} ERR_FAMFS_INVALID_TYPE, ERR_FAMFS_OUT_OF_RANGE, and what the span's check throws */
function settle(wait: Settled): Settled {
  const { span, timeout, idle, waiters } = wait;
  if (typeof timeout !== "number") throw wrongType("timeout", "a number of milliseconds", timeout);
  if (!(timeout >= 0))
    throw new FamfsError("ERR_FAMFS_OUT_OF_RANGE", `timeout must be at least 0 milliseconds, found ${timeout}`);
  oneOf("idle", idle, IDLES);
  span.check();
  if (waiters !== undefined) checkWaiters(span, waiters);
  return wait;
}

function nativeArguments({ span, offset, condition, idle }: Settled): [number, number, number, number, number] {
  const { bits, not, atLeast } = condition;
  const how = treatment(span.region.traits.coherence, SITE, bits === 64);
  const flags = IDLES.indexOf(idle) * 2 + (atLeast === undefined ? 0 : 1);
  return [span.region.slot, how, span.base + offset, not ?? atLeast, flags];
}

function limits({ span, timeout, waiters }: Settled): NativeWaitLimits {
  return { timeout, waiters: waiters === undefined ? -1 : span.base + waiters };
}

/** What a finished wait gives. @throws {FamfsError} ERR_FAMFS_TIMEOUT, ERR_FAMFS_CLOSED and the memory's failure */
function result({ span, offset, condition, timeout }: Settled, value: number, errno: number): number {
  if (errno === constants.errno.ETIMEDOUT) {
    const wanted = condition.atLeast === undefined ? `another than ${condition.not}` : `at least ${condition.atLeast}`;
    throw new FamfsError(
      "ERR_FAMFS_TIMEOUT",
      `the word at offset ${offset} of ${span.region.path} did not become ${wanted} within ${timeout} ms; its last value was ${value}`,
    );
  }
  span.check();
  return span.checkLoaded(value, offset);
}
