import { SharedArray, SharedMutex, u32 } from "famfs";
import type { MODES } from "../support/modes.js";
import { joined, testSegment } from "../support/segment.js";

/** What scripts use. */
export const PRELUDE = `
  const { SharedMutex } = await import("famfs");
  const mutex = SharedMutex.open(participant, "it");
  const data = SharedArray.open(participant, "data", { element: u32 });
  const guards = [data];
  const kill = (signal) => process.kill(process.pid, signal);`;

/** A segment with a mutex and what it guards. */
export async function stage(mode: (typeof MODES)[number], participantsPerHost = 4) {
  const set = await testSegment(mode, { participantsPerHost });
  const participant = await joined(set.segment);
  const mutex = await SharedMutex.create(participant, "it");
  const data = await SharedArray.create(participant, "data", { element: u32, length: 64 });
  const words = data.values as Uint32Array;
  return { ...set, participant, mutex, data, words, guards: [data] };
}
