import type { Litmus, Party } from "./litmus.js";
import { messagePassingTwoLines } from "./message-passing-two-lines.js";

/**
 * F3 against R3: the payload is fetched again between the invalidate of the commit word and its own. Who invalidates
 * both first and loads then, reads the stale one.
 */
export const stalePrefetch: Litmus = { ...messagePassingTwoLines, name: "stale prefetch, invalidates in R3's order" };

/** The reader's order that R3 calls a bug. */
export const stalePrefetchWrongOrder: Litmus = {
  ...messagePassingTwoLines,
  name: "stale prefetch, both invalidates before both loads",
  program(party: Party, index: number, registers: Int32Array) {
    if (index === 0) return messagePassingTwoLines.program(party, index, registers);
    const word = party.mapping.commitWord(0, { bits: 32, site: "message" });
    const payload = new Int32Array(party.mapping.buffer, 128, 1);
    return [
      () => party.mapping.fetch(128, 4),
      () => {
        registers[0] = word.observe();
      },
      () => {
        registers[1] = Atomics.load(payload, 0);
      },
    ];
  },
};
