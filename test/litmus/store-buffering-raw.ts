import { age, type Litmus, type Party } from "./litmus.js";

/** The same with the bare primitives, as a user's own protocol would be written: store, write back, fence, invalidate. */
export const storeBufferingRaw: Litmus = {
  name: "store buffering with bare primitives",
  parties: 2,
  size: 4096,
  registers: 2,
  program(party: Party, index: number, registers: Int32Array) {
    const words = new Int32Array(party.mapping.buffer);
    const own = index * 128;
    const other = (1 - index) * 128;
    return [
      (round) => Atomics.store(words, own / 4, round),
      () => party.mapping.writeBack(own, 4, "own"),
      () => party.fullFence(),
      () => party.mapping.invalidate(other, 4, "other"),
      () => {
        registers[index] = Atomics.load(words, other / 4);
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
    "both saw the other": "both looked after both had written back",
    "one saw the other": "one looked before the other had written back",
  },
  forbidden: {
    "neither saw the other": "a load passed the write-back before it",
    stale: "a write-back that a fence had completed was not seen",
  },
  needs: {
    "write-back": "neither saw the other",
    invalidate: "neither saw the other",
    "invalidate.fence-after": "neither saw the other",
  },
};
