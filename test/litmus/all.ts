import { falseSharing } from "./false-sharing.js";
import { linePrefix } from "./line-prefix.js";
import type { Litmus } from "./litmus.js";
import { messagePassingOneLine } from "./message-passing-one-line.js";
import { messagePassingRaw } from "./message-passing-raw.js";
import { messagePassingTwoLines } from "./message-passing-two-lines.js";
import { readReadCoherence } from "./read-read-coherence.js";
import { seqlock } from "./seqlock.js";
import { stalePrefetch } from "./stale-prefetch.js";
import { storeBuffering } from "./store-buffering.js";
import { storeBufferingRaw } from "./store-buffering-raw.js";

/** Every litmus test that no memory may fail. */
export const LITMUS_TESTS: readonly Litmus[] = [
  messagePassingOneLine,
  messagePassingTwoLines,
  messagePassingRaw,
  storeBuffering,
  storeBufferingRaw,
  readReadCoherence,
  linePrefix,
  falseSharing,
  stalePrefetch,
  seqlock,
];
