import { f64, i64Number, Segment, SharedMap, struct, u64Number, vector } from "famfs";
import { open as openLmdb } from "lmdb";
import type { BenchCase, BenchContext } from "./case.js";

/** A value of 64 bytes. */
const Cargo = struct({ id: u64Number, parts: vector(f64, 7) });

/** Keys of one call of getMany. */
const BATCH = 256;

/** Integers beyond 32 bits. */
const keyOf = (index: number) => index * 8_589_934_597 + 5;

interface Sizes {
  readonly keys: number;
  readonly reads: number;
}

const sizesOf = ({ quick }: BenchContext): Sizes =>
  quick ? { keys: 10_000, reads: 10_000 } : { keys: 1_000_000, reads: 1_000_000 };

/** The same keys in the same order for each side, spread over all of them. */
function order({ keys, reads }: Sizes): Float64Array {
  let state = 1;
  return Float64Array.from({ length: reads }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return keyOf(state % keys);
  });
}

let made = 0;

async function filledMap(context: BenchContext) {
  const sizes = sizesOf(context);
  const name = `map-${made++}`;
  const size = sizes.keys * 340 + (1 << 20);
  const segment = await Segment.create(context.scratch.instance, name, { size, hosts: 1, participantsPerHost: 2 });
  const participant = await segment.join({ name: "bench" });
  const options = { key: i64Number, value: Cargo } as const;
  const writer = await SharedMap.create(participant, "map", { ...options, capacity: sizes.keys, role: "writer" });
  for (let i = 0; i < sizes.keys; i++) {
    writer.draft.id = i;
    writer.set(keyOf(i));
  }
  const map = SharedMap.open(segment, "map", options);
  return { map, keys: order(sizes), sizes, end: () => segment.close() };
}

type Map64 = Awaited<ReturnType<typeof filledMap>>["map"];

/** Nanoseconds a key, one by one into one view. */
function readAll(map: Map64, keys: Float64Array): number {
  const view = Cargo.view(new Uint8Array(Cargo.size));
  let found = 0;
  const start = process.hrtime.bigint();
  for (let i = 0; i < keys.length; i++) if (map.read(keys[i] as number, view)) found++;
  return perKey(start, keys, found);
}

function getAll(map: Map64, keys: Float64Array): number {
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

function perKey(start: bigint, keys: Float64Array, found: number): number {
  const nanoseconds = Number(process.hrtime.bigint() - start);
  if (found < keys.length - BATCH) throw new Error(`only ${found} of ${keys.length} keys were found`);
  return nanoseconds / keys.length;
}

const againstJavaScript: BenchCase = {
  name: "shared map, read among 1 M integers",
  rounds: 7,
  async prepare(context) {
    const { map, keys, sizes, end } = await filledMap(context);
    const rival = new Map<number, { id: number; parts: Float64Array }>();
    for (let i = 0; i < sizes.keys; i++) rival.set(keyOf(i), { id: i, parts: new Float64Array(7) });
    const yardstick = () => {
      let [found, sum] = [0, 0];
      const start = process.hrtime.bigint();
      for (let i = 0; i < keys.length; i++) {
        const value = rival.get(keys[i] as number);
        if (value === undefined) continue;
        found++;
        sum += value.id;
      }
      if (sum < 0) throw new Error("the sum of ids is negative");
      return perKey(start, keys, found);
    };
    return { ours: () => readAll(map, keys), yardstick, end };
  },
};

const againstLmdb: BenchCase = {
  name: "shared map, read, against lmdb",
  rounds: 7,
  async prepare(context) {
    const { map, keys, sizes, end } = await filledMap(context);
    // As its own documentation has it for the fastest reads of bytes.
    const path = `${context.scratch.instance.path}/lmdb-${made++}`;
    const rival = openLmdb({ path, encoding: "binary", mapSize: 1 << 30 });
    const value = Buffer.alloc(Cargo.size);
    for (let from = 0; from < sizes.keys; from += 10_000)
      await rival.transaction(() => {
        for (let i = from; i < Math.min(from + 10_000, sizes.keys); i++) {
          value.writeUInt32LE(i, 0);
          rival.put(keyOf(i), value);
        }
      });
    const yardstick = () => {
      let found = 0;
      const start = process.hrtime.bigint();
      for (let i = 0; i < keys.length; i++) if (rival.getBinaryFast(keys[i] as number) !== undefined) found++;
      return perKey(start, keys, found);
    };
    return {
      ours: () => readAll(map, keys),
      yardstick,
      async end() {
        await rival.close();
        await end();
      },
    };
  },
};

const manyAgainstOne: BenchCase = {
  name: "shared map, getMany of 256 integers",
  rounds: 7,
  async prepare(context) {
    const { map, keys, end } = await filledMap(context);
    return { ours: () => getAll(map, keys), yardstick: () => readAll(map, keys), end };
  },
};

export const cases: readonly BenchCase[] = [againstJavaScript, againstLmdb, manyAgainstOne];
