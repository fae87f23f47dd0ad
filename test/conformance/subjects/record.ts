import { f64, type Participant, type Segment, SharedRecord, struct, u32, u64Number, vector } from "famfs";
import { below, breathe, type Death, failure, type Operation, type Party, type Subject } from "../subject.js";

/** Longer than a line: all of its numbers are equal in each value that is written. */
const PARTS = 60;
const Price = struct({ id: u64Number, parts: vector(u32, PARTS) });
const Other = struct({ x: f64 });
const price = (value: number) => ({ id: value, parts: new Uint32Array(PARTS).fill(value) });

type Source = Segment | Participant;
type PriceRecord = ReturnType<typeof openPrice>;

function openPrice(source: Source, name: string, options: { role?: "writer" | undefined }) {
  return SharedRecord.open(source, name, { record: Price, ...options });
}

/** The number of the value; "torn" where parts of it are of another one. */
function idOf(value: ReturnType<PriceRecord["tryRead"]>): number | "torn" | undefined {
  if (value === undefined) return undefined;
  return value.parts.every((part) => part === value.id % 2 ** 32) ? value.id : "torn";
}

const look: Operation = { call: "read" };

const shared = {
  folder: "record",
  kind: "record",
  openWrongly: (source: Source, name: string) => SharedRecord.open(source, name, { record: Other }),
  look,
} as const;

/** A killed writer leaves the last value that it committed. */
function deathsAfter(before: readonly Operation[], during: Operation): Record<string, Death> {
  const death = (counts: Death["counts"]): Death => ({ who: 0, before, during, counts });
  return { "record.slot": death("no"), "record.selector": death("no"), "record.written": death("yes") };
}

const write = (value: number): Operation => ({ call: "write", args: [value] });

/** One writer, party 0. */
export const record: Subject<PriceRecord> = {
  ...shared,
  name: "record",
  create: (participant, name, { host, more } = {}) =>
    SharedRecord.create(participant, name, { record: Price, host, ...more }),
  open: (source, name, { who, more }) => openPrice(source, name, { role: who === 0 ? "writer" : undefined, ...more }),
  close: (structure) => structure.close(),

  draw: (random, who) => (who === 0 && random() < 0.6 ? write(below(random, 2 ** 32)) : draws(random)),
  act(structure, { call, args = [] }) {
    if (call === "read") return idOf(structure.tryRead());
    if (call === "version") return structure.version;
    return structure.write(price(args[0] as number));
  },
  model() {
    let [version, value]: [number, number | undefined] = [0, undefined];
    return {
      act({ call, args = [] }) {
        if (call === "read") return value;
        if (call === "version") return version;
        version++;
        value = args[0] as number;
        return undefined;
      },
    };
  },
  store: write(1),

  torture: {
    rounds: { coherent: 4000, incoherent: 2000, simulated: 400 },
    play: (structure, party) => (party.who === 0 ? writeAll(structure, party) : readAll(structure, party)),
    check: (structure, reports, rounds) => brokenOf(reports) ?? differs(structure, rounds),
  },

  deaths: () => deathsAfter([1, 2, 3, 4].map(write), write(5)),
};

const draws = (random: () => number): Operation => (random() < 0.5 ? look : { call: "version" });

async function writeAll(structure: PriceRecord, { rounds }: Party): Promise<undefined> {
  for (let value = 1; value <= rounds; value++) {
    structure.write(price(value));
    if (value % 50 === 0) await breathe();
  }
}

/** Until the last one: each value whole, and none older than the one before. */
async function readAll(structure: PriceRecord, { rounds }: Party): Promise<string | undefined> {
  for (let last = 0, reads = 0; last < rounds; reads++) {
    const id = idOf(await structure.read());
    if (id === "torn" || id === undefined || id < last) return `found ${id} after ${last}`;
    last = id;
    if (reads % 50 === 0) await breathe();
  }
  return undefined;
}

function brokenOf(reports: readonly unknown[]): string | undefined {
  return reports.find((report) => report !== undefined) as string | undefined;
}

function differs(structure: PriceRecord, expected: number): string | undefined {
  const found = idOf(structure.tryRead());
  return found === expected ? undefined : `the last value is ${found}, written was ${expected}`;
}

const writeWith = (value: number, token: number): Operation => ({ call: "write", args: [value, token] });

/** Each party writes, in a lane of its own. */
export const recordOfMany: Subject<PriceRecord> = {
  ...shared,
  name: "record of many writers",
  create: (participant, name, { more } = {}) =>
    SharedRecord.create(participant, name, { record: Price, writers: "any", ...more }),
  open: (source, name, { more }) => openPrice(source, name, { ...more }),

  draw: (random) => (random() < 0.6 ? writeWith(below(random, 2 ** 32), 1 + below(random, 1000)) : draws(random)),
  act(structure, { call, args = [] }) {
    if (call === "read") return idOf(structure.tryRead());
    if (call === "version") return structure.version;
    const [value, token] = args as [number, number];
    return structure.write(price(value), { token });
  },
  model() {
    const lanes: number[] = [];
    let newest: { token: number; who: number; value: number } | undefined;
    let version = 0;
    return {
      act({ call, args = [] }, who) {
        if (call === "read") return newest?.value;
        if (call === "version") return version;
        const [value, token] = args as [number, number];
        if (token < (lanes[who] ?? 0)) return failure("ERR_FAMFS_OUT_OF_RANGE");
        version++;
        lanes[who] = token;
        const { token: highest = 0, who: writer = -1 } = newest ?? {};
        if (token > highest || (token === highest && who >= writer)) newest = { token, who, value };
        return undefined;
      },
    };
  },
  store: writeWith(1, 1),

  torture: {
    rounds: { coherent: 2000, incoherent: 500, simulated: 60 },
    play: writeAndRead,
    check: (structure, reports, rounds) => brokenOf(reports) ?? differs(structure, rounds * reports.length),
  },

  deaths: () =>
    deathsAfter(
      [1, 2, 3, 4].map((value) => writeWith(value, value)),
      writeWith(5, 5),
    ),
};

/** Tokens of their own, which grow; each value that is found is whole, and none has a lower token than the one before. */
async function writeAndRead(structure: PriceRecord, party: Party): Promise<string | undefined> {
  const { who, parties, rounds } = party;
  let last = 0;
  for (let round = 0; round < rounds; round++) {
    const token = round * parties + who + 1;
    structure.write(price(token), { token });
    const id = idOf(await structure.read());
    if (id === "torn" || id === undefined || id < last || id < token) return `found ${id} after ${last} and ${token}`;
    last = id;
    if (round % 20 === 0) await breathe();
  }
  return undefined;
}
