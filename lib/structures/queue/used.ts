import { FamfsError } from "../../errors.js";
import type { CommitWord } from "../../memory/commit-word.js";
import { failPoint } from "../../memory/fail-point.js";
import type { Mapping } from "../../memory/mapping.js";
import { wake } from "../../memory/wait.js";
import { compareAndSwap } from "../../segment/swap.js";
import { type Awaited, type QueueMemory, sleepersOf } from "./lane.js";
import { LANES_A_WORD, Used, usedAt } from "./layout.js";

/**
 * Which lanes of some 32 participants of one host are in use: bits of a word that only processes of that host store to,
 * so that swaps are atomic (R5). A bit is set before its lane's first message and never cleared.
 */
export class UsedLanes {
  readonly #memory: Mapping;
  readonly #word: CommitWord;
  readonly #sleepers: number | undefined;
  /** The lane of bit 0, and how many there are. */
  readonly #first: number = 0;
  readonly #count: number = 0;
  /** The bits that were given out; all of them where the word is damaged. */
  #seen = 0;
  #damaged = false;

  /**
   * @param host whose lanes they are
   * @param word of the host's line
   */
  constructor({ body, shape }: QueueMemory, host: number, word: number) {
    const { hosts, lanes } = shape.counts;
    const lanesPerHost = lanes / hosts;
    this.#memory = body.window(usedAt(host), Used.size);
    this.#word = this.#memory.commitWord(Used.words + 8 * word, { bits: 64, site: "queue.used" });
    this.#sleepers = sleepersOf(body, Used.sleepers + 4 * word);
    this.#first = host * lanesPerHost + word * LANES_A_WORD;
    this.#count = Math.min(LANES_A_WORD, lanesPerHost - word * LANES_A_WORD);
  }

  /** Says that a lane of the own host is in use, before its first message. */
  add(lane: number): void {
    const bit = 2 ** (lane - this.#first);
    for (;;) {
      const before = this.#word.observe();
      if (Math.floor(before / bit) % 2 === 1) return;
      failPoint("queue.use");
      if (compareAndSwap(this.#memory, this.#word, before, before + bit)) break;
    }
    if (this.#sleepers !== undefined) wake(this.#memory.span, this.#word.offset, this.#sleepers);
  }

  /** Gives out each lane once that came into use. */
  look(found: (lane: number) => void): void {
    if (this.#damaged) return;
    const bits = this.#observe();
    if (bits === this.#seen) return;
    const news = (bits & ~this.#seen) >>> 0;
    this.#seen = (bits | this.#seen) >>> 0;
    for (let bit = 0; bit < this.#count; bit++) {
      if ((news >>> bit) % 2 === 1) found(this.#first + bit);
    }
  }

  /** Where something else wrote, every lane counts as used: whether there is something in it, its tail says. */
  #observe(): number {
    try {
      const bits = this.#word.observe();
      if (bits < 2 ** this.#count) return bits;
    } catch (error) {
      if (!(error instanceof FamfsError) || error.code !== "ERR_FAMFS_CORRUPT") throw error;
    }
    this.#damaged = true;
    return 2 ** this.#count - 1;
  }

  close(): void {
    this.#memory.close();
  }

  /** What changes when a lane comes into use; undefined where that cannot be seen. */
  get awaited(): Awaited | undefined {
    if (this.#damaged) return undefined;
    return { memory: this.#memory, offset: this.#word.offset, not: this.#seen, sleepers: this.#sleepers };
  }
}

/** All of them, and of which lanes they tell. */
export function allUsedLanes(memory: QueueMemory): UsedLanes[] {
  const { hosts, lanes } = memory.shape.counts;
  const words = Math.ceil(lanes / hosts / LANES_A_WORD);
  return Array.from({ length: hosts * words }, (_, i) => new UsedLanes(memory, Math.floor(i / words), i % words));
}

/** The one that tells of a lane. */
export function usedLanesOf(memory: QueueMemory, lane: number): UsedLanes {
  const { hosts, lanes } = memory.shape.counts;
  const slot = lane % (lanes / hosts);
  return new UsedLanes(memory, Math.floor(lane / (lanes / hosts)), Math.floor(slot / LANES_A_WORD));
}
