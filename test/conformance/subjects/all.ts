import type { Subject } from "../subject.js";
import { array } from "./array.js";
import { atomics } from "./atomics.js";
import { barrier } from "./barrier.js";
import { broadcast } from "./broadcast.js";
import { counter } from "./counter.js";
import { mutex } from "./mutex.js";
import { queue, queueOfBytes } from "./queue.js";
import { record, recordOfMany } from "./record.js";

/** Every structure that lies in a segment. */
export const SUBJECTS: readonly Subject[] = [
  array,
  record,
  recordOfMany,
  counter,
  atomics,
  broadcast,
  barrier,
  mutex,
  queue,
  queueOfBytes,
];
