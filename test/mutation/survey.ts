import { leaveOut, stepsSeen } from "famfs/testing";
import { afterAll, afterEach, describe, expect, test } from "vitest";

/** Something that notices some of what is left out. */
export interface MutationRun {
  readonly name: string;
  /** With so many of them, from 1 on. */
  readonly seeds: number;
  /** On simulated memory of this process. @returns what broke; undefined where nothing did */
  run(seed: number): Promise<string | undefined>;
}

/** What is mutated, and who must notice. */
export interface Survey {
  readonly name: string;
  /** Whether a step that ran is one of those to leave out. */
  isOwn(step: string): boolean;
  /** All of them, where the list is short enough to be written down; else how many there are at least. */
  readonly steps?: readonly string[];
  readonly least?: number;
  readonly runs: readonly MutationRun[];
  /**
   * Steps that no run misses, each with the reason that the memory model allows: the rule that names the step, or why
   * leaving it out only delays.
   */
  readonly survivors: Readonly<Record<string, string>>;
}

/** The seeds of a listed survivor: that nothing notices takes all runs, and is worth no more. */
const SEEDS_OF_SURVIVORS = 1;

async function brokenBy({ runs }: Survey, most = Number.POSITIVE_INFINITY): Promise<string | undefined> {
  for (const { name, seeds, run } of runs) {
    for (let seed = 1; seed <= Math.min(seeds, most); seed++) {
      const broken = await run(seed);
      if (broken !== undefined) return `${name}, seed ${seed}: ${broken}`;
    }
  }
  return undefined;
}

/**
 * Leaves out every write-back, invalidate and fence that the runs come by, one at a time: a run breaks, or the step is a
 * listed survivor.
 */
export function surveyMutants(survey: Survey): void {
  const { name, steps, survivors, isOwn } = survey;
  const found = new Map<string, string>();

  afterEach(() => leaveOut(undefined));

  describe(name, () => {
    test("holds with all steps", async () => {
      stepsSeen();
      expect(await brokenBy(survey)).toBeUndefined();
      for (const step of stepsSeen().filter(isOwn)) found.set(step, "");
      expect(found.size).toBeGreaterThanOrEqual(survey.least ?? 1);
      if (steps !== undefined) expect([...found.keys()].sort()).toEqual([...steps].sort());
      expect(Object.keys(survivors).filter((step) => !found.has(step))).toEqual([]);
    });

    test("breaks without one of them, but for those that are listed", async () => {
      const wrong: string[] = [];
      for (const step of found.keys()) {
        leaveOut(step);
        const reason = survivors[step];
        const by = await brokenBy(survey, reason === undefined ? undefined : SEEDS_OF_SURVIVORS);
        found.set(step, by ?? `survived: ${reason ?? "NOT LISTED"}`);
        if (by === undefined && reason === undefined) wrong.push(`${step} survived`);
        if (by !== undefined && reason !== undefined) wrong.push(`${step} is listed, and missed: ${by}`);
      }
      expect(wrong).toEqual([]);
    });
  });

  afterAll(() => {
    const lines = [...found].map(([step, by]) => `  ${step.padEnd(42)} ${by.slice(0, 120)}`);
    console.log([`mutation of ${name}: ${found.size} steps`, ...lines].join("\n"));
  });
}
