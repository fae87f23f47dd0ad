import { describe, expect, test } from "vitest";
import { guardLineAt } from "../../lib/segment/guarded.js";
import * as atomics from "../../lib/structures/atomics/layout.js";
import * as barrier from "../../lib/structures/barrier/layout.js";
import * as broadcast from "../../lib/structures/broadcast/layout.js";
import * as counter from "../../lib/structures/counter/layout.js";
import * as map from "../../lib/structures/map/layout.js";
import * as mutex from "../../lib/structures/mutex/layout.js";
import * as queue from "../../lib/structures/queue/layout.js";
import * as record from "../../lib/structures/record/layout.js";
import { LockLine } from "../../lib/structures/structure-lock.js";
import { page } from "./pages.js";

/** The offsets and names of a page's drawings: its blocks of no language. */
const drawings = (name: string) =>
  [
    ...page(name)
      .replace(/^```\w+\n.*?^```$/gms, "")
      .matchAll(/^```\n(.*?)^```/gms),
  ].map(([, text]) => [...(text as string).matchAll(/^ *(\d+) {3}(\w+)/gm)].map(([, at, what]) => [Number(at), what]));

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

  test("of a map with integers and 64 bytes", () => {
    const { slots, role, size } = map.MapBody;
    const { word, checksums, ...rest } = map.MapSlot;
    const value = rest.key + 8;
    const fields = { word, reach: rest.reach, length: rest.length, checksums, key: rest.key, valueA: value };
    expect(drawings("map")).toEqual([
      [
        [role, "role"],
        [size, "size"],
        ...Object.entries({ ...fields, valueB: value + 64 }).map(([name, at]) => [slots + at, name]),
        [slots + map.slotSize(0, 64), "word"],
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
