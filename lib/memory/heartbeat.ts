import { native } from "../native/binding.js";
import { treatment } from "./coherence.js";
import type { Span } from "./span.js";

/**
 * Moves a word of 64 bits on, now and every `interval` milliseconds, on a native thread that a busy or paused event loop
 * does not stop. It ends with the mapping.
 * @returns what ends it; then the word is not stored to any more
 */
export function startHeartbeat(span: Span, offset: number, interval: number): () => void {
  const { region, base } = span;
  span.checkWritable();
  span.check();
  const how = treatment(region.traits.coherence, "segment.heartbeat", true);
  const number = native().startHeartbeat(region.slot, how, base + offset, interval);
  return () => native().stopHeartbeat(number);
}
