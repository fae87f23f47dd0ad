import { statfsSync } from "node:fs";
import { freemem } from "node:os";
import { f64, openInstance, PcqQueue, Segment, SharedQueue, struct } from "famfs";
import type { BenchCase, BenchContext } from "./case.js";
import { child, yardstick } from "./measure.js";

type Coherence = "coherent" | "incoherent";

const Message = struct({ a: f64, b: f64, c: f64, d: f64, e: f64, f: f64, g: f64, h: f64 });
const CAPACITY = 1024;
const RUN = 64;

/** One by one: fewer messages mostly show the compiler at work. */
const QUICK = 400_000;

/** Messages that are not counted: until everything is compiled. */
const warmUp = (count: number) => Math.max(count / 10, Math.min(count / 4, 100_000));

let made = 0;

/** A segment with two queues, in an instance of its own directory; measures, and removes it. */
async function withQueues<T>(
  coherence: Coherence,
  capacity: number,
  measure: (path: string) => Promise<T>,
): Promise<T> {
  const instance = await openInstance(undefined, { fallback: "tmpfs", coherence });
  try {
    const size = (8 << 20) + 2 * capacity * Message.size;
    const segment = await Segment.create(instance, "segment", { size, hosts: 1, participantsPerHost: 3 });
    const participant = await segment.join({ host: 0 });
    const options = { message: Message, capacity, producers: "one" } as const;
    for (const name of ["there", "back"]) (await SharedQueue.create(participant, name, options)).close();
    await participant.leave();
    return await measure(instance.path);
  } finally {
    await instance.close();
  }
}

const ours = (
  coherence: Coherence,
  capacity: number,
  roles: [string, string],
  [batch, count]: [number, number],
  warm = warmUp(count),
) =>
  withQueues(coherence, capacity, async (path) => {
    const both = roles.map((role) => child("queue", [role, path, coherence, batch, count, warm]));
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

/** Nanoseconds of a message between two processes, at the receiving end, which takes messages or drains. */
function flow(
  name: string,
  coherence: Coherence,
  batch: number,
  { capacity = CAPACITY, taking = "consume" } = {},
): BenchCase {
  return {
    name,
    rounds: 9,
    prepare(context) {
      const count = (context.quick ? QUICK : 2_000_000) * (batch > 1 && coherence === "coherent" ? 4 : 1);
      const roles: [string, string] = ["consume", "produce"];
      return {
        ours: () => ours(coherence, capacity, [taking, "produce"], [batch, count]),
        yardstick: () => inC(context, coherence, capacity, roles, [batch, count]),
      };
    },
  };
}

/** Without the first lap: its pages are still to be mapped, on our side only. */
function capacitySweep(power: number): BenchCase {
  const capacity = 2 ** power;
  // Two rings each, of which one is in use.
  const bytes = 2 * capacity * Message.size + (1 << 29);
  return {
    name: `queue flow, one by one, 2^${power} messages`,
    rounds: 5,
    leftOut({ quick, scratch }) {
      if (power < 24) return undefined;
      if (quick) return "it takes 2 GiB and long";
      const { bavail, bsize } = statfsSync(scratch.instance.path);
      return Math.min(freemem(), bavail * bsize) < bytes ? "it takes 2.5 GiB of free memory and tmpfs" : undefined;
    },
    prepare(context) {
      const warm = Math.max(capacity, 100_000);
      const count = warm + (context.quick ? QUICK : 2_000_000);
      const roles: [string, string] = ["consume", "produce"];
      return {
        ours: () => ours("coherent", capacity, roles, [1, count], warm),
        yardstick: () => inC(context, "coherent", capacity, roles, [1, count]),
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
      const count = context.quick ? QUICK / 2 : 500_000;
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
function against(name: string, rival: string, batch = 1): BenchCase {
  return {
    name,
    rounds: 5,
    prepare({ quick }) {
      const count = (quick ? QUICK : 2_000_000) * (batch > 1 ? 4 : 1);
      const rivals = (quick ? 20_000 : 200_000) * (batch > 1 ? 4 : 1);
      return {
        ours: () => ours("coherent", CAPACITY, ["consume", "produce"], [batch, count]),
        yardstick: async () => Number(await child("rival", [rival, rivals, batch])),
      };
    },
  };
}

const PING_PONG: [string, string] = ["ping", "pong"];

const roundTrip: BenchCase = {
  name: "queue round trip, spinning",
  rounds: 9,
  prepare(context) {
    const count = context.quick ? 100_000 : 500_000;
    return {
      ours: () => ours("coherent", CAPACITY, PING_PONG, [1, count]),
      yardstick: () => inC(context, "coherent", CAPACITY, PING_PONG, [1, count]),
    };
  },
};

const roundTripAgainstSocket: BenchCase = {
  name: "queue round trip against a Unix socket",
  rounds: 5,
  prepare: ({ quick }) => ({
    ours: () => ours("coherent", CAPACITY, PING_PONG, [1, quick ? 100_000 : 500_000]),
    yardstick: async () => Number(await child("rival", ["echo", quick ? 5000 : 50_000])),
  }),
};

const roundTripOfEventLoops: BenchCase = {
  name: "queue round trip, event loop",
  rounds: 7,
  prepare({ quick }) {
    const count = quick ? 2000 : 20_000;
    const roles: [string, string] = ["ping-async", "pong-async"];
    return { ours: async () => (await ours("coherent", CAPACITY, roles, [1, count])) / 1000 };
  },
};

export const cases: readonly BenchCase[] = [
  flow("queue flow, one by one", "coherent", 1),
  ...[10, 12, 14, 16, 20, 24].map(capacitySweep),
  flow("queue flow, runs of 64", "coherent", RUN),
  flow("queue flow, runs of 64, 2^20 messages", "coherent", RUN, { capacity: 2 ** 20 }),
  flow("queue flow, runs of 64, drained", "coherent", RUN, { taking: "drain" }),
  flow("queue flow, incoherent, one by one", "incoherent", 1),
  flow("queue flow, incoherent, runs of 64", "incoherent", RUN),
  againstPcq("queue flow, incoherent, one by one, against pcq", 1),
  againstPcq("queue flow, incoherent, runs of 64, against pcq", RUN),
  against("queue flow against MessagePort", "port"),
  against("queue flow against a Unix socket", "socket"),
  against("queue flow against process.send", "send"),
  against("queue flow against zeromq", "zeromq"),
  against("queue flow, runs of 64, against a Unix socket in batches of 64", "socket", RUN),
  against("queue flow, runs of 64, against MessagePort in batches of 64", "port", RUN),
  roundTrip,
  roundTripAgainstSocket,
  roundTripOfEventLoops,
];
