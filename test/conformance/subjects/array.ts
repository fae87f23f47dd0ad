import { fullFence, type Participant, type Segment, SharedArray, struct, u32, vector } from "famfs";
import { below, breathe, type Operation, type Subject } from "../subject.js";

/** An element has lines of its own, so that each has one writing host (R1). */
const Row = struct({ parts: vector(u32, 32) });
const Other = struct({ parts: vector(u32, 31) });
const LENGTH = 16;
const row = (value: number) => ({ parts: new Uint32Array(32).fill(value) });

/** There is no protocol: whoever uses an array writes back and invalidates. */
interface SharedRows {
  readonly array: Awaited<ReturnType<typeof createRows>>;
  readonly mapping: Segment["memory"]["mapping"];
  /** In the mapping, in bytes. */
  readonly offset: number;
}

const createRows = (participant: Participant, name: string, more?: object) =>
  SharedArray.create(participant, name, { element: Row, length: LENGTH, ...more });

function placed(source: Segment | Participant, name: string, array: SharedRows["array"]): SharedRows {
  const { offset = 0, schemaLength = 0 } = source.directory.find(name) ?? {};
  return { array, mapping: source.memory.mapping, offset: offset + 128 * Math.ceil(schemaLength / 128) };
}

function set({ array, mapping, offset }: SharedRows, index: number, value: number): void {
  array.set(index, row(value));
  mapping.writeBack(offset + index * Row.size, Row.size);
  fullFence();
}

function getAll({ array, mapping, offset }: SharedRows): (number | "torn")[] {
  mapping.invalidate(offset, LENGTH * Row.size);
  return Array.from({ length: LENGTH }, (_, index) => {
    const { parts } = array.get(index).toObject();
    return parts.every((part) => part === parts[0]) ? (parts[0] as number) : "torn";
  });
}

const look: Operation = { call: "getAll" };

export const array: Subject<SharedRows> = {
  name: "array",
  kind: "array",

  async create(participant, name, { more } = {}) {
    return placed(participant, name, await createRows(participant, name, more));
  },
  open: (source, name, { more }) => placed(source, name, SharedArray.open(source, name, { element: Row, ...more })),
  openWrongly: (source, name) => SharedArray.open(source, name, { element: Other }),

  draw(random, who) {
    if (random() < 0.3) return look;
    return { call: "set", args: [2 * below(random, LENGTH / 2) + who, below(random, 2 ** 32)] };
  },
  act(structure, { call, args = [] }) {
    if (call === "getAll") return getAll(structure);
    return set(structure, ...(args as [number, number]));
  },
  model() {
    const values = new Array<number>(LENGTH).fill(0);
    return {
      act({ call, args = [] }) {
        if (call === "getAll") return [...values];
        const [index, value] = args as [number, number];
        values[index] = value;
        return undefined;
      },
    };
  },
  look,

  torture: {
    rounds: { coherent: 500, incoherent: 500, simulated: 100 },
    async play(structure, { who, rounds }) {
      for (let round = 1; round <= rounds; round++) {
        set(structure, who, round);
        const found = getAll(structure)[who];
        if (found !== round) return `its element was ${found}, stored was ${round}`;
        if (round % 20 === 0) await breathe();
      }
      return undefined;
    },
    check(structure, reports, rounds) {
      const found = getAll(structure).slice(0, reports.length);
      const broken = reports.find((report) => report !== undefined);
      return (broken as string) ?? (found.every((value) => value === rounds) ? undefined : `found ${found}`);
    },
  },
};
