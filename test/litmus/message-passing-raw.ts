import { age, type Litmus, type Party } from "./litmus.js";

const WORD = 0;
const PAYLOAD = 128;

/** R2 and R3 with the bare primitives. */
export const messagePassingRaw: Litmus = {
  name: "message passing with bare primitives",
  parties: 2,
  size: 4096,
  registers: 2,
  program(party: Party, index: number, registers: Int32Array) {
    const words = new Int32Array(party.mapping.buffer);
    if (index === 0) {
      return [
        (round) => {
          words[PAYLOAD / 4] = round;
        },
        () => party.mapping.writeBack(PAYLOAD, 4, "payload"),
        () => party.storeFence(),
        (round) => Atomics.store(words, WORD / 4, round),
        () => party.mapping.writeBack(WORD, 4, "word"),
        () => party.fullFence(),
      ];
    }
    return [
      () => party.mapping.invalidate(WORD, 4, "word"),
      () => {
        registers[0] = Atomics.load(words, WORD / 4);
      },
      () => party.mapping.invalidate(PAYLOAD, 4, "payload"),
      () => {
        registers[1] = Atomics.load(words, PAYLOAD / 4);
      },
    ];
  },
  outcome: (round, [word = 0, payload = 0]) => `word ${age(word, round)}, payload ${age(payload, round)}`,
  allowed: {
    "word new, payload new": "the reader came after the last write-back",
    "word old, payload old": "the reader came before the first",
    "word old, payload new": "the reader came between the two",
  },
  forbidden: {
    "word new, payload old": "the word was seen without its payload",
    "word stale, payload stale": "a write-back that a fence had completed was not seen",
    "word stale, payload old": "a write-back that a fence had completed was not seen",
    "word stale, payload new": "a write-back that a fence had completed was not seen",
    "word old, payload stale": "the payload is older than the word",
    "word new, payload stale": "the payload is older than the word",
  },
  needs: {
    "write-back": "word stale, payload stale",
    "store-fence": "word new, payload old",
    "full-fence": "word stale, payload old",
    invalidate: "word stale, payload stale",
    "invalidate.fence-before": "word new, payload old",
    "invalidate.fence-after": "word new, payload old",
  },
};
