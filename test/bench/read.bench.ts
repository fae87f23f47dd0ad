import type { BenchCase } from "./case.js";
import { nanoseconds, yardstick } from "./measure.js";

function sum(values: Float32Array): number {
  let total = 0;
  const count = values.length;
  for (let i = 0; i < count; i++) total += values[i] as number;
  return total;
}

/**
 * Reading a table through a view, against C over the same mapping. A figure is the fastest of a few passes on both
 * sides: another machine on the same core slows the two loops down by different factors.
 */
const sumFloats: BenchCase = {
  name: "sum 256 MiB of float32",
  rounds: 15,
  async prepare({ quick, scratch }) {
    const length = (quick ? 16 : 256) * 2 ** 20;
    const samples = quick ? 3 : 5;
    const file = await scratch.create("sum", length);
    const mapping = file.map();
    const values = mapping.view(Float32Array);
    for (let i = 0; i < values.length; i++) values[i] = (i % 1000) / 8;
    const expected = sum(values);
    const task = () => {
      if (sum(values) !== expected) throw new Error("the sum changed");
    };
    return {
      ours: async () => (await nanoseconds(task, { samples, batch: 1 })).fastest / 1e6,
      yardstick: async () => {
        const figures = await yardstick("sum", [file.path, length, samples]);
        if (figures["sum"] !== expected) throw new Error(`C says ${figures["sum"]}, JavaScript ${expected}`);
        return (figures["ns"] as number) / 1e6;
      },
      end: async () => {
        mapping.close();
        await scratch.remove(file);
      },
    };
  },
};

export const cases: readonly BenchCase[] = [sumFloats];
