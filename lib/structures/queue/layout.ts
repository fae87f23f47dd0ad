import { WRITER_SPACING } from "../../memory/coherence.js";
import { alignUp } from "../../segment/layout.js";

/*
 * A queue's own bytes, for H hosts and L lanes: one for each participant, in the order of their indexes, or a single one
 * (`producers: "one"`). Every line has one host that stores to it.
 *
 *   0            role of the consumer, u64: the consumer's host
 *   128          role of the producer, u64: the producer's host; unused with `producers: "any"`
 *   256          a line for each host: which of its lanes are in use; unused with `producers: "one"`
 *   + 128 * H    a line for each lane: its head, u64, how far the consumer has come: the consumer's host
 *   + 128 * L    the lanes: the tail, u64, how far the producer has come, in a line of its own; then the ring: the
 *                producer's host
 *
 * Head and tail only grow. They count messages, or bytes where messages have any length; the ring is their remainder.
 */

/** The kind and version that an entry names. */
export const QUEUE = { kind: "queue", version: 1 } as const;

/**
 * In the entry's options, u32 each: the host of the consumer, an index into {@link PRODUCERS}, the host of the one
 * producer, an index into {@link MESSAGES}.
 */
export const QueueOptions = { host: 0, producers: 4, producerHost: 8, messages: 12, size: 16 } as const;

/** Who may push: everybody, each in a lane of its own, or the holder of the role. */
export const PRODUCERS = ["any", "one"] as const;

/** What messages are: structs of one size, or bytes of any length. */
export const MESSAGES = ["struct", "bytes"] as const;

export const CONSUMER = 0;
export const PRODUCER = WRITER_SPACING;
const USED = 2 * WRITER_SPACING;

/**
 * Of a host, in bytes from the start of its line: which of its lanes are in use, u64 words of 32 bits each, so that words
 * of 64 bits can be swapped and counted on; then who sleeps until one of them changes, u32 each, on coherent memory only.
 */
export const Used = { words: 0, sleepers: 64, size: WRITER_SPACING } as const;

/** Lanes that a word of {@link Used} tells of. */
export const LANES_A_WORD = 32;

/** Of a lane, in bytes from the start of the line: the head, and who sleeps until it moves (on coherent memory only). */
export const Head = { word: 0, sleepers: 8, size: WRITER_SPACING } as const;

/** A lane, in bytes from its start: the tail, who sleeps until it moves (on coherent memory only), the ring. */
export const Lane = { tail: 0, sleepers: 8, ring: WRITER_SPACING } as const;

/** Before each message of any length: how many bytes it has, u32, and a u32 that is 0. Messages begin at multiples of 8. */
export const RecordHeader = { length: 0, size: 8 } as const;

/** In place of a length: the rest of the ring is left out, the next message begins at its start. */
export const WRAP = 0xffff_ffff;

/** A ring has at most this many bytes, so that offsets in it are small integers. */
export const MOST_RING_BYTES = 2 ** 30;

/** From one message of this size to the next. */
export function slotSize(messageSize: number): number {
  return alignUp(messageSize, 8);
}

/** What a message of this many bytes occupies in a ring of messages of any length. */
export function recordSize(length: number): number {
  return RecordHeader.size + alignUp(length, 8);
}

/** How many parts a queue has. */
export interface QueueCounts {
  readonly hosts: number;
  readonly lanes: number;
  /** Of one lane. */
  readonly ringBytes: number;
}

export function usedAt(host: number): number {
  return USED + host * Used.size;
}

export function headAt({ hosts }: QueueCounts, lane: number): number {
  return usedAt(hosts) + lane * Head.size;
}

function laneSize(ringBytes: number): number {
  return Lane.ring + alignUp(ringBytes, WRITER_SPACING);
}

export function laneAt(counts: QueueCounts, lane: number): number {
  return headAt(counts, counts.lanes) + lane * laneSize(counts.ringBytes);
}

/** Of all of a queue's own bytes. */
export function queueSize(counts: QueueCounts): number {
  return laneAt(counts, counts.lanes);
}
