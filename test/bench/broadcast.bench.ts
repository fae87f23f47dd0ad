import type { BenchCase, BenchContext } from "./case.js";
import { child, yardstick } from "./measure.js";

const RUNS = { "one by one": 1, "runs of 64": 64 } as const;
const MODES = ["coherent", "incoherent"] as const;

/** Nanoseconds of a message of 64 bytes, written or read by one process that does both in turns. */
function alone(which: "write" | "read", mode: (typeof MODES)[number], form: keyof typeof RUNS): BenchCase {
  return {
    name: `broadcast ${which}, ${mode}, ${form}`,
    rounds: 9,
    async prepare({ quick, scratch }) {
      const laps = quick ? 50 : 1000;
      const file = await scratch.create(`broadcast-${which}-${mode}-${RUNS[form]}`, 1 << 18);
      return {
        ours: async () => {
          const printed = await child("broadcast", ["alone", mode, RUNS[form], laps]);
          return (JSON.parse(printed) as Record<typeof which, number>)[which];
        },
        yardstick: async () => (await yardstick("broadcast", [file.path, mode, RUNS[form], laps]))[which] as number,
        end: () => scratch.remove(file),
      };
    },
  };
}

let files = 0;

/** Nanoseconds of the writer's CPU time for a message, beside so many readers that read as fast as they can. */
async function beside(readers: number, { quick, scratch }: BenchContext): Promise<number> {
  const where = [scratch.instance.path, `broadcast-readers-${files++}`, quick ? 100_000 : 5_000_000];
  const all = ["writer", ...Array.from({ length: readers }, () => "reader")];
  return Number((await Promise.all(all.map((role) => child("broadcast", [role, ...where]))))[0]);
}

export const cases: readonly BenchCase[] = [
  ...MODES.flatMap((mode) =>
    (Object.keys(RUNS) as (keyof typeof RUNS)[]).flatMap((form) => [
      alone("write", mode, form),
      alone("read", mode, form),
    ]),
  ),
  {
    name: "broadcast write beside 4 readers",
    rounds: 7,
    prepare: (context) => ({ ours: () => beside(4, context), yardstick: () => beside(1, context) }),
  },
];
