import { rm } from "node:fs/promises";
import { f64, i64Number, Segment, SharedMap, struct, u64Number, utf8, vector } from "famfs";
import type { BenchContext } from "./case.js";

/** A value of 64 bytes. */
export const Cargo = struct({ id: u64Number, parts: vector(f64, 7) });

/** Keys of one call of getMany. */
export const BATCH = 256;

/** Integers beyond 32 bits. */
export const keyOf = (index: number) => index * 8_589_934_597 + 5;

export const INTEGERS = { key: i64Number, value: Cargo } as const;
const STRINGS = { key: utf8(16), value: Cargo } as const;

export interface Sizes {
  readonly keys: number;
  readonly reads: number;
}

const sizesOf = ({ quick }: BenchContext): Sizes =>
  quick ? { keys: 10_000, reads: 10_000 } : { keys: 1_000_000, reads: 1_000_000 };

/** Which keys each side reads, in the same order, spread over all of them. */
function order({ keys, reads }: Sizes): number[] {
  let state = 1;
  return Array.from({ length: reads }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % keys;
  });
}

let made = 0;

/** A name that no other case uses. */
export const newName = (kind: string) => `${kind}-${made++}`;

/** A segment for a map, which is joined, and what is called to remove it. */
async function stage(context: BenchContext, bytesPerKey: number) {
  const sizes = sizesOf(context);
  const name = newName("map");
  const size = sizes.keys * bytesPerKey + (1 << 20);
  const segment = await Segment.create(context.scratch.instance, name, { size, hosts: 1, participantsPerHost: 2 });
  const participant = await segment.join({ name: "bench" });
  const end = async () => {
    await segment.close();
    await rm(context.scratch.path(name));
  };
  return { sizes, name, segment, participant, end };
}

/** Integers to values of 64 bytes. The role of the writer is free. */
export async function filledMap(context: BenchContext) {
  const { sizes, name, segment, participant, end } = await stage(context, 340);
  const options = { ...INTEGERS, capacity: sizes.keys, role: "writer" } as const;
  const writer = await SharedMap.create(participant, "map", options);
  for (let i = 0; i < sizes.keys; i++) {
    writer.draft.id = i;
    writer.set(keyOf(i));
  }
  writer.close();
  const map = SharedMap.open(segment, "map", INTEGERS);
  return { map, name, keys: Float64Array.from(order(sizes), keyOf), sizes, end };
}

export const stringOf = (index: number) => `key-${index}`;

/** The same with strings, such as "key-123456". */
export async function filledMapOfStrings(context: BenchContext) {
  const { sizes, segment, participant, end } = await stage(context, 400);
  const options = { ...STRINGS, capacity: sizes.keys, role: "writer" } as const;
  const writer = await SharedMap.create(participant, "map", options);
  for (let i = 0; i < sizes.keys; i++) {
    writer.draft.id = i;
    writer.set(stringOf(i));
  }
  writer.close();
  return { map: SharedMap.open(segment, "map", STRINGS), keys: order(sizes).map(stringOf), sizes, end };
}

export type Map64 = Awaited<ReturnType<typeof filledMap>>["map"];

/** Nanoseconds a key, one by one into one view. */
export function readAll(map: Map64, keys: Float64Array): number {
  const view = Cargo.view(new Uint8Array(Cargo.size));
  let found = 0;
  const start = process.hrtime.bigint();
  for (let i = 0; i < keys.length; i++) if (map.read(keys[i] as number, view)) found++;
  return perKey(start, keys, found);
}

export function getAll(map: Map64, keys: Float64Array): number {
  const out = new Uint8Array(BATCH * Cargo.size);
  const batch = new Float64Array(BATCH);
  let found = 0;
  const start = process.hrtime.bigint();
  for (let i = 0; i + BATCH <= keys.length; i += BATCH) {
    for (let k = 0; k < BATCH; k++) batch[k] = keys[i + k] as number;
    found += map.getMany(batch, out)[0] as number;
  }
  return perKey(start, keys, found * BATCH);
}

export function perKey(start: bigint, keys: { readonly length: number }, found: number): number {
  const nanoseconds = Number(process.hrtime.bigint() - start);
  if (found < keys.length - BATCH) throw new Error(`only ${found} of ${keys.length} keys were found`);
  return nanoseconds / keys.length;
}
