import { age, type Litmus, type Party } from "./litmus.js";

/** Two hosts each publish, then look at the other: the base of the bakery lock (R5) and of every revocation (R8). */
export const storeBuffering: Litmus = {
  name: "store buffering",
  parties: 2,
  size: 4096,
  registers: 2,
  program(party: Party, index: number, registers: Int32Array) {
    const own = party.mapping.commitWord(index * 128, { bits: 32, site: "participant" });
    const other = party.mapping.commitWord((1 - index) * 128, { bits: 32, site: "participant" });
    return [
      (round) => own.publish(round, 0, 0),
      () => {
        registers[index] = other.observe();
      },
    ];
  },
  outcome(round, [first = 0, second = 0]) {
    const seen = [age(first, round), age(second, round)];
    if (seen.includes("stale")) return "stale";
    const count = seen.filter((one) => one === "new").length;
    return count === 2 ? "both saw the other" : count === 1 ? "one saw the other" : "neither saw the other";
  },
  allowed: {
    "both saw the other": "both looked after both had published",
    "one saw the other": "one looked before the other had published",
  },
  forbidden: {
    "neither saw the other": "a load passed the write-back before it: two owners of one lock",
    stale: "a publish that had returned was not seen",
  },
  needs: {
    "publish.word": "neither saw the other",
    "observe.word": "neither saw the other",
    "observe.fence-after": "neither saw the other",
  },
};
