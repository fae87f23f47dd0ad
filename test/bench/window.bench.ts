import type { BenchCase } from "./case.js";
import { child, yardstickPath } from "./measure.js";

const GIB = 2 ** 30;

/** What a child of children/cycles.ts reports of 1,000 cycles. */
interface CycleFigures {
  readonly collections: number;
  readonly memory: number;
  readonly maps: number;
  readonly descriptors: number;
}

/** 1,000 times: map 1 GiB, read 4 KiB through a window, close. Each figure is taken in a Node process of its own. */
function cycles(name: string, figure: keyof CycleFigures, withYardstick: boolean): BenchCase {
  return {
    name,
    rounds: 7,
    async prepare({ scratch }) {
      const file = await scratch.sparse("cycles", GIB);
      const measure = async (mode: "mapped" | "plain") => {
        const figures = JSON.parse(
          await child("cycles", [mode, scratch.instance.path], ["--expose-gc"]),
        ) as CycleFigures;
        return figures[figure];
      };
      return {
        ours: () => measure("mapped"),
        ...(withYardstick && { yardstick: () => measure("plain") }),
        end: () => scratch.remove(file),
      };
    },
  };
}

/** One ArrayBuffer over 1 GiB costs what the engine makes of it; the library must add nothing. */
const wholeBuffer: BenchCase = {
  name: "1 GiB as one ArrayBuffer",
  rounds: 15,
  async prepare({ quick, scratch }) {
    const file = await scratch.sparse("whole", GIB);
    const count = quick ? 100 : 200;
    const measure = async (mode: "ours" | "bare") => {
      const args = [mode, scratch.instance.path, count, yardstickPath("bare_buffer.node")];
      return Number(await child("whole-buffer", args));
    };
    return { ours: () => measure("ours"), yardstick: () => measure("bare"), end: () => scratch.remove(file) };
  },
};

export const cases: readonly BenchCase[] = [
  cycles("collections, 1,000 windows", "collections", true),
  cycles("memory growth, 1,000 windows", "memory", true),
  cycles("maps growth, 1,000 windows", "maps", false),
  cycles("descriptors growth, 1,000 windows", "descriptors", false),
  wholeBuffer,
];
