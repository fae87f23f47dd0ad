import { open as openLmdb, type RootDatabase } from "lmdb";
import type { BenchCase, BenchContext } from "./case.js";
import {
  Cargo,
  filledMap,
  filledMapOfStrings,
  getAll,
  keyOf,
  newName,
  perKey,
  readAll,
  stringOf,
} from "./filled-map.js";

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

/** As its own documentation has it for the fastest reads of bytes. */
async function filledLmdb<K extends number | string>(context: BenchContext, keys: number, key: (index: number) => K) {
  const path = context.scratch.path(newName("lmdb"));
  const rival = openLmdb<Buffer, K>({ path, encoding: "binary", mapSize: 1 << 30 });
  const value = Buffer.alloc(Cargo.size);
  for (let from = 0; from < keys; from += 10_000)
    await rival.transaction(() => {
      for (let i = from; i < Math.min(from + 10_000, keys); i++) {
        value.writeUInt32LE(i, 0);
        rival.put(key(i), value);
      }
    });
  return rival;
}

function readLmdb<K extends number | string>(rival: RootDatabase<Buffer, K>, keys: ArrayLike<K>): number {
  let found = 0;
  const start = process.hrtime.bigint();
  for (let i = 0; i < keys.length; i++) if (rival.getBinaryFast(keys[i] as K) !== undefined) found++;
  return perKey(start, keys, found);
}

const againstLmdb: BenchCase = {
  name: "shared map, read, against lmdb",
  rounds: 7,
  async prepare(context) {
    const { map, keys, sizes, end } = await filledMap(context);
    const rival = await filledLmdb(context, sizes.keys, keyOf);
    return {
      ours: () => readAll(map, keys),
      yardstick: () => readLmdb(rival, keys),
      async end() {
        await rival.close();
        await end();
      },
    };
  },
};

const stringsAgainstLmdb: BenchCase = {
  name: "shared map, read of strings, against lmdb",
  rounds: 7,
  async prepare(context) {
    const { map, keys, sizes, end } = await filledMapOfStrings(context);
    const rival = await filledLmdb(context, sizes.keys, stringOf);
    const view = Cargo.view(new Uint8Array(Cargo.size));
    const ours = () => {
      let found = 0;
      const start = process.hrtime.bigint();
      for (let i = 0; i < keys.length; i++) if (map.read(keys[i] as string, view)) found++;
      return perKey(start, keys, found);
    };
    return {
      ours,
      yardstick: () => readLmdb(rival, keys),
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

export const cases: readonly BenchCase[] = [againstJavaScript, againstLmdb, stringsAgainstLmdb, manyAgainstOne];
