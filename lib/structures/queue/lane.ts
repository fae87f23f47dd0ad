import type { CommitWord } from "../../memory/commit-word.js";
import type { Mapping } from "../../memory/mapping.js";
import { Head, headAt, laneAt, Lane as Offsets } from "./layout.js";
import type { QueueShape } from "./options.js";

/** A word that one side moves and the other waits at. */
export interface Awaited {
  /** A window over its line. */
  readonly memory: Mapping;
  readonly offset: number;
  /** The value when it was looked at. */
  readonly not: number;
  /** Offset of the word of sleepers; undefined where nobody can be woken. */
  readonly sleepers: number | undefined;
}

/** The bytes of a queue, and what every lane of it has in common. */
export interface QueueMemory {
  /** A window over the queue's own bytes. */
  readonly body: Mapping;
  readonly shape: QueueShape;
  /** Where they are in the segment, in bytes. */
  readonly at: number;
  /** For messages, such as `the queue "trades"`. */
  readonly what: string;
}

/** Offset of a word's sleepers: only on coherent memory can somebody be woken. */
export function sleepersOf(memory: Mapping, offset: number): number | undefined {
  return memory.coherence === "coherent" && memory.access === "read-write" ? offset : undefined;
}

/** The memory of a lane, and its two words. */
export class Lane {
  readonly index: number;
  readonly tail: CommitWord;
  readonly head: CommitWord;
  /** The messages, in a buffer of their own. */
  readonly ring: Mapping;
  readonly #memory: Mapping;
  readonly #coherent: boolean;

  constructor({ body, shape }: QueueMemory, index: number) {
    const { counts } = shape;
    this.index = index;
    this.#coherent = body.coherence === "coherent";
    this.#memory = body.window(laneAt(counts, index), Offsets.ring + counts.ringBytes);
    this.ring = body.window(laneAt(counts, index) + Offsets.ring, counts.ringBytes);
    const head = body.window(headAt(counts, index), Head.size);
    const tailSleepers = sleepersOf(body, Offsets.sleepers);
    this.tail = this.#memory.commitWord(Offsets.tail, { bits: 64, site: "queue.tail", waiters: tailSleepers });
    const headSleepers = sleepersOf(body, Head.sleepers);
    this.head = head.commitWord(Head.word, { bits: 64, site: "queue.head", waiters: headSleepers });
  }

  /** Commits messages that were stored: `length` bytes from `at` on, in the ring. */
  publish(tail: number, at: number, length: number): void {
    this.tail.publish(tail, Offsets.ring + at, length);
  }

  /** Makes messages that the tail covers loadable. */
  fetch(at: number, length: number): void {
    if (!this.#coherent) this.ring.fetch(at, length, "queue.ring");
  }
}

/** The head of a lane, to be waited at. */
export function awaitedHead({ body, shape }: QueueMemory, lane: number): Omit<Awaited, "not"> {
  const memory = body.window(headAt(shape.counts, lane), Head.size);
  return { memory, offset: Head.word, sleepers: sleepersOf(memory, Head.sleepers) };
}

/** The tail of a lane, to be waited at. */
export function awaitedTail({ body, shape }: QueueMemory, lane: number): Omit<Awaited, "not"> {
  const memory = body.window(laneAt(shape.counts, lane), Offsets.ring);
  return { memory, offset: Offsets.tail, sleepers: sleepersOf(memory, Offsets.sleepers) };
}
