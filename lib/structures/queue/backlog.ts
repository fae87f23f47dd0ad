import { corrupt } from "../checks.js";
import { Lane, type QueueMemory } from "./lane.js";
import { allUsedLanes } from "./used.js";

/** What is committed and not consumed in all lanes in use, in units. */
export function backlogOf(memory: QueueMemory): number {
  const { shape, what } = memory;
  const lanes: number[] = shape.producers === "one" ? [0] : [];
  if (shape.producers === "any") for (const used of allUsedLanes(memory)) used.look((lane) => void lanes.push(lane));
  let sum = 0;
  for (const index of lanes) {
    const lane = new Lane(memory, index);
    // The head first: it never passes the tail.
    const head = lane.head.observe();
    const backlog = lane.tail.observe() - head;
    if (backlog < 0) throw corrupt(`lane ${index} of ${what}`, `${head} as its head, beyond its tail`);
    sum += backlog;
  }
  return sum;
}
