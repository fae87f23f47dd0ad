import type { BenchCase, BenchContext } from "./case.js";
import { nanoseconds, yardstick } from "./measure.js";

type Sum = (values: Float32Array) => number;

function sum(values: Float32Array): number {
  let total = 0;
  const count = values.length;
  for (let i = 0; i < count; i++) total += values[i] as number;
  return total;
}

/** The same additions in the same order, with a quarter of the loop's own work. */
function sumByFours(values: Float32Array): number {
  let total = 0;
  const count = values.length;
  for (let i = 0; i < count; i += 4) {
    total += values[i] as number;
    total += values[i + 1] as number;
    total += values[i + 2] as number;
    total += values[i + 3] as number;
  }
  return total;
}

/** A copy of a function with type feedback and machine code of its own. */
function copyOf(loop: Sum): Sum {
  return new Function(`return ${loop}`)() as Sum;
}

/** The fastest of a few passes in ms: whoever shares the core slows both sides down, but by different factors. */
async function fastest(loop: Sum, values: Float32Array, expected: number, samples: number): Promise<number> {
  const task = () => {
    if (loop(values) !== expected) throw new Error("the sum changed");
  };
  return (await nanoseconds(task, { samples, batch: 1 })).fastest / 1e6;
}

async function makeTable({ quick, scratch }: BenchContext) {
  const file = await scratch.create("sum", (quick ? 16 : 256) * 2 ** 20);
  const mapping = file.map();
  const values = mapping.view(Float32Array);
  for (let i = 0; i < values.length; i++) values[i] = (i % 1000) / 8;
  const end = () => {
    mapping.close();
    return scratch.remove(file);
  };
  return { file, values, expected: sum(values), samples: quick ? 3 : 5, end };
}

/** Reading a table through a view, against the same loop in C over the same file. */
function againstC(name: string, program: string, loop: Sum): BenchCase {
  return {
    name,
    rounds: 15,
    async prepare(context) {
      const { file, values, expected, samples, end } = await makeTable(context);
      return {
        ours: () => fastest(loop, values, expected, samples),
        yardstick: async () => {
          const figures = await yardstick(program, [file.path, file.size, samples]);
          if (figures["sum"] !== expected) throw new Error(`C says ${figures["sum"]}, JavaScript ${expected}`);
          return (figures["ns"] as number) / 1e6;
        },
        end,
      };
    },
  };
}

/** The same JavaScript over the mapping and over an ArrayBuffer of Node's own. */
const againstOrdinary: BenchCase = {
  name: "sum 256 MiB, mapped or not",
  rounds: 15,
  async prepare(context) {
    const { values, expected, samples, end } = await makeTable(context);
    const ordinary = values.slice();
    const [mapped, plain] = [copyOf(sum), copyOf(sum)];
    return {
      ours: () => fastest(mapped, values, expected, samples),
      yardstick: () => fastest(plain, ordinary, expected, samples),
      end,
    };
  },
};

export const cases: readonly BenchCase[] = [
  againstC("sum 256 MiB of float32", "sum", copyOf(sum)),
  againstC("sum 256 MiB of float32, by fours", "sum_by_fours", copyOf(sumByFours)),
  againstOrdinary,
];
