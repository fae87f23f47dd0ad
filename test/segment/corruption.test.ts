import { rmSync } from "node:fs";
import { f64, type Instance, Segment, SharedArray, struct, u32 } from "famfs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32c } from "../../lib/segment/crc32c.js";
import {
  Directory,
  Entry,
  EntryRecord,
  HEADER_RECORD,
  HEADER_WORD,
  Header,
  Host,
  HostRecord,
  Identity,
  Layout,
  Participant,
} from "../../lib/segment/layout.js";
import { tmpfsInstance } from "../support/instance.js";
import { seededRandom } from "../support/seed.js";

const SHAPE = { size: 256 << 10, hosts: 2, participantsPerHost: 3 };
const RUNS = 300;

/** Nothing may take longer, in milliseconds: a lease of somebody who is not there, and locks. */
const LONGEST = 10_000;

const Point = struct({ x: f64, y: f64 });

/** A field of the format. */
interface Field {
  readonly name: string;
  readonly at: number;
  readonly size: number;
  /** Where its record begins, and its checksum is; absent of words. */
  readonly record?: readonly [start: number, crcAt: number];
}

/** The fields of a record, each up to the next one. */
function fieldsOf(name: string, start: number, offsets: Readonly<Record<string, number>> & { crc: number }): Field[] {
  const sorted = Object.entries(offsets).sort(([, a], [, b]) => a - b);
  return sorted.map(([field, offset], i) => ({
    name: `${name}.${field}`,
    at: start + offset,
    size: Math.min((sorted[i + 1]?.[1] ?? offset + 4) - offset, 64),
    record: [start, start + offsets.crc] as const,
  }));
}

const layout = Layout.forSize(SHAPE.size, SHAPE.hosts, SHAPE.participantsPerHost);

const FIELDS: readonly Field[] = [
  { name: "header", at: HEADER_WORD, size: 8 },
  ...fieldsOf("header", HEADER_RECORD, Header),
  { name: "host.claim", at: layout.hostAt(0) + Host.claim, size: 8 },
  { name: "host.recordWord", at: layout.hostAt(0) + Host.recordWord, size: 8 },
  ...fieldsOf("host", layout.hostAt(0) + Host.record, HostRecord),
  ...[0, 1].flatMap((index) => {
    const block = layout.participantAt(index);
    const words = ["claim", "identityWord", "heartbeat", "bakery", "revocations"] as const;
    return [
      ...words.map((word) => ({ name: `participant.${word}`, at: block + Participant[word], size: 8 })),
      ...fieldsOf("identity", block + Participant.identity, Identity),
    ];
  }),
  { name: "used", at: layout.partAt(0) + Directory.used, size: 8 },
  ...[0, 1].flatMap((index) => {
    const entry = layout.partAt(0) + Directory.entries + index * Directory.entrySize;
    return [
      { name: "entry.word", at: entry + Entry.word, size: 8 },
      ...fieldsOf("entry", entry + Entry.record, EntryRecord),
    ];
  }),
  { name: "schema", at: layout.dataAt, size: 64 },
];

/** What is stored over a field; `resealed`: with the checksum that then is right, as a malicious peer would. */
interface Damage {
  readonly field: Field;
  readonly bytes: Uint8Array;
  readonly resealed: boolean;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  field: fc.constantFrom(...FIELDS),
  bytes: fc.oneof(
    fc.constantFrom(0, 1, 2, 3, 0x7f, 0xff).map((byte) => new Uint8Array(64).fill(byte)),
    fc
      .integer({ min: 0, max: 511 })
      .map((bit) => Uint8Array.from({ length: 64 }, (_, i) => (i === bit >> 3 ? 1 << (bit & 7) : 0))),
    fc.uint8Array({ minLength: 64, maxLength: 64 }),
  ),
  resealed: fc.boolean(),
});

function apply(memory: Uint8Array, { field, bytes, resealed }: Damage): void {
  memory.set(bytes.subarray(0, field.size), field.at);
  if (!resealed || field.record === undefined) return;
  const [start, crcAt] = field.record;
  new DataView(memory.buffer, memory.byteOffset).setUint32(crcAt, crc32c(memory, start, crcAt), true);
}

/** Does everything there is with a damaged segment; whatever fails must say so by an error with a code. */
async function useAll(instance: Instance, name: string): Promise<string[]> {
  const codes: string[] = [];
  const attempt = async <T>(action: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await action();
    } catch (error) {
      expect(error).toMatchObject({ name: "FamfsError", code: expect.stringMatching(/^ERR_FAMFS_/) as string });
      codes.push((error as { code: string }).code);
      return undefined;
    }
  };
  const segment = await attempt(() => Segment.open(instance, name, { timeout: 20 }));
  if (segment === undefined) return codes;
  await attempt(() => segment.participants());
  await attempt(() => segment.entries());
  await attempt(() => SharedArray.open(segment, "points", { element: Point }).get(0).toObject());
  await attempt(() => SharedArray.open(segment, "numbers", { element: u32 }).get(9));
  const participant = await attempt(() => segment.join({ host: 0, lease: 100 }));
  if (participant !== undefined) {
    const make = { element: u32, length: 10, timeout: 100 };
    await attempt(() => SharedArray.create(participant, "more", make));
    await attempt(() => participant.declareDead(1));
    await attempt(() => participant.leave());
  }
  await segment.close();
  return codes;
}

/** The bytes of a segment with two arrays: in use, or left by everybody. */
async function snapshot(inUse: boolean): Promise<Uint8Array> {
  const { instance } = await tmpfsInstance();
  const segment = await Segment.create(instance, "whole", SHAPE);
  const [participant, other] = [await segment.join({ lease: 100 }), await segment.join({ lease: 100 })];
  await SharedArray.create(participant, "points", { element: Point, length: 10 });
  await SharedArray.create(other, "numbers", { element: u32, length: 10 });
  if (!inUse) await Promise.all([participant.leave(), other.leave()]);
  return segment.memory.mapping.bytes().slice();
}

describe.each(["left", "in use"])("a segment that is %s and was damaged", (state) => {
  test("undamaged it works", async () => {
    const whole = await snapshot(state === "in use");
    const { instance } = await tmpfsInstance();
    (await instance.create("copy", { size: SHAPE.size })).map().bytes().set(whole);
    expect(await useAll(instance, "copy")).toEqual([]);
  });

  test("gives errors with codes, and never crashes or hangs", { timeout: 300_000 }, async () => {
    const whole = await snapshot(state === "in use");
    const { instance } = await tmpfsInstance();
    const seed = Math.floor(seededRandom(`damage, ${state}`)() * 2 ** 31);
    let count = 0;
    const property = fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (damages) => {
      const name = `copy-${count++}`;
      const file = await instance.create(name, { size: SHAPE.size });
      const mapping = file.map();
      mapping.bytes().set(whole);
      for (const one of damages) apply(mapping.bytes(), one);
      mapping.close();
      file.close();
      const start = performance.now();
      await useAll(instance, name);
      rmSync(file.path);
      expect(performance.now() - start).toBeLessThan(LONGEST);
    });
    await fc.assert(property, { seed, numRuns: RUNS, endOnFailure: true });
  });
});
