import { age, type Litmus, type Party } from "./litmus.js";

/** Two writers, each of its own word, `apart` bytes from the other's; each then looks at its own on the device. */
function writersApart(name: string, apart: number): Omit<Litmus, "allowed" | "forbidden" | "needs"> {
  return {
    name,
    parties: 2,
    size: 4096,
    registers: 2,
    program(party: Party, index: number, registers: Int32Array) {
      const at = index * apart;
      const words = new Int32Array(party.mapping.buffer);
      return [
        () => party.mapping.invalidate(at, 4, "lane"),
        (round) => Atomics.store(words, at / 4, round),
        () => party.mapping.writeBack(at, 4, "lane"),
        () => party.fullFence(),
        () => party.mapping.invalidate(at, 4, "lane"),
        () => {
          registers[index] = Atomics.load(words, at / 4);
        },
      ];
    },
    outcome(round, [first = 0, second = 0]) {
      const kept = age(first, round) === "new" && age(second, round) === "new";
      return kept ? "both kept" : "lost";
    },
  };
}

/** R1: lines of different writers. */
export const falseSharing: Litmus = {
  ...writersApart("false sharing, writers 128 bytes apart", 128),
  allowed: { "both kept": "nobody else writes the line back" },
  forbidden: { lost: "another host's write-back undid a store" },
  needs: {},
};

/** F1: one line of two writers. Coherent memory keeps both; on incoherent memory updates are lost. */
export const falseSharingOneLine: Litmus = {
  ...writersApart("false sharing, writers in one line", 8),
  allowed: { "both kept": "they came one after the other", lost: "a line is written back whole (F1)" },
  forbidden: {},
  needs: {},
};
