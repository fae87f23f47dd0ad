import type { Litmus, Party } from "./litmus.js";

const WORD = 0;
const PAYLOAD = 128;
const LENGTH = 192;

/** R2b and R3 with the copy inside: a record of three lines that is overwritten while it is read. */
export const seqlock: Litmus = {
  name: "seqlock overwrite",
  parties: 2,
  size: 4096,
  registers: 3,
  program(party: Party, index: number, registers: Int32Array) {
    const word = party.mapping.commitWord(WORD, { bits: 32, site: "record" });
    const copy = new Int32Array(LENGTH / 4);
    const bytes = new Uint8Array(copy.buffer);
    if (index === 0) {
      return [
        (round) => {
          copy.fill(round);
          word.overwrite(2 * round, PAYLOAD, bytes);
        },
      ];
    }
    return [
      () => {
        registers[0] = word.read(PAYLOAD, bytes) ?? -1;
        registers[1] = Math.min(...copy);
        registers[2] = Math.max(...copy);
      },
    ];
  },
  outcome(round, [word = 0, least = 0, most = 0]) {
    if (word === -1) return "try again";
    if (word !== 2 * round && word !== 2 * (round - 1)) return "stale";
    return least === most && 2 * least === word ? "whole" : "torn";
  },
  allowed: {
    "try again": "the writer was at it",
    whole: "one version, the one that the commit word tells",
  },
  forbidden: {
    torn: "a copy of two versions, or of another than the commit word tells, was taken for whole",
    stale: "an overwrite that had returned was not seen",
  },
  needs: {
    "publish.payload": "torn",
    "publish.payload-fence": "torn",
    "begin.word": "torn",
    "begin.fence": "torn",
    "fetch.fence-before": "torn",
    "fetch.payload": "torn",
    "fetch.fence-after": "torn",
    "again.fence-before": "torn",
    "again.word": "torn",
    "again.fence-after": "torn",
  },
};
