import { age, type Litmus, type Party } from "./litmus.js";

/** Two looks at one word: the second is not older than the first, and none is older than a publish that returned. */
export const readReadCoherence: Litmus = {
  name: "read-read coherence",
  parties: 2,
  size: 4096,
  registers: 2,
  program(party: Party, index: number, registers: Int32Array) {
    const word = party.mapping.commitWord(0, { bits: 32, site: "word" });
    if (index === 0) return [(round) => word.publish(round, 0, 0)];
    return [
      () => {
        registers[0] = word.observe();
      },
      () => {
        registers[1] = word.observe();
      },
    ];
  },
  outcome(round, [first = 0, second = 0]) {
    if (second < first) return "went back";
    return `${age(first, round)}, then ${age(second, round)}`;
  },
  allowed: {
    "old, then old": "both before the publish",
    "old, then new": "the publish came between",
    "new, then new": "both after it",
  },
  forbidden: {
    "went back": "one line went back in time",
    "stale, then stale": "a publish that had returned was not seen",
    "stale, then old": "a publish that had returned was not seen",
    "stale, then new": "a publish that had returned was not seen",
  },
  needs: { "publish.word": "stale, then stale", "observe.word": "stale, then stale" },
};
