import { join } from "node:path";
import {
  array,
  bits,
  bytes,
  f64,
  SharedArray,
  SharedAtomics,
  SharedCounter,
  SharedRecord,
  struct,
  u32,
  u64,
  utf8,
  vector,
} from "famfs";
import { expect } from "vitest";
import { crc32c } from "../../lib/segment/crc32c.js";
import { Directory, Entry, EntryRecord } from "../../lib/segment/layout.js";
import { famfsNode } from "../support/cli.js";
import { joined, type TestSegment } from "../support/segment.js";

export const Quote = struct({
  id: u64,
  bid: f64,
  symbol: utf8(8),
  flags: bits("open", "halted"),
  sizes: vector(u32, 20),
  legs: array(struct({ price: f64 }), 2),
  raw: bytes(3),
});
export const QUOTE = {
  id: 2n ** 64n - 1n,
  bid: Number.NaN,
  symbol: "a\x1b[1m€",
  flags: { open: true, halted: false },
  sizes: new Uint32Array(20).fill(7),
  legs: [{ price: 1.5 }, { price: 2.5 }],
  raw: new Uint8Array([1, 2, 255]),
};

export const pathOf = ({ instance }: TestSegment) => join(instance.path, "segment");

/** What `inspect --json` prints, which must be all it prints. */
export async function inspected(path: string, ...args: string[]) {
  const { code, stdout, stderr } = await famfsNode(["inspect", "--json", path, ...args]);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
}

/** One of each kind, by a participant that stays. */
export async function filled(test: TestSegment) {
  const participant = await joined(test.segment, 0, "feed");
  const record = await SharedRecord.create(participant, "quote", { record: Quote, role: "writer" });
  record.write(QUOTE);
  record.write(QUOTE);
  const any = await SharedRecord.create(participant, "any", { record: struct({ x: f64 }), writers: "any" });
  any.write({ x: 4 }, { token: 6 });
  any.write({ x: 5 }, { token: 7 });
  const counter = await SharedCounter.create(participant, "orders");
  counter.add(40);
  const atomics = await SharedAtomics.create(participant, "cells", { element: u64, length: 20 });
  atomics.store(1, 2n ** 63n);
  const points = await SharedArray.create(participant, "points", { element: struct({ x: f64 }), length: 100 });
  points.set(1, { x: 3 });
  const { mapping } = test.segment.memory;
  mapping.writeBack(0, mapping.byteLength);
  return { participant, counter };
}

/** Stores into the directory's entry of a host. */
export function damageEntry(
  { segment }: TestSegment,
  index: number,
  change: (record: Uint8Array) => void,
  sealed = true,
) {
  const { mapping, layout } = segment.memory;
  const at = layout.partAt(0) + Directory.entries + index * Directory.entrySize + Entry.record;
  const record = mapping.bytes(at, Entry.recordSize);
  change(record);
  const data = new DataView(record.buffer, record.byteOffset);
  if (sealed) data.setUint32(EntryRecord.crc, crc32c(record, 0, EntryRecord.crc), true);
  mapping.writeBack(0, mapping.byteLength);
}
