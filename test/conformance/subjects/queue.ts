import { f64, type Participant, type Segment, SharedQueue, struct, u32, u64Number } from "famfs";
import { below, breathe, type Death, type Operation, type Party, type Subject } from "../subject.js";

const Trade = struct({ id: u64Number, from: u32, sum: f64 });
const Other = struct({ x: f64 });

type Source = Segment | Participant;
type Structs = SharedQueue<typeof Trade>;
type Bytes = SharedQueue<"bytes">;

/** Who pushed a message, and which of its messages it is. */
type Label = readonly [from: number, id: number];

/** What a party has of a queue. Party 0 takes, and pushes through a second object. */
interface Ends<Q extends Structs | Bytes> {
  readonly pushing: Q;
  readonly taking: Q;
}

/** What queues of structs and of bytes differ in. */
interface Flavour<Q extends Structs | Bytes> {
  readonly name: string;
  readonly capacity: number;
  /** How many messages a lane holds, where a test fills one. */
  readonly room: number;
  create(participant: Participant, name: string, options: object): Promise<Q>;
  open(source: Source, name: string, options: object): Q;
  openWrongly(source: Source, name: string): unknown;
  tryPush(queue: Q, label: Label): boolean;
  push(queue: Q, label: Label): Promise<void>;
  /** Takes all that is there, in one of several ways, and calls `found` for each; "torn" where it is not whole. */
  takeAll(queue: Q, way: number, found: (label: Label | "torn") => void): void;
}

const trade = ([from, id]: Label) => ({ id, from, sum: id + from });

function labelOf({ id, from, sum }: { id: number; from: number; sum: number }): Label | "torn" {
  return sum === id + from ? [from, id] : "torn";
}

const structs: Flavour<Structs> = {
  name: "queue",
  capacity: 4,
  room: 4,
  create: (participant, name, options) =>
    SharedQueue.create(participant, name, { message: Trade, capacity: 4, ...options }),
  open: (source, name, options) => SharedQueue.open(source, name, { message: Trade, ...options }),
  openWrongly: (source, name) => SharedQueue.open(source, name, { message: Other }),
  tryPush: (queue, label) => queue.tryPush(trade(label)),
  push: (queue, label) => queue.push(trade(label), { timeout: 20_000 }),
  takeAll(queue, way, found) {
    if (way === 0) queue.drain((message) => found(labelOf(message)));
    else if (way === 1) for (let one = queue.tryTake(); one !== undefined; one = queue.tryTake()) found(labelOf(one));
    else {
      for (let count = queue.takeRun(3); count > 0; count = queue.takeRun(3)) {
        for (let i = 0; i < count; i++) found(labelOf(queue.at(i)));
        queue.releaseRun();
      }
    }
  },
};

/** Of any length: the label, then as many bytes as the number says, each made of both. */
function bytesOf([from, id]: Label): Uint8Array {
  const bytes = Buffer.alloc(8 + (id % 50), (from * 31 + id) % 256);
  bytes.writeUInt32LE(from, 0);
  bytes.writeUInt32LE(id, 4);
  return bytes;
}

function labelIn(bytes: Uint8Array): Label | "torn" {
  if (bytes.byteLength < 8) return "torn";
  const data = Buffer.from(bytes);
  const label = [data.readUInt32LE(0), data.readUInt32LE(4)] as const;
  return data.equals(bytesOf(label)) ? label : "torn";
}

const bytes: Flavour<Bytes> = {
  name: "queue of bytes",
  capacity: 4096,
  room: 4096,
  create: (participant, name, options) =>
    SharedQueue.create(participant, name, { message: "bytes", capacity: 4096, ...options }),
  open: (source, name, options) => SharedQueue.open(source, name, { message: "bytes", ...options }),
  openWrongly: (source, name) => SharedQueue.open(source, name, { message: Other }),
  tryPush: (queue, label) => queue.tryPush(bytesOf(label)),
  push: (queue, label) => queue.push(bytesOf(label), { timeout: 20_000 }),
  takeAll(queue, way, found) {
    if (way === 0) queue.drain((message) => found(labelIn(message)));
    else for (let one = queue.tryTake(); one !== undefined; one = queue.tryTake()) found(labelIn(one));
  },
};

const look: Operation = { call: "isEmpty" };
const push = (from: number, id: number): Operation => ({ call: "push", args: [from, id] });
const takeAll = (way: number): Operation => ({ call: "takeAll", args: [way] });

function subjectOf<Q extends Structs | Bytes>(flavour: Flavour<Q>): Subject<Ends<Q>> {
  const ends = (taking: Q, pushing = taking): Ends<Q> => ({ taking, pushing });
  return {
    name: flavour.name,
    folder: "queue",
    kind: "queue",
    create: async (participant, name, { host, more } = {}) =>
      ends(await flavour.create(participant, name, { ...(host !== undefined && { host }), ...more })),
    open(source, name, { who, more }) {
      const taking = flavour.open(source, name, { ...(who === 0 && { role: "consumer" }), ...more });
      return ends(taking, who === 0 ? flavour.open(source, name, {}) : taking);
    },
    openWrongly: flavour.openWrongly,
    close({ taking, pushing }) {
      taking.close();
      pushing.close();
    },

    draw(random, who) {
      if (random() < 0.3) return look;
      return who === 0 ? takeAll(below(random, 3)) : push(who, below(random, 2 ** 32));
    },
    act({ taking, pushing }, { call, args = [] }) {
      if (call === "isEmpty") return taking.backlog === 0;
      if (call === "push") return flavour.tryPush(pushing, args as unknown as Label);
      return allIn(flavour, taking, args[0] as number);
    },
    model: () => modelOf(flavour.room),
    look,
    store: takeAll(1),

    torture: {
      rounds: { coherent: 12_000, incoherent: 4000, simulated: 600 },
      play: (structure, party) =>
        party.who === 0 ? takeFromAll(flavour, structure.taking, party) : pushAll(flavour, structure.pushing, party),
      check({ taking }, reports) {
        const broken = reports.find((report) => report !== undefined) as string | undefined;
        return broken ?? (taking.backlog === 0 ? undefined : `${taking.backlog} are left`);
      },
    },

    deaths: () => deathsOf(),
  };
}

/** All that is there, by producer. */
function allIn<Q extends Structs | Bytes>({ takeAll }: Flavour<Q>, queue: Q, way: number): unknown {
  const lanes: Record<number, (number | "torn")[]> = {};
  takeAll(queue, way, (label) => {
    const [from, id] = label === "torn" ? [-1, label] : label;
    lanes[from] ??= [];
    lanes[from].push(id);
  });
  return lanes;
}

/** Lanes of messages. In which turns they are taken, nobody says. */
function modelOf(room: number) {
  let lanes: Record<number, number[]> = {};
  return {
    act({ call, args = [] }: Operation): unknown {
      if (call === "isEmpty") return Object.keys(lanes).length === 0;
      if (call === "push") {
        const [from, id] = args as unknown as Label;
        if ((lanes[from]?.length ?? 0) >= room) return false;
        lanes[from] ??= [];
        lanes[from].push(id);
        return true;
      }
      const all = lanes;
      lanes = {};
      return all;
    },
  };
}

async function pushAll<Q extends Structs | Bytes>(
  flavour: Flavour<Q>,
  queue: Q,
  { who, rounds }: Party,
): Promise<void> {
  for (let id = 0; id < rounds; id++) {
    await flavour.push(queue, [who, id]);
    if (id % 50 === 0) await breathe();
  }
}

/** Each producer's messages in their order, each once, none missing. */
async function takeFromAll<Q extends Structs | Bytes>(flavour: Flavour<Q>, queue: Q, party: Party): Promise<unknown> {
  const { parties, rounds, random } = party;
  const next = new Array<number>(parties).fill(0);
  let [left, broken] = [(parties - 1) * rounds, ""];
  const end = performance.now() + 60_000;
  while (left > 0 && broken === "") {
    flavour.takeAll(queue, below(random, 3), (label) => {
      left--;
      if (label === "torn") {
        broken ||= label;
        return;
      }
      const [from, id] = label;
      const expected = next[from] as number;
      next[from] = expected + 1;
      if (id !== expected) broken ||= `found ${id} of ${from}, expected ${expected}`;
    });
    if (performance.now() > end) broken ||= `${left} messages did not come`;
    await breathe();
  }
  return broken === "" ? undefined : broken;
}

function deathsOf(): Record<string, Death> {
  const ofProducer = (counts: Death["counts"], before = [push(1, 7), push(1, 8)]): Death => ({
    ...{ who: 1, before, during: push(1, 9), counts },
  });
  const ofConsumer = (counts: Death["counts"]): Death => ({
    ...{ who: 0, before: [push(0, 1), push(0, 2)], during: takeAll(0), counts },
  });
  return {
    "queue.use": ofProducer("no", []),
    "queue.push.stored": ofProducer("no"),
    "queue.push.published": ofProducer("yes"),
    "queue.take.fetched": ofConsumer("no"),
    "queue.take.released": ofConsumer("yes"),
  };
}

/** Structs, from every participant to party 0. */
export const queue = subjectOf(structs);
/** The same with messages of any length. */
export const queueOfBytes = subjectOf(bytes);
