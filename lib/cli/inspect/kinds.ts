import type { Kind } from "./kind.js";
import { array } from "./kinds/array.js";
import { atomics } from "./kinds/atomics.js";
import { barrier } from "./kinds/barrier.js";
import { broadcast } from "./kinds/broadcast.js";
import { counter } from "./kinds/counter.js";
import { map } from "./kinds/map.js";
import { mutex } from "./kinds/mutex.js";
import { queue } from "./kinds/queue.js";
import { record } from "./kinds/record.js";

/** How structures are shown. Of a kind that is not here only the entry is. */
const KINDS: readonly Kind[] = [array, atomics, barrier, broadcast, counter, map, mutex, queue, record];

/** Undefined for a kind that this release does not know. */
export function kindOf(name: string): Kind | undefined {
  return KINDS.find(({ kind }) => kind === name);
}
