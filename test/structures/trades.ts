import type { Participant } from "famfs";
import { f64, SharedQueue, struct, u32, u64Number } from "famfs";
import type { MODES } from "../support/modes.js";
import { joined, type TestSegment, testSegment } from "../support/segment.js";

/** A message of queues under test: who pushed it, which one it is, and a number that belongs to both. */
export const Trade = struct({ id: u64Number, from: u32, price: f64 });
export const trade = (id: number, from = 0) => ({ id, from, price: id / 4 + from });

/** What scripts of other processes need. */
export const PRELUDE = `
  const { SharedQueue, u64Number } = await import("famfs");
  const Trade = struct({ id: u64Number, from: u32, price: f64 });
  const trade = (id, from = 0) => ({ id, from, price: id / 4 + from });
`;

export interface TestQueue extends TestSegment {
  readonly participant: Participant;
  readonly producer: SharedQueue<typeof Trade>;
  readonly consumer: SharedQueue<typeof Trade>;
}

/** A queue on host 0, with both ends open through one participant. */
export async function testQueue(mode: (typeof MODES)[number], capacity = 8): Promise<TestQueue> {
  const set = await testSegment(mode);
  const participant = await joined(set.segment);
  const producer = await SharedQueue.create(participant, "trades", { message: Trade, capacity });
  const consumer = SharedQueue.open(participant, "trades", { message: Trade, role: "consumer" });
  return { ...set, participant, producer, consumer };
}

/** The numbers of all messages that are there now. */
export function idsIn(consumer: SharedQueue<typeof Trade>): number[] {
  const ids: number[] = [];
  consumer.drain((message) => void ids.push(message.id));
  return ids;
}

/** The numbers from one up to before another. */
export const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
