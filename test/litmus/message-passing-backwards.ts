import type { Litmus } from "./litmus.js";
import { messagePassingTwoLines } from "./message-passing-two-lines.js";

const PAYLOAD = 128;

/** R2 the wrong way round, the commit word before its payload: its forbidden outcome shows on every memory. */
export const messagePassingBackwards: Litmus = {
  ...messagePassingTwoLines,
  name: "message passing, the word before its payload",
  program(party, index, registers) {
    if (index !== 0) return messagePassingTwoLines.program(party, index, registers);
    const word = party.mapping.commitWord(0, { bits: 32, site: "message" });
    const payload = new Int32Array(party.mapping.buffer, PAYLOAD, 1);
    return [
      (round) => word.publish(round, 0, 0),
      // Time for the reader, which may be slow to come.
      () => {
        for (let i = 0; i < 200; i++) Atomics.load(payload, 0);
      },
      (round) => {
        payload[0] = round;
      },
      () => party.mapping.writeBack(PAYLOAD, 4),
    ];
  },
};
