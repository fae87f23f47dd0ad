import { SharedCounter } from "famfs";
import { below, breathe, type Operation, type Subject } from "../subject.js";

const add = (amount: number): Operation => ({ call: "add", args: [amount] });
const look: Operation = { call: "value" };

/** The sum of what a party has added in a torture. */
type Report = number;

export const counter: Subject<SharedCounter> = {
  name: "counter",
  folder: "counter",
  kind: "counter",

  create: (participant, name, { more } = {}) => SharedCounter.create(participant, name, more),
  open: (source, name) => SharedCounter.open(source, name),
  hasOptions: false,

  draw: (random) => (random() < 0.3 ? look : add(below(random, 2001) - 1000)),
  act(structure, { call, args = [] }) {
    if (call === "value") return structure.value;
    return structure.add(args[0] as number);
  },
  model() {
    let sum = 0;
    return {
      act({ call, args = [] }) {
        if (call === "value") return sum;
        sum += args[0] as number;
        return undefined;
      },
    };
  },
  look,
  looksInParts: true,
  store: add(1),

  torture: {
    rounds: { coherent: 20_000, incoherent: 4000, simulated: 1000 },
    async play(structure, { rounds, random }): Promise<Report> {
      let sum = 0;
      for (let round = 0; round < rounds; round++) {
        const amount = below(random, 11) - 5;
        structure.add(amount);
        sum += amount;
        if (round % 200 === 0) await breathe();
      }
      return sum;
    },
    check(structure, reports) {
      const sum = (reports as Report[]).reduce((total, one) => total + one, 0);
      return structure.value === sum ? undefined : `the value is ${structure.value}, added were ${sum}`;
    },
  },

  deaths: () => ({ "counter.add": { who: 0, before: [add(5), add(-7)], during: add(100), counts: "no" } }),
};
