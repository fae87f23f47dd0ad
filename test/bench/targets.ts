/** What one case is held to. */
export interface Target {
  /** The name of the case. */
  readonly name: string;
  /** The unit of what its sides return. */
  readonly unit: "ns" | "us" | "ms" | "MiB" | "";
  /** What is looked at: ours itself, ours - yardstick, or the speed: yardstick / ours, where 2 is twice as fast. */
  readonly compare: "value" | "difference" | "speed";
  /** What ours is compared with, in a few words. */
  readonly with?: string;
  /** With neither the figure is only reported. */
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** Structures of a segment with 8 places for participants. */
function structureTargets(): Target[] {
  const speed = (name: string, yardstick: string, atLeast?: number): Target => {
    return { name, unit: "ns", compare: "speed", with: yardstick, ...(atLeast === undefined ? {} : { atLeast }) };
  };
  const inC = "the same steps in C";
  const opening = { unit: "us", compare: "value" } as const;
  return [
    speed("record read, 256 B", "by hand in JavaScript", 1 / 1.5),
    speed("record write, 256 B", "by hand in JavaScript"),
    speed("record read beside a writer, 256 B", inC, 1 / 3),
    speed("counter add", "Atomics.add of BigInts", 1 / 1.5),
    ...["load", "store", "add", "exchange", "compareExchange"].map((operation) =>
      speed(`atomics ${operation}, 32 bits`, "bare Atomics", 1 / 1.2),
    ),
    { name: "open one of 1,000 structures", ...opening, atMost: 200 },
    { name: "open one of 1,000 structures, incoherent", ...opening, atMost: 200 },
    { name: "first open of a process, one of 1,000", ...opening },
    speed("record read, 256 B, incoherent", inC),
    speed("record write, 256 B, incoherent", inC),
    speed("counter add, incoherent", inC),
    speed("counter value, incoherent", inC),
    speed("atomics load, incoherent", inC),
    { name: "atomics add, incoherent", ...opening },
  ];
}

/** A queue of famfs against famfs's own algorithm, by itself and between two processes. */
function pcqTargets(): Target[] {
  const target = (name: string, atLeast: number): Target => {
    return { name, unit: "ns", compare: "speed", with: "famfs's algorithm in C", atLeast };
  };
  const shapes = ["64 B", "1 KiB", "1 KiB, coherent"].flatMap((shape) => [
    `pcq produce, ${shape}`,
    `pcq consume, ${shape}`,
  ]);
  return [...shapes, "pcq flow, 64 B", "pcq flow, 1 KiB"].flatMap((name) => [
    target(`${name}, one by one`, 0.5),
    target(`${name}, batched`, 1),
  ]);
}

/**
 * A broadcast against the same ring in C, by itself in one cache, where C is fastest: these are a net below what was
 * measured. And its writer beside many readers against one.
 */
function broadcastTargets(): Target[] {
  const against = (name: string, atLeast: number): Target => {
    return { name: `broadcast ${name}`, unit: "ns", compare: "speed", with: "the same ring in C", atLeast };
  };
  return [
    against("write, coherent, one by one", 0.08),
    against("read, coherent, one by one", 0.04),
    against("write, coherent, runs of 64", 0.04),
    against("read, coherent, runs of 64", 0.12),
    against("write, incoherent, one by one", 0.5),
    against("read, incoherent, one by one", 0.5),
    against("write, incoherent, runs of 64", 0.15),
    against("read, incoherent, runs of 64", 0.4),
    {
      name: "broadcast write beside 4 readers",
      unit: "ns",
      compare: "speed",
      with: "beside one reader",
      atLeast: 0.95,
    },
  ];
}

/** SharedQueue, with messages of 64 bytes between two processes. */
function queueTargets(): Target[] {
  const target = (name: string, beside: string, atLeast?: number): Target => {
    const limit = atLeast === undefined ? {} : { atLeast };
    return { name: `queue ${name}`, unit: "ns", compare: "speed", with: beside, ...limit };
  };
  const protocol = "the same protocol in C";
  const pcq = "famfs's algorithm in C";
  return [
    target("flow, one by one", protocol, 0.2),
    ...[10, 12, 14, 16, 20, 24].map((power) => target(`flow, one by one, 2^${power} messages`, protocol)),
    target("flow, runs of 64", protocol, 0.75),
    target("flow, runs of 64, 2^20 messages", protocol, 0.75),
    target("flow, runs of 64, drained", protocol, 0.35),
    target("flow, incoherent, one by one", protocol, 0.75),
    target("flow, incoherent, runs of 64", protocol, 0.85),
    target("flow, incoherent, one by one, against pcq", pcq, 2.5),
    target("flow, incoherent, runs of 64, against pcq", pcq, 30),
    target("flow against MessagePort", "MessagePort of a worker", 10),
    target("flow against a Unix socket", "a socket with framing", 10),
    target("flow against process.send", "process.send", 10),
    target("flow against zeromq", "zeromq 6.8.0, Push and Pull over ipc", 10),
    target("flow, runs of 64, against a Unix socket in batches of 64", "a socket with framing, 64 messages a write"),
    target("flow, runs of 64, against MessagePort in batches of 64", "MessagePort of a worker, 64 messages a post"),
    target("round trip, spinning", protocol, 0.77),
    target("round trip against a Unix socket", "a Unix socket", 50),
    { name: "queue round trip, event loop", unit: "us", compare: "value", atMost: 80 },
  ];
}

/** All targets there are: the one place to read or change them. */
export const TARGETS: readonly Target[] = [
  { name: "map and close 1 GiB", unit: "us", compare: "difference", with: "mmap + munmap in C", atMost: 10 },
  { name: "map and close 64 GiB", unit: "us", compare: "difference", with: "mmap + munmap in C", atMost: 10 },
  { name: "register a mapping among 1,000", unit: "ns", compare: "value", atMost: 1000 },

  { name: "sum 256 MiB of float32", unit: "ms", compare: "speed", with: "the same loop in C", atLeast: 0.85 },
  { name: "sum 256 MiB of float32, by fours", unit: "ms", compare: "speed", with: "the same loop in C", atLeast: 0.85 },
  { name: "sum 256 MiB, mapped or not", unit: "ms", compare: "speed", with: "ordinary memory", atLeast: 0.95 },

  { name: "collections, 1,000 windows", unit: "", compare: "difference", with: "the loop without mapping", atMost: 0 },
  {
    name: "memory growth, 1,000 windows",
    unit: "MiB",
    compare: "difference",
    with: "the loop without mapping",
    atMost: 1,
  },
  { name: "maps growth, 1,000 windows", unit: "", compare: "value", atMost: 8 },
  { name: "descriptors growth, 1,000 windows", unit: "", compare: "value", atMost: 0 },
  { name: "1 GiB as one ArrayBuffer", unit: "us", compare: "speed", with: "the bare Node-API calls", atLeast: 1 },

  { name: "timer delay, prefault 1 GiB", unit: "ms", compare: "difference", with: "an idle loop", atMost: 5 },
  { name: "timer delay, prefault 1 GiB sparse", unit: "ms", compare: "difference", with: "an idle loop", atMost: 5 },
  { name: "timer delay, close 4 GiB touched", unit: "ms", compare: "difference", with: "an idle loop", atMost: 5 },

  { name: "one fault among 1,000 mappings", unit: "us", compare: "value", atMost: 50 },
  { name: "reads under the fault guard", unit: "ns", compare: "speed", with: "faultGuard: false", atLeast: 0.95 },
  { name: "writes under the fault guard", unit: "ns", compare: "speed", with: "faultGuard: false", atLeast: 0.95 },

  { name: "import famfs", unit: "ms", compare: "difference", with: "an empty script", atMost: 15 },

  { name: "open a famfs of 15,000 files", unit: "ms", compare: "value", atMost: 100 },
  { name: "list 15,000 files of a famfs", unit: "ms", compare: "value", atMost: 150 },
  { name: "refresh after one new file", unit: "us", compare: "value", atMost: 1000 },

  { name: "write back 64 B", unit: "ns", compare: "difference", with: "the instructions in C", atMost: 80 },
  { name: "write back 4 KiB", unit: "ns", compare: "difference", with: "the instructions in C", atMost: 80 },
  { name: "invalidate 64 B", unit: "ns", compare: "difference", with: "the instructions in C", atMost: 80 },
  { name: "invalidate 4 KiB", unit: "ns", compare: "difference", with: "the instructions in C", atMost: 80 },
  { name: "write back 1 MiB", unit: "ns", compare: "speed", with: "the instructions in C", atLeast: 0.9 },
  { name: "invalidate 1 MiB", unit: "ns", compare: "speed", with: "the instructions in C", atLeast: 0.9 },
  { name: "write back 64 MiB", unit: "ns", compare: "speed", with: "the instructions in C", atLeast: 0.9 },
  { name: "invalidate 64 MiB", unit: "ns", compare: "speed", with: "the instructions in C", atLeast: 0.9 },
  { name: "publish and observe, 32 bits", unit: "ns", compare: "speed", with: "bare Atomics", atLeast: 0.667 },
  { name: "publish and observe, 64 bits", unit: "ns", compare: "speed", with: "bare Atomics", atLeast: 0.667 },
  { name: "spinning round trip of two processes", unit: "ns", compare: "speed", with: "C", atLeast: 0.4 },
  { name: "event loop, polling", unit: "us", compare: "value", atMost: 45 },
  { name: "event loop, with sleepers woken", unit: "us", compare: "value", atMost: 45 },

  { name: "mutex, lockSync and release", unit: "ns", compare: "value", atMost: 100 },
  { name: "mutex, await lock and release", unit: "ns", compare: "value", atMost: 250 },
  { name: "mutex handed over, lockSync", unit: "ns", compare: "speed", with: "a futex lock in C", atLeast: 0.333 },
  { name: "mutex handed over, await lock", unit: "us", compare: "value", atMost: 60 },
  { name: "mutex, lockSync and release, incoherent", unit: "ns", compare: "value" },
  { name: "mutex, lockSync and release with a guard, incoherent", unit: "ns", compare: "value" },

  ...pcqTargets(),
  ...structureTargets(),
  ...broadcastTargets(),
  ...queueTargets(),

  {
    name: "shared map, read among 1 M integers",
    unit: "ns",
    compare: "speed",
    with: "a JS Map of objects",
    atLeast: 1,
  },
  { name: "shared map, read, against lmdb", unit: "ns", compare: "speed", with: "lmdb's getBinaryFast", atLeast: 4 },
  {
    name: "shared map, read of strings, against lmdb",
    unit: "ns",
    compare: "speed",
    with: "lmdb's getBinaryFast",
    atLeast: 3,
  },
  { name: "shared map, read beside a writer", unit: "ns", compare: "speed", with: "no writer", atLeast: 0.87 },
  { name: "shared map, getMany of 256 integers", unit: "ns", compare: "speed", with: "read, one by one", atLeast: 4 },
  {
    name: "shared map, getMany against Redis MGET",
    unit: "ns",
    compare: "speed",
    with: "a pipeline over a Unix socket",
    atLeast: 15,
  },
  {
    name: "shared map, private memory of 8 processes",
    unit: "MiB",
    compare: "difference",
    with: "one process",
    atMost: 4,
  },
];

/** What the views of a schema are held to. Ratios are the rival's time divided by ours: 1 is equal, 2 twice as fast. */
export const SCHEMA_TARGETS: readonly { readonly name: string; readonly atLeast: number }[] = [
  { name: "read a record of 8 fields, moved view", atLeast: 0.9 },
  { name: "write a record of 8 fields, moved view", atLeast: 0.75 },
  { name: "read a record of 8 fields, fallback", atLeast: 0.6 },
  { name: "write a record of 8 fields, fallback", atLeast: 0.6 },
  { name: "new view per record against moved view, read", atLeast: 1 },
  { name: "new view per record against moved view, write", atLeast: 1 },
  { name: "sum of a vector field against a typed array", atLeast: 1 },
];

/**
 * What records of four fields of one kind are held to. These are no targets but a net: a setter that the engine compiles
 * badly, as some generated ones were on Node 24, falls through it.
 */
export const KIND_FLOOR = 0.4;

/** Milliseconds that defining a schema of 100 fields may take. */
export const DEFINITION_MS = 2;

/** The target of a case. */
export function targetOf(name: string): Target {
  const target = TARGETS.find((candidate) => candidate.name === name);
  if (target === undefined) throw new Error(`targets.ts has no target for the case "${name}"`);
  return target;
}
