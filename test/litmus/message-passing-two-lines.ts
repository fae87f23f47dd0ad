import { age, type Litmus, type Party } from "./litmus.js";

const WORD = 0;
const PAYLOAD = 128;

/** R2 and R3: a payload on a line of its own, and the commit word that announces it. */
export const messagePassingTwoLines: Litmus = {
  name: "message passing over two lines",
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
      () => party.mapping.fetch(PAYLOAD, 4),
      () => {
        registers[1] = Atomics.load(payload, 0);
      },
    ];
  },
  outcome: (round, [word = 0, payload = 0]) => `word ${age(word, round)}, payload ${age(payload, round)}`,
  allowed: {
    "word new, payload new": "the reader came after the publish",
    "word old, payload old": "the reader came before it",
    "word old, payload new": "the payload is written back before the word, and may be evicted at any time (F2)",
  },
  forbidden: {
    "word new, payload old": "the commit word was seen without its payload",
    "word stale, payload stale": "a publish that had returned was not seen",
    "word stale, payload old": "a publish that had returned was not seen",
    "word stale, payload new": "a publish that had returned was not seen",
    "word old, payload stale": "the payload is older than the commit word",
    "word new, payload stale": "the payload is older than the commit word",
  },
  needs: {
    "publish.payload": "word new, payload old",
    "publish.payload-fence": "word new, payload old",
    "publish.word": "word stale, payload old",
    "publish.word-fence": "word stale, payload old",
    "observe.word": "word stale, payload old",
    "observe.fence-after": "word stale, payload old",
    "fetch.fence-before": "word new, payload old",
    "fetch.payload": "word new, payload old",
    "fetch.fence-after": "word new, payload old",
  },
};
