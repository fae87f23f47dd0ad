import { readFileSync } from "node:fs";
import type { BenchCase, BenchContext } from "./case.js";
import { filledMap, readAll } from "./filled-map.js";
import { background } from "./measure.js";

/** This process reads; the other one sets each key's value again and again. */
const besideWriter: BenchCase = {
  name: "shared map, read beside a writer",
  rounds: 9,
  async prepare(context) {
    const { map, name, keys, sizes, end } = await filledMap(context);
    const alone = () => readAll(map, keys);
    alone();
    return {
      async ours() {
        const writer = await background("map", ["write", context.scratch.instance.path, name, sizes.keys]);
        const ns = alone();
        await writer.stop();
        return ns;
      },
      yardstick: alone,
      end,
    };
  },
};

/** KiB that no other process has mapped. */
function privateMemory(pid: number): number {
  const lines = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8").matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB$/gm);
  return Array.from(lines, ([, kib]) => Number(kib)).reduce((sum, kib) => sum + kib, 0);
}

/** MiB of the mean of so many processes that are there at once, each of which read so many keys. */
async function privateMemoryOf(processes: number, { scratch }: BenchContext, name: string, keys: number) {
  const args = ["read", scratch.instance.path, name, keys];
  const start = () => background("map", args, ["--expose-gc"]);
  const all = await Promise.all(Array.from({ length: processes }, start));
  const sum = all.reduce((total, { pid }) => total + privateMemory(pid), 0);
  await Promise.all(all.map((one) => one.stop()));
  return sum / processes / 1024;
}

/** Beside what a process has that opened the segment and read nothing. The pages of the map are mapped here, too. */
const privateOfEight: BenchCase = {
  name: "shared map, private memory of 8 processes",
  rounds: 5,
  async prepare(context) {
    const { name, sizes, end } = await filledMap(context);
    const growth = async (processes: number) => {
      const idle = await privateMemoryOf(1, context, name, 0);
      return (await privateMemoryOf(processes, context, name, sizes.keys)) - idle;
    };
    return { ours: () => growth(8), yardstick: () => growth(1), end };
  },
};

export const cases: readonly BenchCase[] = [besideWriter, privateOfEight];
