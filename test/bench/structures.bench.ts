import { spawn } from "node:child_process";
import { i32, openInstance, Segment, SharedAtomics, SharedCounter, SharedRecord } from "famfs";
import type { BenchCase, BenchContext } from "./case.js";
import { child, yardstick, yardstickPath } from "./measure.js";
import { Price } from "./price.js";

type Coherence = "coherent" | "incoherent";

/** A segment with one of each structure, and where their own bytes are. */
interface Prepared {
  readonly path: string;
  readonly name: string;
  readonly coherence: Coherence;
  /** By the structure's name, in bytes. */
  readonly bodies: ReadonlyMap<string, number>;
}

async function prepare({ scratch }: BenchContext, name: string, coherence: Coherence): Promise<Prepared> {
  const instance = await openInstance(scratch.instance.path, { coherence });
  const segment = await Segment.create(instance, name, { size: 1 << 20, hosts: 2, participantsPerHost: 4 });
  const participant = await segment.join({ host: 0 });
  const record = await SharedRecord.create(participant, "record", { record: Price, role: "writer" });
  record.write({ bid: 1, rest: new Float64Array(31).fill(1) });
  (await SharedCounter.create(participant, "counter")).add(1);
  (await SharedAtomics.create(participant, "atomics", { element: i32, length: 8 })).store(0, 1);
  const texts: Record<string, string> = { record: Price.text, counter: "", atomics: "i32" };
  const bodies = new Map(
    segment.entries().map((entry) => {
      const text = Buffer.byteLength(texts[entry.name] as string);
      return [entry.name, entry.offset + 128 * Math.ceil(text / 128)];
    }),
  );
  await segment.close();
  await instance.close();
  return { path: scratch.instance.path, name, coherence, bodies };
}

async function ours({ path, name, coherence }: Prepared, what: string, count: number) {
  return JSON.parse(await child("structures", [path, name, coherence, what, count])) as Record<
    "ours" | "yardstick",
    number
  >;
}

function inC(context: BenchContext, { name, coherence, bodies }: Prepared, what: string, count: number) {
  const body = bodies.get(what.split("-")[0] as string) as number;
  return ["structures", [context.scratch.path(name), body, coherence, what, count]] as const;
}

function withoutSpaces(text: string): string {
  return text.replaceAll(/[ ,]+/g, "-");
}

/** Against what JavaScript does by hand, by turns in a process of its own. */
function beside(name: string, what: string): BenchCase {
  return {
    name,
    rounds: 9,
    async prepare(context) {
      const prepared = await prepare(context, withoutSpaces(name), "coherent");
      let last = 0;
      return {
        ours: async () => {
          const figures = await ours(prepared, what, context.quick ? 100_000 : 2_000_000);
          last = figures.yardstick;
          return figures.ours;
        },
        yardstick: () => last,
      };
    },
  };
}

/** Against C on the same bytes. */
function besideC(name: string, what: string, counts: Readonly<Record<"ours" | "c", number>>): BenchCase {
  return {
    name,
    rounds: 9,
    async prepare(context) {
      const prepared = await prepare(context, withoutSpaces(name), "incoherent");
      const part = context.quick ? 0.1 : 1;
      return {
        ours: async () => (await ours(prepared, what, counts.ours * part)).ours,
        yardstick: async () => (await yardstick(...inC(context, prepared, what, counts.c * part)))["ns"] as number,
      };
    },
  };
}

/** Both sides read what one program in C writes as fast as it can. */
const besideWriter: BenchCase = {
  name: "record read beside a writer, 256 B",
  rounds: 9,
  async prepare(context) {
    const prepared = await prepare(context, "beside-a-writer", "coherent");
    const [program, args] = inC(context, prepared, "record-write-endless", 1_000_000);
    const count = context.quick ? 50_000 : 1_000_000;
    const writer = spawn(yardstickPath(program), args.map(String), { stdio: "ignore" });
    return {
      ours: async () => (await ours(prepared, "record-read", count)).ours,
      yardstick: async () => (await yardstick(...inC(context, prepared, "record-read", count)))["ns"] as number,
      end: () => void writer.kill("SIGKILL"),
    };
  },
};

/** Only ours: microseconds. */
const underLock: BenchCase = {
  name: "atomics add, incoherent",
  rounds: 9,
  async prepare(context) {
    const prepared = await prepare(context, "atomics-add-incoherent", "incoherent");
    return { ours: async () => (await ours(prepared, "atomics-add", context.quick ? 1000 : 10_000)).ours / 1000 };
  },
};

const STRUCTURES = 1000;

function opening(name: string, figure: "first" | "median", coherence: Coherence): BenchCase {
  return {
    name,
    rounds: 9,
    async prepare({ quick, scratch }) {
      const file = withoutSpaces(name);
      const instance = await openInstance(scratch.instance.path, { coherence });
      const segment = await Segment.create(instance, file, { size: 16 << 20, hosts: 2, participantsPerHost: 4 });
      const participant = await segment.join({ host: 0 });
      for (let i = 0; i < STRUCTURES; i++) await SharedRecord.create(participant, `record-${i}`, { record: Price });
      await segment.close();
      await instance.close();
      const args = [scratch.instance.path, file, coherence, `record-${STRUCTURES / 2}`, quick ? 20 : 200];
      return { ours: async () => JSON.parse(await child("open-structure", args))[figure] as number };
    },
  };
}

export const cases: readonly BenchCase[] = [
  beside("record read, 256 B", "record-read"),
  beside("record write, 256 B", "record-write"),
  besideWriter,
  beside("counter add", "counter-add"),
  ...["load", "store", "add", "exchange", "compareExchange"].map((operation) =>
    beside(`atomics ${operation}, 32 bits`, `atomics-${operation}`),
  ),
  opening("open one of 1,000 structures", "median", "coherent"),
  opening("open one of 1,000 structures, incoherent", "median", "incoherent"),
  opening("first open of a process, one of 1,000", "first", "coherent"),
  besideC("record read, 256 B, incoherent", "record-read", { ours: 50_000, c: 200_000 }),
  besideC("record write, 256 B, incoherent", "record-write", { ours: 50_000, c: 200_000 }),
  besideC("counter add, incoherent", "counter-add", { ours: 100_000, c: 500_000 }),
  besideC("counter value, incoherent", "counter-value", { ours: 50_000, c: 100_000 }),
  besideC("atomics load, incoherent", "atomics-load", { ours: 50_000, c: 100_000 }),
  underLock,
];
