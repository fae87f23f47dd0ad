import type { BenchCase } from "./case.js";
import { nanoseconds, type Repetition, yardstick } from "./measure.js";

/** Mapping and closing, nothing touched: what the library adds to two system calls, whatever the size. */
function mapAndClose(gibibytes: number): BenchCase {
  return {
    name: `map and close ${gibibytes} GiB`,
    rounds: 21,
    async prepare({ quick, scratch }) {
      const length = gibibytes * 2 ** 30;
      const file = await scratch.sparse("map", length);
      const repetition: Repetition = { samples: quick ? 10 : 50, batch: 100 };
      const { samples, batch } = repetition;
      const cycle = () => file.map().close();
      await nanoseconds(cycle, repetition);
      return {
        ours: async () => (await nanoseconds(cycle, repetition)).median / 1000,
        yardstick: async () =>
          ((await yardstick("map_cycle", [file.path, length, samples, batch]))["ns"] as number) / 1000,
        end: () => scratch.remove(file),
      };
    },
  };
}

/** The part of it that keeps the table of mappings, by the library's own code. */
const register: BenchCase = {
  name: "register a mapping among 1,000",
  rounds: 11,
  prepare: ({ quick }) => ({
    ours: async () => (await yardstick("register", [1000, quick ? 20 : 100, 1000]))["ns"] as number,
  }),
};

export const cases: readonly BenchCase[] = [mapAndClose(1), mapAndClose(64), register];
