import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  SharedArray,
  SharedAtomics,
  SharedBarrier,
  SharedBroadcast,
  SharedCounter,
  SharedMutex,
  SharedQueue,
  SharedRecord,
  struct,
  u32,
  vector,
} from "famfs";
import { describe, expect, test } from "vitest";
import { GuardLine, guardLineAt, MUTEX } from "../../lib/segment/guarded.js";
import * as atomics from "../../lib/structures/atomics/layout.js";
import * as barrier from "../../lib/structures/barrier/layout.js";
import * as broadcast from "../../lib/structures/broadcast/layout.js";
import * as counter from "../../lib/structures/counter/layout.js";
import * as mutex from "../../lib/structures/mutex/layout.js";
import * as queue from "../../lib/structures/queue/layout.js";
import * as record from "../../lib/structures/record/layout.js";
import { LockLine } from "../../lib/structures/structure-lock.js";
import { ROOT } from "../support/child.js";
import { joined, testSegment } from "../support/segment.js";
import { countSteps } from "../support/steps.js";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const format = read("docs/format/structures.md");
const page = (name: string) => read(`docs/structures/${name}.md`);

/** The lines of a page under a heading, up to the next one. */
const section = (text: string, heading: string) => text.split(new RegExp(`^#+ ${heading}$`, "m"))[1]?.split(/^#/m)[0];

/** The first two columns of a table of the format, `slotSize` standing for a slot of 240 bytes, and the third's first word. */
function fields(heading: string): [offset: number, size: string, name: string][] {
  const rows = [...(section(format, heading) ?? "").matchAll(/^\| (\d[^|]*) \| ([^|]*) \| (\w+)/gm)];
  return rows.map(([, offset, size, name]) => [evaluate(offset as string), size as string, name as string]);
}

const offsets = (heading: string) => Object.fromEntries(fields(heading).map(([offset, , name]) => [name, offset]));

/** Of sums of numbers and multiples of N, W and slotSize. */
function evaluate(sum: string, variables: Record<string, number> = { slotSize: record.slotSize(240) }): number {
  const terms = [...sum.replaceAll(" ", "").matchAll(/([+-]?)(\d*)([A-Za-z]*)/g)].filter(([term]) => term !== "");
  return terms.reduce((total, [, sign, factor, name]) => {
    const value = (factor === "" ? 1 : Number(factor)) * (name ? (variables[name] ?? Number.NaN) : 1);
    return total + (sign === "-" ? -value : value);
  }, 0);
}

/** The offsets and names of a page's drawings: its blocks of no language. */
const drawings = (name: string) =>
  [
    ...page(name)
      .replace(/^```\w+\n.*?^```$/gms, "")
      .matchAll(/^```\n(.*?)^```/gms),
  ].map(([, text]) => [...(text as string).matchAll(/^ *(\d+) {3}(\w+)/gm)].map(([, at, what]) => [Number(at), what]));

describe("docs/format/structures.md has the offsets of the source", () => {
  test("records", () => {
    expect(offsets("Record options")).toEqual({
      host: record.RecordOptions.host,
      writers: record.RecordOptions.writers,
    });
    expect(record.WRITERS).toEqual(["one", "any"]);
    expect(offsets("Record body")).toEqual({ role: record.ROLE, lanes: record.laneAt(240, 0) });
    expect(offsets("Record lane")).toEqual({
      selector: record.Lane.selector,
      even: record.Lane.slots,
      odd: record.Lane.slots + record.slotSize(240),
    });
    expect(offsets("Record slot")).toEqual({ word: record.Slot.word, version: record.Slot.bytes });
    expect(offsets("Record trailer")).toEqual({ token: record.Trailer.token, crc: record.Trailer.crc });
  });

  test("sizes of records, by the formulas of the page", () => {
    const up = (value: number, alignment: number) => Math.ceil(value / alignment) * alignment;
    for (const size of [1, 7, 8, 16, 112, 113, 240, 1000]) {
      const trailerAt = up(size, 8);
      const slotSize = 128 + up(trailerAt + 16, 128);
      expect([record.trailerAt(size), record.versionSize(size)]).toEqual([trailerAt, trailerAt + 16]);
      expect(record.slotSize(size)).toBe(slotSize);
      expect(record.bodySize(size, 3)).toBe(128 + 3 * (128 + 2 * slotSize));
    }
  });

  test("counters", () => {
    const { size, ...words } = counter.CounterLane;
    expect(offsets("Counter lane")).toEqual(words);
    expect(format).toContain(`a lane of ${size} bytes for each participant`);
  });

  test("atomics", () => {
    const { size, ...lock } = LockLine;
    expect(offsets("Atomics lock line")).toEqual(lock);
    const [wordA, wordB] = atomics.ElementLine.versions as unknown as [number, number];
    const { value } = atomics.ElementLine;
    const element = { wordA, valueA: wordA + value, wordB, valueB: wordB + value };
    expect(offsets("Atomics element line")).toEqual(element);
    for (const [n, e, p] of [
      [2, 0, 0],
      [5, 3, 4],
    ] as const)
      expect(atomics.elementLineAt(e, p, n)).toBe(128 * (n * (1 + e) + p));
    expect(format).toContain(`a line of ${size} bytes of a lock`);
  });

  test("mutexes", () => {
    const { size, ...words } = mutex.HoldLine;
    expect(offsets("Mutex hold line")).toEqual(words);
    expect(offsets("Mutex guard line")).toEqual({ offset: 0, length: GuardLine.size / GuardLine.most / 2 });
    expect(guardLineAt(3, 5)).toBe(128 * (1 + 5 + 3));
    expect(mutex.LOCK_AT).toBe(size);
    expect(mutex.packOwner(5, 2 ** 23 + 3)).toBe(6 + 2 ** 9 * 3);
  });

  test("broadcasts", () => {
    const { host, run } = broadcast.BroadcastOptions;
    expect(offsets("Broadcast options")).toEqual({ host, run });
    const { ROLE, TAIL, SLOTS } = broadcast;
    expect(offsets("Broadcast body")).toEqual({ role: ROLE, tail: TAIL, slots: SLOTS });
    const { number, crc } = broadcast.Trailer;
    expect(offsets("Broadcast trailer")).toEqual({ number, crc });
  });

  test("slots of broadcasts, by the sentences of the page", () => {
    const sizes = [
      [1, 1, 8],
      [9, 1, 16],
      [33, 1, 64],
      [64, 64, 64],
      [65, 1, 128],
      [112, 8, 128],
      [113, 1, 192],
      [512, 512, 1024],
    ] as const;
    for (const [size, align, slot] of sizes) expect(broadcast.slotSize({ size, align })).toBe(slot);
    expect([broadcast.trailerAt(64), broadcast.trailerAt(65), broadcast.trailerAt(72)]).toEqual([undefined, 72, 72]);
    expect(broadcast.bodySize(192, 4, 2)).toBe(256 + 192 * (4 + 2));
  });

  test("barriers", () => {
    const { size, ...words } = barrier.Seat;
    expect(offsets("Barrier seat")).toEqual(words);
    expect(format).toContain(`a seat of ${size} bytes for each party`);
  });

  test("queues", () => {
    const { size: _, ...options } = queue.QueueOptions;
    expect(offsets("Queue options")).toEqual(options);
    expect([queue.PRODUCERS, queue.MESSAGES]).toEqual([
      ["any", "one"],
      ["struct", "bytes"],
    ]);
    const counts = { hosts: 3, lanes: 6, ringBytes: 200 };
    const at = (offset: string) => evaluate(offset, { H: counts.hosts, L: counts.lanes });
    const body = [...(section(format, "Queue body") ?? "").matchAll(/^\| (\d[^|]*) \| [^|]* \| (\w+)/gm)];
    expect(body.map(([, offset, name]) => [name, at(offset as string)])).toEqual([
      ["consumer", queue.CONSUMER],
      ["producer", queue.PRODUCER],
      ["used", queue.usedAt(0)],
      ["heads", queue.headAt(counts, 0)],
      ["lanes", queue.laneAt(counts, 0)],
    ]);
    expect(queue.laneAt(counts, 1) - queue.laneAt(counts, 0)).toBe(128 + 256);
    expect(queue.queueSize(counts)).toBe(256 + 128 * 3 + 128 * 6 + 6 * (128 + 256));
    expect(offsets("Queue line of lanes in use")).toEqual({ words: queue.Used.words, sleepers: queue.Used.sleepers });
    expect(offsets("Queue head line")).toEqual({ head: queue.Head.word, sleepers: queue.Head.sleepers });
    expect(offsets("Queue lane")).toEqual(queue.Lane && { ...queue.Lane });
    expect(offsets("Queue message of bytes")).toEqual({ length: 0, zero: 4, content: queue.RecordHeader.size });
    expect([queue.WRAP, queue.LANES_A_WORD, queue.MOST_RING_BYTES]).toEqual([2 ** 32 - 1, 32, 2 ** 30]);
    expect([queue.slotSize(9), queue.recordSize(0), queue.recordSize(9)]).toEqual([16, 8, 24]);
  });

  test("kinds and versions", () => {
    const kinds = [
      ...[record.RECORD, counter.COUNTER, atomics.ATOMICS, broadcast.BROADCAST, barrier.BARRIER],
      ...[queue.QUEUE, MUTEX],
    ];
    for (const { kind, version } of kinds) expect(format).toContain(`| \`${kind}\` | ${version} |`);
  });
});

describe("the drawings have the offsets of the source", () => {
  test("of a record of 240 bytes", () => {
    const slot = (number: number) => record.laneAt(240, 0) + record.Lane.slots + number * record.slotSize(240);
    const version = (number: number) => slot(number) + record.Slot.bytes;
    expect(drawings("record")).toEqual([
      [
        [record.ROLE, "role"],
        [record.laneAt(240, 0) + record.Lane.selector, "selector"],
        [slot(0) + record.Slot.word, "even"],
        [version(0), "version"],
        [version(0) + record.trailerAt(240), "trailer"],
        [slot(1) + record.Slot.word, "odd"],
        [version(1), "version"],
        [version(1) + record.trailerAt(240), "trailer"],
        [record.bodySize(240, 1), "end"],
      ],
    ]);
  });

  test("of a counter", () => {
    const { added, subtracted, size } = counter.CounterLane;
    const lane = (at: number) => [
      [at + added, "added"],
      [at + subtracted, "subtracted"],
    ];
    expect(drawings("counter")).toEqual([[...lane(0), ...lane(size)]]);
  });

  test("of a queue of two lanes of 64 bytes", () => {
    const counts = { hosts: 1, lanes: 2, ringBytes: 64 };
    const lane = (index: number) => [
      [queue.laneAt(counts, index) + queue.Lane.tail, "tail"],
      [queue.laneAt(counts, index) + queue.Lane.ring, "ring"],
    ];
    expect(drawings("queue")).toEqual([
      [
        [queue.CONSUMER, "consumer"],
        [queue.PRODUCER, "producer"],
        [queue.usedAt(0), "used"],
        [queue.headAt(counts, 0), "head"],
        [queue.headAt(counts, 1), "head"],
        ...lane(0),
        ...lane(1),
        [queue.queueSize(counts), "end"],
      ],
    ]);
  });

  test("of atomics", () => {
    const line = (element: number, participant: number) => [
      atomics.elementLineAt(element, participant, 2),
      element < 0 ? "lock" : "element",
    ];
    expect(drawings("atomics")).toEqual([
      [
        [0, "elements"],
        [atomics.sleepersAt(0, 3, 4), "sleepers"],
      ],
      [...[-1, 0, 1].flatMap((element) => [line(element, 0), line(element, 1)]), [atomics.atomicsSize(2, 4, 2), "end"]],
    ]);
  });
});

test("the drawings of a mutex have the offsets of the source", () => {
  const { word, sleepers, hold } = mutex.HoldLine;
  expect(drawings("mutex")).toEqual([
    [
      [word, "word"],
      [sleepers, "sleepers"],
      [hold, "hold"],
      [mutex.mutexSize(undefined), "end"],
    ],
    [
      [word, "word"],
      [hold, "hold"],
      [mutex.LOCK_AT, "lock"],
      [mutex.LOCK_AT + LockLine.size, "lock"],
      [guardLineAt(0, 2), "guards"],
      [guardLineAt(1, 2), "guards"],
      [mutex.mutexSize(2), "end"],
    ],
  ]);
});

describe("the drawings of what has slots and seats", () => {
  test("of a broadcast of 120 bytes", () => {
    const size = broadcast.slotSize({ size: 120, align: 8 });
    const slot = (number: number) => broadcast.SLOTS + number * size;
    expect(drawings("broadcast")).toEqual([
      [
        [broadcast.ROLE, "role"],
        [broadcast.TAIL, "tail"],
        ...[0, 1, 2, 3, 4, 5].flatMap((number) => [
          [slot(number), "slot"],
          [slot(number) + (broadcast.trailerAt(120) ?? 0), "trailer"],
        ]),
        [broadcast.bodySize(size, 4, 2), "end"],
      ],
    ]);
  });

  test("of a barrier", () => {
    const { holder, arrivals, size } = barrier.Seat;
    const seat = (at: number) => [
      [at + holder, "holder"],
      [at + arrivals, "arrivals"],
    ];
    expect(drawings("barrier")).toEqual([[...seat(0), ...seat(size)]]);
  });
});

describe("the tables of deaths name the fail points of the source", () => {
  const pointsIn = (folder: string) =>
    readdirSync(join(ROOT, folder))
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) => [...read(join(folder, file)).matchAll(/failPoint\("([^"]+)"\)/g)].map(([, point]) => point));

  test.each(["record", "counter", "atomics", "broadcast", "barrier", "queue", "mutex"])("%s", (name) => {
    const named = [...(section(page(name), "What a death leaves") ?? "").matchAll(/^\| `([a-z.-]+)`/gm)];
    const points = named.map(([, point]) => point as string);
    const own = points.filter((point) => point.startsWith(`${name}.`));
    expect(own.sort()).toEqual(pointsIn(`lib/structures/${name}`).sort());
    for (const point of points.filter((one) => one.startsWith("segment.")))
      expect(pointsIn("lib/segment")).toContain(point);
  });
});

describe.each([1, 4])("what operations cost with %i participants on each of two hosts", (participantsPerHost) => {
  /** Numbers of write-backs, invalidates, store fences and full fences by operation. */
  function promised(name: string): Record<string, number[]> {
    const variables = { N: 2 * participantsPerHost, H: 2, W: 1, P: participantsPerHost };
    const rows = [...(section(page(name), "What it costs") ?? "").matchAll(/^\| (.*\d.*) \|$/gm)];
    return Object.fromEntries(
      rows.map(([, row]) => {
        const [operation, ...counts] = (row as string).split(" | ");
        return [operation, counts.map((count) => evaluate(count, variables))];
      }),
    );
  }

  async function found(operations: Record<string, () => void>): Promise<Record<string, number[]>> {
    const counts: Record<string, number[]> = {};
    for (const [name, operation] of Object.entries(operations)) {
      const { writeBacks, invalidates, storeFences, fullFences } = await countSteps(operation);
      counts[name] = [writeBacks, invalidates, storeFences, fullFences];
    }
    return counts;
  }

  const Row = struct({ parts: vector(u32, 60) });
  const row = { parts: new Uint32Array(60) };

  test("records", async () => {
    const participant = await joined((await testSegment("simulated", { participantsPerHost })).segment);
    await SharedRecord.create(participant, "one", { record: Row });
    let one = SharedRecord.open(participant, "one", { record: Row, role: "writer" });
    one.write(row);
    one.close();
    const any = await SharedRecord.create(participant, "any", { record: Row, writers: "any" });
    any.write(row, { token: 1 });
    const costs = await found({
      "`open({ role })`": () => {
        one = SharedRecord.open(participant, "one", { record: Row, role: "writer" });
      },
      "`write()`": () => one.write(row),
      "`version`": () => void one.version,
      "`tryRead()`": () => void one.tryRead(),
      "`close()`": () => one.close(),
      "any: `write()`": () => any.write(row, { token: 2 }),
      "any: `version`": () => void any.version,
      "any: `tryRead()`": () => void any.tryRead(),
    });
    expect(costs).toEqual(promised("record"));
  });

  test("counters", async () => {
    const participant = await joined((await testSegment("simulated", { participantsPerHost })).segment);
    const hits = await SharedCounter.create(participant, "hits");
    const costs = await found({ "`add()`": () => hits.add(3), "`value`": () => void hits.value });
    expect(costs).toEqual(promised("counter"));
  });

  test("queues", async () => {
    const participant = await joined((await testSegment("simulated", { participantsPerHost })).segment);
    const producer = await SharedQueue.create(participant, "rows", { message: Row, capacity: 4 });
    const consumer = SharedQueue.open(participant, "rows", { message: Row, role: "consumer" });
    const empty = () => {
      while (consumer.tryTake() !== undefined);
    };
    // The lane is in use, and its known head leaves no room.
    for (let i = 0; i < 4; i++) producer.tryPush(row);
    empty();
    const costs = await found({
      "`tryPush()` that looks at the head": () => void producer.tryPush(row),
      "`tryPush()`": () => void producer.tryPush(row),
      "`commitRun()` of any length": () => {
        producer.claimRun(2);
        producer.commitRun();
      },
    });
    consumer.tryTake();
    Object.assign(costs, await found({ "`tryTake()` of a message that is ready": () => void consumer.tryTake() }));
    empty();
    Object.assign(costs, await found({ "`tryTake()` that finds nothing in one lane": () => void consumer.tryTake() }));
    producer.tryPush(row);
    consumer.tryTake();
    producer.tryPush(row);
    Object.assign(
      costs,
      await found({
        "`tryTake()` that looks at a tail": () => void consumer.tryTake(),
        "`releaseRun()`": () => consumer.releaseRun(),
      }),
    );
    expect(costs).toEqual(promised("queue"));
  });

  test("atomics", async () => {
    const participant = await joined((await testSegment("simulated", { participantsPerHost })).segment);
    const words = await SharedAtomics.create(participant, "words", { element: u32, length: 2 });
    words.add(0, 1);
    const costs = await found({
      "`load()`": () => void words.load(0),
      "`store()`, `add()` ...": () => void words.store(0, 7),
      "`compareExchange()` that finds another value": () => void words.compareExchange(0, 1, 2),
    });
    expect(costs).toEqual(promised("atomics"));
  });

  test("mutexes", async () => {
    const participant = await joined((await testSegment("simulated", { participantsPerHost })).segment);
    const one = await SharedMutex.create(participant, "one");
    const data = await SharedArray.create(participant, "data", { element: u32, length: 100 });
    const guards = [data];
    let guard = one.lockSync({ timeout: 0 });
    guard.release();
    const costs = await found({
      "`lockSync()`": () => {
        guard = one.lockSync({ timeout: 0 });
      },
      "`release()`": () => guard.release(),
      "`lockSync()` with one guard": () => {
        guard = one.lockSync({ timeout: 0, guards });
      },
      "`release()` with one guard": () => guard.release(),
      "`token`": () => void one.token,
    });
    expect(costs).toEqual(promised("mutex"));
  });

  test("broadcasts", async () => {
    const participant = await joined((await testSegment("simulated", { participantsPerHost })).segment);
    const message = struct({ parts: vector(u32, 30) });
    const tick = { parts: new Uint32Array(30) };
    await SharedBroadcast.create(participant, "ticks", { message, capacity: 8 });
    let ticks = SharedBroadcast.open(participant, "ticks", { message });
    const reader = ticks.reader({ from: "now" });
    const costs = await found({
      "`open({ role })`": () => {
        ticks = SharedBroadcast.open(participant, "ticks", { message, role: "writer" });
      },
      "`tryRead()`, `tryReadRun()` without a message": () => void reader.tryRead(),
      "`write()`": () => ticks.write(tick),
      "`commitRun()`": () => ticks.commitRun(3),
      "`tryRead()`, `tryReadRun()` at the tail seen last": () => void reader.tryRead(),
      "`tryRead()`, `tryReadRun()` before it": () => void reader.tryReadRun(),
      "`written`, `reader()`": () => void ticks.written,
      "`close()`": () => ticks.close(),
    });
    expect(costs).toEqual(promised("broadcast"));
  });

  test("barriers", async () => {
    const participant = await joined((await testSegment("simulated", { participantsPerHost })).segment);
    await SharedBarrier.create(participant, "step", { parties: participantsPerHost });
    let step = SharedBarrier.open(participant, "step");
    const costs = await found({
      "`open({ role })`": () => {
        step = SharedBarrier.open(participant, "step", { role: "party" });
      },
      "`tryWait()` of a complete phase": () => void step.tryWait(),
      "`arrive()`": () => void step.arrive(),
      "`phase`": () => void step.phase,
      "`close()`": () => step.close(),
    });
    expect(costs).toEqual(promised("barrier"));
  });
});
