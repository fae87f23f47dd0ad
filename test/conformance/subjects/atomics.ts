import { SharedAtomics, u32, u64 } from "famfs";
import { below, breathe, type Death, type Operation, type Subject } from "../subject.js";

type Atomics64 = SharedAtomics<"u64">;

const LENGTH = 3;
const look: Operation = { call: "loadAll" };
const add = (index: number, value: bigint): Operation => ({ call: "add", args: [index, value] });
const CALLS = ["store", "add", "sub", "and", "or", "xor", "exchange"] as const;

/** Small ones, so that they meet again, and those with all bits. */
function someValue(random: () => number): bigint {
  if (random() < 0.5) return BigInt(below(random, 3));
  return BigInt.asUintN(64, BigInt(below(random, 2 ** 32)) * 0x100000001n);
}

type Methods = Record<string, (...args: unknown[]) => unknown>;

function loadAll(structure: Atomics64): bigint[] {
  return Array.from({ length: LENGTH }, (_, index) => structure.load(index));
}

export const atomics: Subject<Atomics64> = {
  name: "atomics",
  folder: "atomics",
  kind: "atomics",

  create: (participant, name, { more } = {}) =>
    SharedAtomics.create(participant, name, { element: u64, length: LENGTH, ...more }),
  open: (source, name, { patience, more }) =>
    SharedAtomics.open(source, name, { element: u64, operationTimeout: patience, ...more }),
  openWrongly: (source, name) => SharedAtomics.open(source, name, { element: u32 }),

  draw(random) {
    const index = below(random, LENGTH);
    if (random() < 0.1) return look;
    if (random() < 0.2) return { call: "load", args: [index] };
    if (random() < 0.3) return { call: "compareExchange", args: [index, someValue(random), someValue(random)] };
    const call = CALLS[below(random, CALLS.length)] as string;
    return { call, args: [index, someValue(random)] };
  },
  act(structure, { call, args = [] }) {
    if (call === "loadAll") return loadAll(structure);
    return (structure as unknown as Methods)[call]?.(...args);
  },
  model() {
    const values = new BigUint64Array(LENGTH);
    return {
      act({ call, args = [] }) {
        if (call === "loadAll") return [...values];
        return (Atomics as unknown as Methods)[call]?.(values, ...args);
      },
    };
  },
  look,
  looksInParts: true,
  store: add(0, 1n),

  torture: {
    rounds: { coherent: 10_000, incoherent: 150, simulated: 25 },
    /** Each adds to one element, and to another one by comparing; of a third it sees that it never falls. */
    async play(structure, { rounds }): Promise<string | undefined> {
      let last = 0n;
      for (let round = 0; round < rounds; round++) {
        structure.add(0, 1n);
        for (let old = structure.load(1); ; ) {
          const found = structure.compareExchange(1, old, old + 3n);
          if (found === old) break;
          old = found;
        }
        const seen = structure.load(0);
        if (seen < last || seen <= BigInt(round)) return `saw ${seen} after ${last}, in round ${round}`;
        last = seen;
        if (round % 20 === 0) await breathe();
      }
      return undefined;
    },
    check(structure, reports, rounds) {
      const broken = reports.find((report) => report !== undefined);
      if (broken !== undefined) return String(broken);
      const times = BigInt(rounds * reports.length);
      const found = loadAll(structure);
      return found[0] === times && found[1] === 3n * times ? undefined : `found ${found} after ${times} rounds`;
    },
  },

  /** On coherent memory each call is one instruction. */
  deaths(mode) {
    if (mode === "coherent") return {};
    const death = (counts: Death["counts"]): Death => ({
      who: 0,
      before: [add(0, 10n)],
      during: add(0, 100n),
      counts,
    });
    return {
      "segment.bakery.choosing": death("no"),
      "segment.bakery.in-line": death("no"),
      "atomics.store": death("no"),
      "atomics.stored": death("yes"),
    };
  },
};
