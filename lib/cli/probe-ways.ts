import { fullFence } from "../memory/coherence.js";
import { ARENA, type Meeting } from "./probe-meeting.js";

/** A way for stores to get from one side to the other. */
export interface Way {
  readonly way: string;
  readonly writeBack: boolean;
  readonly invalidate: boolean;
}

export const WAYS: readonly Way[] = [
  { way: "plain stores and loads", writeBack: false, invalidate: false },
  { way: "write-back only", writeBack: true, invalidate: false },
  { way: "invalidate only", writeBack: false, invalidate: true },
  { way: "write-back and invalidate", writeBack: true, invalidate: true },
];

/** How a way did. */
export interface WayFigures {
  readonly way: string;
  readonly tries: number;
  /** Stores of both sides that the other saw. */
  readonly seen: number;
  /** The median of those that came back, in nanoseconds; absent where none did. */
  readonly roundTrip?: number | undefined;
}

/** A store not seen for so long counts as not seen, in nanoseconds. */
const PATIENCE = 5_000_000n;
/** So many misses are proof enough; waiting for more would take minutes. */
const MISSES = 20;
const INCREMENTS = 100_000;

/** Round trips: the first stores, the second answers; each on a line of its own, which the other has cached. */
export function measureWay(meeting: Meeting, way: Way, tries: number): WayFigures {
  const port = openPort(meeting, way);
  const times: number[] = [];
  let seen = 0;
  let value = 0;
  for (let misses = 0; value < tries && misses < MISSES; ) {
    value++;
    const time = { roundTrip: Number.POSITIVE_INFINITY };
    const arrived = roundTrip(port, value, time);
    times.push(time.roundTrip);
    const both = (arrived ? 1 : 0) + meeting.exchange(arrived ? 1 : 0);
    seen += both;
    if (both < 2) misses++;
  }
  const median = times.sort((a, b) => a - b)[times.length >> 1] as number;
  return { way: way.way, tries: 2 * value, seen, ...(meeting.first && median < 1e9 && { roundTrip: median }) };
}

interface Port {
  readonly meeting: Meeting;
  readonly way: Way;
  readonly ownAt: number;
  readonly own: Int32Array;
  readonly otherAt: number;
  readonly other: Int32Array;
}

/** Both lines are 0 in memory and in both caches. */
function openPort(meeting: Meeting, way: Way): Port {
  const lines = [ARENA, ARENA + 512] as const;
  const [ownAt, otherAt] = meeting.first ? lines : ([lines[1], lines[0]] as const);
  const own = meeting.mapping.view(Int32Array, ownAt, 1);
  const other = meeting.mapping.view(Int32Array, otherAt, 1);
  store({ meeting, way: { ...way, writeBack: true }, ownAt, own, otherAt, other }, 0);
  meeting.meet();
  meeting.mapping.invalidate(otherAt, 64, "probe.line");
  Atomics.load(other, 0);
  meeting.meet();
  return { meeting, way, ownAt, own, otherAt, other };
}

/** Whether the other's store was seen. A miss counts only once the other has said that it stored: it may just be slow. */
function roundTrip(port: Port, value: number, time: { roundTrip: number }): boolean {
  const { meeting } = port;
  meeting.meet();
  const start = process.hrtime.bigint();
  if (meeting.first) store(port, value);
  let arrived = sees(port, value);
  if (meeting.first && arrived) time.roundTrip = Number(process.hrtime.bigint() - start);
  if (!meeting.first && arrived) store(port, value);
  meeting.meet();
  if (!meeting.first && !arrived) {
    arrived = sees(port, value);
    store(port, value);
  }
  meeting.meet();
  return arrived || (meeting.first && sees(port, value));
}

function store({ meeting, way, own, ownAt }: Port, value: number): void {
  Atomics.store(own, 0, value);
  if (!way.writeBack) return;
  meeting.mapping.writeBack(ownAt, 4, "probe.line");
  fullFence("probe.line");
}

function sees({ meeting, way, other, otherAt }: Port, value: number): boolean {
  const end = process.hrtime.bigint() + PATIENCE;
  do {
    for (let i = 0; i < 100; i++) {
      if (way.invalidate) meeting.mapping.invalidate(otherAt, 4, "probe.line");
      if (Atomics.load(other, 0) === value) return true;
    }
  } while (process.hrtime.bigint() < end);
  return false;
}

/** Both increment one word by compare-and-swap, which works only inside one coherence domain (F5). */
export function measureSwaps(meeting: Meeting): { increments: number; lost: number } {
  const at = ARENA + 1024;
  const word = meeting.mapping.view(Int32Array, at, 1);
  if (meeting.first) word[0] = 0;
  meeting.mapping.writeBack(at, 4, "probe.swap");
  fullFence("probe.swap");
  meeting.meet();
  meeting.mapping.invalidate(at, 4, "probe.swap");
  for (let i = 0; i < INCREMENTS; i++) increment(word);
  meeting.meet();
  meeting.mapping.writeBack(at, 4, "probe.swap");
  fullFence("probe.swap");
  meeting.meet();
  meeting.mapping.invalidate(at, 4, "probe.swap");
  const total = Atomics.load(word, 0);
  meeting.meet();
  return { increments: 2 * INCREMENTS, lost: 2 * INCREMENTS - total };
}

function increment(word: Int32Array): void {
  for (let before = Atomics.load(word, 0); ; ) {
    const found = Atomics.compareExchange(word, 0, before, before + 1);
    if (found === before) return;
    before = found;
  }
}
