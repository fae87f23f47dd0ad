import { type Participant, SharedBroadcast, struct, u32, u64Number, vector } from "famfs";
import { expect } from "vitest";

/** Longer than a line: all of its numbers are equal in each message. */
export const Tick = struct({ id: u64Number, parts: vector(u32, 30) });
export const tick = (value: number) => ({ id: value, parts: new Uint32Array(30).fill(value) });

/** What scripts of other processes need. */
export const PRELUDE = `
  const { SharedBroadcast, u64Number, vector } = await import("famfs");
  const Tick = struct({ id: u64Number, parts: vector(u32, 30) });
  const tick = (value) => ({ id: value, parts: new Uint32Array(30).fill(value) });
`;

/** With the role of the writer. */
export function newTicks(participant: Participant, options: object = {}) {
  return SharedBroadcast.create(participant, "ticks", {
    message: Tick,
    capacity: 8,
    run: 3,
    role: "writer",
    ...options,
  });
}

export type Ticks = Awaited<ReturnType<typeof newTicks>>;

export function writeMany(ticks: Ticks, from: number, to: number): void {
  for (let value = from; value < to; value++) ticks.write(tick(value));
}

/** The numbers of all messages that a reader finds now; each must be whole. */
export function drain(reader: ReturnType<Ticks["reader"]>): number[] {
  const found: number[] = [];
  for (let message = reader.tryRead(); message !== undefined; message = reader.tryRead()) {
    expect(message.toObject()).toEqual(tick(message.id));
    found.push(message.id);
  }
  return found;
}

export const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
