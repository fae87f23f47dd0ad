import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { GuardLine, guardLineAt, MUTEX } from "../../lib/segment/guarded.js";
import * as atomics from "../../lib/structures/atomics/layout.js";
import * as barrier from "../../lib/structures/barrier/layout.js";
import * as broadcast from "../../lib/structures/broadcast/layout.js";
import * as counter from "../../lib/structures/counter/layout.js";
import * as map from "../../lib/structures/map/layout.js";
import * as mutex from "../../lib/structures/mutex/layout.js";
import * as queue from "../../lib/structures/queue/layout.js";
import * as record from "../../lib/structures/record/layout.js";
import { LockLine } from "../../lib/structures/structure-lock.js";
import { ROOT } from "../support/child.js";
import { evaluate, page, read, section } from "./pages.js";

const format = read("docs/format/structures.md");

/** The first two columns of a table of the format, `slotSize` standing for a slot of 240 bytes, and the third's first word. */
function fields(heading: string): [offset: number, size: string, name: string][] {
  const rows = [...(section(format, heading) ?? "").matchAll(/^\| (\d[^|]*) \| ([^|]*) \| (\w+)/gm)];
  return rows.map(([, offset, size, name]) => [evaluate(offset as string), size as string, name as string]);
}

const offsets = (heading: string) => Object.fromEntries(fields(heading).map(([offset, , name]) => [name, offset]));

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

  test("maps", () => {
    const { size: _, ...entry } = map.MapOptions;
    expect(offsets("Map options")).toEqual(entry);
    expect(offsets("Map body")).toEqual(map.MapBody);
    const { checksums, ...slot } = map.MapSlot;
    const halves = { valueA: slot.key + 24, valueB: slot.key + 24 + 64 };
    expect(offsets("Map slot")).toEqual({ ...slot, checksumA: checksums, checksumB: checksums + 4, ...halves });
  });

  test("sizes of maps, by the formulas of the page", () => {
    const up = (value: number, alignment: number) => Math.ceil(value / alignment) * alignment;
    for (const [keySize, size] of [
      [0, 64],
      [0, 3],
      [1, 8],
      [24, 16],
      [250, 1000],
    ] as const) {
      const slotSize = up(24 + (keySize === 0 ? 8 : up(keySize, 8)) + 2 * up(size, 8), 32);
      expect(map.slotSize(keySize, size)).toBe(slotSize);
      expect(map.mapSize(1000, keySize, size)).toBe(256 + 2000 * slotSize);
    }
    expect([map.mostReach(2), map.mostReach(10_000)]).toEqual([1, 4095]);
    expect(page("map")).toContain(`: ${map.slotCount(1) * map.slotSize(0, 64)} for each key`);
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
      ...[queue.QUEUE, MUTEX, map.MAP],
    ];
    for (const { kind, version } of kinds) expect(format).toContain(`| \`${kind}\` | ${version} |`);
  });
});

describe("the tables of deaths name the fail points of the source", () => {
  const pointsIn = (folder: string) =>
    readdirSync(join(ROOT, folder))
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) => [...read(join(folder, file)).matchAll(/failPoint\("([^"]+)"\)/g)].map(([, point]) => point));

  test.each(["record", "counter", "atomics", "broadcast", "barrier", "queue", "mutex", "map"])("%s", (name) => {
    const named = [...(section(page(name), "What a death leaves") ?? "").matchAll(/^\| `([a-z.-]+)`/gm)];
    const points = named.map(([, point]) => point as string);
    const own = points.filter((point) => point.startsWith(`${name}.`));
    expect(own.sort()).toEqual(pointsIn(`lib/structures/${name}`).sort());
    for (const point of points.filter((one) => one.startsWith("segment.")))
      expect(pointsIn("lib/segment")).toContain(point);
  });
});
