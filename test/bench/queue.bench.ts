import { f64, openInstance, PcqQueue, Segment, SharedQueue, struct } from "famfs";
import type { BenchCase, BenchContext } from "./case.js";
import { child, yardstick } from "./measure.js";

type Coherence = "coherent" | "incoherent";

const Message = struct({ a: f64, b: f64, c: f64, d: f64, e: f64, f: f64, g: f64, h: f64 });
const CAPACITY = 1024;
const RUN = 64;

let made = 0;

/** A segment with two queues, in an instance of its own directory; measures, and removes it. */
async function withQueues<T>(
  coherence: Coherence,
  capacity: number,
  measure: (path: string) => Promise<T>,
): Promise<T> {
  const instance = await openInstance(undefined, { fallback: "tmpfs", coherence });
  try {
    const size = (8 << 20) + 4 * capacity * Message.size;
    const segment = await Segment.create(instance, "segment", { size, hosts: 1, participantsPerHost: 3 });
    const participant = await segment.join({ host: 0 });
    const options = { message: Message, capacity };
    for (const name of ["there", "back"]) (await SharedQueue.create(participant, name, options)).close();
    await participant.leave();
    return await measure(instance.path);
  } finally {
    await instance.close();
  }
}

const ours = (coherence: Coherence, capacity: number, roles: [string, string], args: number[]) =>
  withQueues(coherence, capacity, async (path) => {
    const both = roles.map((role) => child("queue", [role, path, coherence, ...args]));
    return Number((await Promise.all(both))[0]);
  });

async function inC(
  { scratch }: BenchContext,
  coherence: Coherence,
  capacity: number,
  roles: [string, string],
  args: number[],
): Promise<number> {
  const file = await scratch.create(`ring-${++made}`, 2 * (256 + capacity * 64));
  const both = roles.map((role) => yardstick("queue", [file.path, role, coherence, capacity, ...args]));
  const ns = (await Promise.all(both))[0]?.["ns"] as number;
  await scratch.remove(file);
  return ns;
}

/** Nanoseconds of a message between two processes, at the receiving end. */
function flow(name: string, coherence: Coherence, batch: number, capacity = CAPACITY): BenchCase {
  return {
    name,
    rounds: 9,
    prepare(context) {
      const count = (context.quick ? 20_000 : 2_000_000) * (batch > 1 && coherence === "coherent" ? 4 : 1);
      const roles: [string, string] = ["consume", "produce"];
      return {
        ours: () => ours(coherence, capacity, roles, [batch, count]),
        yardstick: () => inC(context, coherence, capacity, roles, [batch, count]),
      };
    },
  };
}

/** Against a C program with the algorithm and layout of famfs's own queue. */
function againstPcq(name: string, batch: number): BenchCase {
  return {
    name,
    rounds: 9,
    prepare(context) {
      const count = context.quick ? 10_000 : 500_000;
      return {
        ours: () => ours("incoherent", CAPACITY, ["consume", "produce"], [batch, 2 * count]),
        yardstick: async () => {
          const queue = `pcq-${++made}`;
          const { instance } = context.scratch;
          (await PcqQueue.create(instance, queue, { buckets: CAPACITY + 1, bucketSize: 64 })).close();
          const path = context.scratch.path(queue);
          const both = [yardstick("pcq", [path, "consume", count]), yardstick("pcq", [path, "produce", count])];
          return (await Promise.all(both))[0]?.["ns"] as number;
        },
      };
    },
  };
}

/** Against what else moves messages of 64 bytes between processes, or threads. */
function against(name: string, rival: string): BenchCase {
  return {
    name,
    rounds: 5,
    prepare(context) {
      const count = context.quick ? 2000 : 200_000;
      return {
        ours: () => ours("coherent", CAPACITY, ["consume", "produce"], [1, 10 * count]),
        yardstick: async () => Number(await child("rival", [rival, count])),
      };
    },
  };
}

const roundTrip: BenchCase = {
  name: "queue round trip, spinning",
  rounds: 9,
  prepare(context) {
    const count = context.quick ? 500 : 500_000;
    const roles: [string, string] = ["ping", "pong"];
    return {
      ours: () => ours("coherent", CAPACITY, roles, [1, count]),
      yardstick: () => inC(context, "coherent", CAPACITY, roles, [1, count]),
    };
  },
};

export const cases: readonly BenchCase[] = [
  flow("queue flow, one by one", "coherent", 1),
  flow("queue flow, runs of 64", "coherent", RUN),
  flow("queue flow, runs of 64, 2^20 messages", "coherent", RUN, 2 ** 20),
  flow("queue flow, incoherent, one by one", "incoherent", 1),
  flow("queue flow, incoherent, runs of 64", "incoherent", RUN),
  againstPcq("queue flow, incoherent, one by one, against pcq", 1),
  againstPcq("queue flow, incoherent, runs of 64, against pcq", RUN),
  against("queue flow against MessagePort", "port"),
  against("queue flow against a Unix socket", "socket"),
  against("queue flow against process.send", "send"),
  roundTrip,
];
