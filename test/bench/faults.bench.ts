import { truncateSync } from "node:fs";
import type { FamfsFile, Mapping } from "famfs";
import type { BenchCase } from "./case.js";
import { child } from "./measure.js";

const PAGE = 4096;
const MAPPINGS = 1000;

/** A thousand mappings of a file whose second page is gone. */
function mapTruncated(file: FamfsFile): { mappings: Mapping[]; views: Uint8Array[] } {
  const mappings = Array.from({ length: MAPPINGS }, () => file.map());
  const views = mappings.map((mapping) => mapping.bytes());
  truncateSync(file.path, PAGE);
  return { mappings, views };
}

/** Microseconds of each first read behind the end, one a mapping, all of them registered. */
function faultAll(views: readonly Uint8Array[]): number[] {
  return views.map((view) => {
    const start = process.hrtime.bigint();
    const byte = view[PAGE];
    const end = process.hrtime.bigint();
    if (byte !== 0) throw new Error("no fault happened");
    return Number(end - start) / 1000;
  });
}

/** One fault: the signal, its way through the table, and the anonymous pages. */
const oneFault: BenchCase = {
  name: "one fault among 1,000 mappings",
  rounds: 11,
  prepare: ({ scratch }) => ({
    async ours() {
      const file = await scratch.create("faults", 2 * PAGE);
      const { mappings, views } = mapTruncated(file);
      const samples = faultAll(views).sort((a, b) => a - b);
      if (mappings.some((mapping) => mapping.failure === undefined)) throw new Error("a mapping did not fail");
      for (const mapping of mappings) mapping.close();
      await scratch.remove(file);
      return samples[MAPPINGS / 2] as number;
    },
  }),
};

/** An element read or written through a view, in a process with the guard and in one without. */
function underGuard(access: "read" | "write"): BenchCase {
  const side = async (guard: boolean) =>
    (JSON.parse(await child("fault-guard", [String(guard)])) as Record<typeof access, number>)[access];
  return {
    name: `${access}s under the fault guard`,
    rounds: 11,
    prepare: () => ({ ours: () => side(true), yardstick: () => side(false) }),
  };
}

export const cases: readonly BenchCase[] = [oneFault, underGuard("read"), underGuard("write")];
