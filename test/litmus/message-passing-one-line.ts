import { age, type Litmus, type Party } from "./litmus.js";

const WORD = 0;
const PAYLOAD = 8;

/** R2 and R3 within one line: one write-back, one invalidate, and the order of loads that R3 asks for. */
export const messagePassingOneLine: Litmus = {
  name: "message passing over one line",
  parties: 2,
  size: 4096,
  registers: 2,
  program(party: Party, index: number, registers: Int32Array) {
    const word = party.mapping.commitWord(WORD, { bits: 32, site: "message" });
    const payload = new Int32Array(party.mapping.buffer, PAYLOAD, 1);
    if (index === 0) {
      return [
        (round) => {
          payload[0] = round;
        },
        (round) => word.publish(round, PAYLOAD, 4),
      ];
    }
    return [
      () => {
        registers[0] = word.observe();
      },
      () => {
        registers[1] = Atomics.load(payload, 0);
      },
    ];
  },
  outcome: (round, [word = 0, payload = 0]) => `word ${age(word, round)}, payload ${age(payload, round)}`,
  allowed: {
    "word new, payload new": "the reader came after the publish",
    "word old, payload old": "the reader came before it",
    "word old, payload new": "the line was evicted between the two stores (F2), or fetched between the two loads (F3)",
  },
  forbidden: {
    "word new, payload old": "the line was not a prefix of the stores to it",
    "word stale, payload stale": "a publish that had returned was not seen",
    "word stale, payload old": "a publish that had returned was not seen",
    "word stale, payload new": "a publish that had returned was not seen",
    "word old, payload stale": "the line was not a prefix of the stores to it",
    "word new, payload stale": "the line was not a prefix of the stores to it",
  },
  needs: {
    "publish.word": "word stale, payload stale",
    "publish.word-fence": "word stale, payload stale",
    "observe.word": "word stale, payload stale",
    "observe.fence-after": "word stale, payload stale",
  },
};
