import type { BenchCase } from "./case.js";
import { child } from "./measure.js";

async function milliseconds(script: string): Promise<number> {
  const start = performance.now();
  await child(script);
  return performance.now() - start;
}

/** Start to end of a process that imports the package and does nothing, against one that only starts. */
const importCost: BenchCase = {
  name: "import famfs",
  rounds: 31,
  prepare: () => ({ ours: () => milliseconds("import-famfs"), yardstick: () => milliseconds("empty") }),
};

export const cases: readonly BenchCase[] = [importCost];
