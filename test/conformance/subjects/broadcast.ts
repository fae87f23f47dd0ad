import { f64, type Participant, type Segment, SharedBroadcast, struct, u32, u64Number, vector } from "famfs";
import { below, breathe, type Operation, type Party, type Subject } from "../subject.js";

/** Longer than a line: all of its numbers are equal in each message. */
const PARTS = 30;
const Tick = struct({ id: u64Number, parts: vector(u32, PARTS) });
const Other = struct({ x: f64 });
const tick = (value: number) => ({ id: value, parts: new Uint32Array(PARTS).fill(value) });

/** Small, so that readers are lapped all the time. */
const CAPACITY = 8;
const RUN = 3;

type Ticks = ReturnType<typeof openTicks>;
type Reader = ReturnType<Ticks["reader"]>;

function openTicks(source: Segment | Participant, name: string, options: object) {
  return SharedBroadcast.open(source, name, { message: Tick, ...options });
}

type Message = NonNullable<ReturnType<Reader["tryRead"]>>;

/** The number of the message; "torn" where parts of it are of another one. */
function idOf(message: Message | undefined): number | "torn" | undefined {
  if (message === undefined) return undefined;
  return message.parts.every((part) => part === message.id % 2 ** 32) ? message.id : "torn";
}

/** Everything that can be read, the oldest first. */
function all(structure: Ticks): unknown[] {
  const reader = structure.reader({ from: "oldest" });
  const found: unknown[] = [structure.written];
  for (let message = reader.tryRead(); message !== undefined; message = reader.tryRead()) found.push(idOf(message));
  return found;
}

/** As many of the values as fit into a run, in one commit. */
function writeRun(structure: Ticks, values: readonly number[]): void {
  for (let done = 0; done < values.length; ) {
    const count = structure.claimRun(values.length - done);
    for (let i = 0; i < count; i++) structure.draftAt(i).assign(tick(values[done + i] as number));
    structure.commitRun(count);
    done += count;
  }
}

const look: Operation = { call: "all" };
const write = (...values: number[]): Operation => ({ call: "write", args: values });

export const broadcast: Subject<Ticks> = {
  name: "broadcast",
  folder: "broadcast",
  kind: "broadcast",

  create: (participant, name, { host, more } = {}) =>
    SharedBroadcast.create(participant, name, { message: Tick, capacity: CAPACITY, run: RUN, host, ...more }),
  open: (source, name, { who, more }) => openTicks(source, name, { role: who === 0 ? "writer" : undefined, ...more }),
  openWrongly: (source, name) => SharedBroadcast.open(source, name, { message: Other }),
  close: (structure) => structure.close(),

  draw(random, who) {
    if (random() < 0.1) return look;
    const values = Array.from({ length: 1 + below(random, 5) }, () => below(random, 2 ** 32));
    return who === 0 ? write(...values) : { call: "read" };
  },
  act(structure, { call, args = [] }) {
    if (call === "all") return all(structure);
    if (call === "read") return idOf(structure.reader({ from: "oldest" }).tryRead());
    const values = args as number[];
    return values.length === 1 ? structure.write(tick(values[0] as number)) : writeRun(structure, values);
  },
  model() {
    const written: number[] = [];
    return {
      act({ call, args = [] }) {
        if (call === "all") return [written.length, ...written.slice(-CAPACITY)];
        // A new reader each time, so that the model need not know when a party has opened it anew.
        if (call === "read") return written.slice(-CAPACITY)[0];
        written.push(...(args as number[]));
        return undefined;
      },
    };
  },
  look,
  store: write(1),

  torture: {
    rounds: { coherent: 20_000, incoherent: 10_000, simulated: 1500 },
    play: (structure, party) => (party.who === 0 ? writeAll(structure, party) : readAll(structure, party)),
    check: (structure, reports, rounds) =>
      (reports.find((report) => report !== undefined) as string | undefined) ??
      (structure.written === rounds ? undefined : `${structure.written} of ${rounds} messages are there`),
  },

  deaths: () => {
    const death = { who: 0, before: [write(1), write(2, 3, 4), write(5)], during: write(6) };
    return {
      "broadcast.commit": { ...death, counts: "no" },
      "broadcast.committed": { ...death, counts: "yes" },
    };
  },
};

/** One by one and in runs; message number n has the value n. */
async function writeAll(structure: Ticks, { rounds, random }: Party): Promise<undefined> {
  for (let number = 0; number < rounds; ) {
    const count = Math.min(1 + below(random, RUN), rounds - number);
    writeRun(
      structure,
      Array.from({ length: count }, (_, i) => number + i),
    );
    number += count;
    if (below(random, 20) === 0) await breathe();
  }
}

/** Up to the last one: each message whole, in its place, and what is missing counted by the errors. */
async function readAll(structure: Ticks, { rounds, random }: Party): Promise<string | undefined> {
  const reader = structure.reader({ from: "oldest" });
  for (let next = reader.position; next < rounds; ) {
    try {
      const count = random() < 0.5 ? reader.tryReadRun() : (await reader.read()) && 1;
      for (let i = 0; i < count; i++, next++) {
        const id = idOf(reader.at(i));
        if (id !== next) return `message ${next} is ${id}`;
      }
    } catch (error) {
      const { code, lost } = error as { code?: string; lost?: number };
      if (code !== "ERR_FAMFS_LAPPED") throw error;
      next += lost as number;
    }
    if (next !== reader.position) return `at ${reader.position}, counted ${next}`;
    if (below(random, 20) === 0) await breathe();
  }
  return undefined;
}
