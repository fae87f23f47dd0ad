import fc from "fast-check";
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

/** Of the segments that are damaged. */
export const SHAPE = { size: 256 << 10, hosts: 2, participantsPerHost: 3 };

/** A field of the format. */
export interface Field {
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
export interface Damage {
  readonly field: Field;
  readonly bytes: Uint8Array;
  readonly resealed: boolean;
}

/** Bytes over one of the fields. */
export const damage: fc.Arbitrary<Damage> = fc.record({
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

/** Stores it into the bytes of a segment of {@link SHAPE}. */
export function apply(memory: Uint8Array, { field, bytes, resealed }: Damage): void {
  memory.set(bytes.subarray(0, field.size), field.at);
  if (!resealed || field.record === undefined) return;
  const [start, crcAt] = field.record;
  new DataView(memory.buffer, memory.byteOffset).setUint32(crcAt, crc32c(memory, start, crcAt), true);
}
