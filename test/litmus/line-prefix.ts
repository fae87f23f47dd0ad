import { age, type Litmus, type Party } from "./litmus.js";

const WORDS = 16;

/** F2: whatever moment a line is written back at, it holds a prefix of the stores to it. The last word commits. */
export const linePrefix: Litmus = {
  name: "line prefix",
  parties: 2,
  size: 4096,
  registers: WORDS,
  program(party: Party, index: number, registers: Int32Array) {
    const last = WORDS - 1;
    const line = new Int32Array(party.mapping.buffer, 0, WORDS);
    const word = party.mapping.commitWord(last * 4, { bits: 32, site: "line" });
    if (index === 0) {
      return [
        (round) => {
          for (let i = 0; i < last; i++) {
            Atomics.store(line, i, round);
            party.pass();
          }
        },
        (round) => word.publish(round, 0, last * 4),
      ];
    }
    return [
      () => {
        registers[last] = word.observe();
        // From the last store to the first: what is loaded later may only be newer.
        for (let i = last - 1; i >= 0; i--) registers[i] = Atomics.load(line, i);
      },
    ];
  },
  outcome(round, registers) {
    const ages = [...registers].map((value) => age(value, round));
    if (ages.includes("stale")) return "stale";
    const prefix = ages.lastIndexOf("new") + 1;
    if (ages.slice(0, prefix).includes("old")) return "hole";
    return prefix === 0 ? "nothing" : prefix === WORDS ? "all" : "prefix";
  },
  allowed: {
    nothing: "the reader came before the first store was written back",
    prefix: "the line was evicted between two stores",
    all: "the reader came after the publish",
  },
  forbidden: {
    hole: "a later store was seen without an earlier one",
    stale: "a publish that had returned was not seen",
  },
  needs: { "publish.word": "stale", "publish.word-fence": "stale", "observe.word": "stale" },
};
