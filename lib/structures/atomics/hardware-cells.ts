import { setTimeout as sleep } from "node:timers/promises";
import { FamfsError } from "../../errors.js";
import type { Mapping } from "../../memory/mapping.js";
import type { Span } from "../../memory/span.js";
import { wake } from "../../memory/wait.js";
import { Status } from "../../native/binding.js";
import { TYPED_ARRAYS } from "../../schema/scalars.js";
import type { Participant } from "../../segment/participant.js";
import { noParticipant } from "../checks.js";
import type { AtomicCells, AtomicKind } from "./cells.js";
import { sleepersAt } from "./layout.js";

type Words = Int32Array | Uint32Array | BigInt64Array | BigUint64Array;

const OPEN = Status.open;

/** A wait for 64 bits looks again so often, in milliseconds: sleepers watch the low half only. */
const PAUSE = 5;

/** Elements on coherent memory: the CPU's own instructions. */
export class HardwareCells implements AtomicCells<number | bigint> {
  readonly isLockFree = true;
  readonly #memory: Mapping;
  readonly #span: Span;
  readonly #health: Int32Array;
  readonly #words: Int32Array;
  readonly #length: number;
  readonly #participant: Participant | undefined;

  constructor(memory: Mapping, kind: AtomicKind, length: number, participant: Participant | undefined) {
    this.#memory = memory;
    this.#span = memory.span;
    this.#health = this.#span.region.health;
    // One of the four, for all of which Atomics has the same functions; TypeScript has no type for that.
    this.#words = new (TYPED_ARRAYS[kind] as new (buffer: ArrayBuffer, offset: number, length: number) => Words)(
      memory.buffer,
      0,
      length,
    ) as Int32Array;
    this.#length = length;
    this.#participant = participant;
  }

  load(index: number): number {
    try {
      return this.#checked(this.#health, Atomics.load(this.#words, index));
    } catch (error) {
      throw this.#reasonOf(error);
    }
  }

  add(index: number, operand: number | bigint): number {
    try {
      return this.#checked(this.#health, Atomics.add(this.#words, index, operand as number));
    } catch (error) {
      throw this.#reasonOf(error);
    }
  }

  sub(index: number, operand: number | bigint): number {
    try {
      return this.#checked(this.#health, Atomics.sub(this.#words, index, operand as number));
    } catch (error) {
      throw this.#reasonOf(error);
    }
  }

  and(index: number, operand: number | bigint): number {
    try {
      return this.#checked(this.#health, Atomics.and(this.#words, index, operand as number));
    } catch (error) {
      throw this.#reasonOf(error);
    }
  }

  or(index: number, operand: number | bigint): number {
    try {
      return this.#checked(this.#health, Atomics.or(this.#words, index, operand as number));
    } catch (error) {
      throw this.#reasonOf(error);
    }
  }

  xor(index: number, operand: number | bigint): number {
    try {
      return this.#checked(this.#health, Atomics.xor(this.#words, index, operand as number));
    } catch (error) {
      throw this.#reasonOf(error);
    }
  }

  exchange(index: number, operand: number | bigint): number {
    try {
      return this.#checked(this.#health, Atomics.exchange(this.#words, index, operand as number));
    } catch (error) {
      throw this.#reasonOf(error);
    }
  }

  compareExchange(index: number, expected: number | bigint, replacement: number | bigint): number {
    try {
      return this.#checked(
        this.#health,
        Atomics.compareExchange(this.#words, index, expected as number, replacement as number),
      );
    } catch (error) {
      throw this.#reasonOf(error);
    }
  }

  /** @param health passed, so that it is at hand already when the access is done */
  #checked(health: Int32Array, value: number): number {
    if (health[0] !== OPEN) this.#span.check();
    return value;
  }

  /** Atomics over what was closed throws by itself, so nothing is checked before an access. */
  #reasonOf(error: unknown): unknown {
    this.#span.check();
    return error;
  }

  checkStore(): void {
    if (this.#participant === undefined) throw noParticipant("these atomics", "loaded", "store");
    this.#participant.check();
  }

  /** Both halves can change; sleepers are woken at the low one, and the high one is looked at now and then. */
  async sleep(index: number, value: number | bigint, limits: { timeout: number; signal?: AbortSignal }): Promise<void> {
    const wide = typeof value === "bigint";
    const timeout = wide ? Math.min(PAUSE, limits.timeout) : limits.timeout;
    const { signal } = limits;
    try {
      if (this.#memory.access === "read-only") await sleep(Math.min(PAUSE, timeout), undefined, { signal });
      else
        await this.#memory.waitUntil(this.#at(index), this.#isNot(value), { ...this.#limits(index, timeout), signal });
    } catch (error) {
      ignoreTimeout(error);
    }
  }

  sleepSync(index: number, value: number | bigint, timeout: number): void {
    const limit = typeof value === "bigint" ? Math.min(PAUSE, timeout) : timeout;
    try {
      this.#memory.waitUntilSync(this.#at(index), this.#isNot(value), this.#limits(index, limit));
    } catch (error) {
      ignoreTimeout(error);
    }
  }

  notify(index: number): void {
    wake(this.#span, this.#at(index), this.#sleepers(index));
  }

  #at(index: number): number {
    return index * this.#words.BYTES_PER_ELEMENT;
  }

  #sleepers(index: number): number {
    return sleepersAt(index, this.#length, this.#words.BYTES_PER_ELEMENT);
  }

  #isNot(value: number | bigint) {
    return { bits: 32, not: typeof value === "bigint" ? Number(BigInt.asUintN(32, value)) : value >>> 0 } as const;
  }

  #limits(index: number, timeout: number) {
    return this.#memory.access === "read-write" ? { timeout, waiters: this.#sleepers(index) } : { timeout };
  }
}

function ignoreTimeout(error: unknown): void {
  if (!(error instanceof FamfsError) || error.code !== "ERR_FAMFS_TIMEOUT") throw error;
}
