import { leaveOut, stepsSeen } from "famfs/testing";
import { afterEach, describe, expect, test } from "vitest";
import { runBakery } from "./bakery-rounds.js";

const ENTRIES = 300;

afterEach(() => leaveOut(undefined));

describe("the lock between simulated hosts", () => {
  test.each([1, 2, 3, 4, 5, 6])("lets one in at a time, and hands over what it guards, seed %i", async (seed) => {
    expect(await runBakery({ seed, entries: ENTRIES })).toBeUndefined();
  });

  test("needs each of its steps", async () => {
    void stepsSeen();
    await runBakery({ seed: 1, entries: 20 });
    const steps = stepsSeen().sort();
    const out: string[] = [];
    for (const step of steps) {
      leaveOut(step);
      let broken: string | undefined;
      let seed = 0;
      while (broken === undefined && seed < 20) broken = await runBakery({ seed: ++seed, entries: ENTRIES });
      out.push(`${step}: ${broken} (seed ${seed})`);
    }
    console.log(out.join("\n"));
  }, 300_000);
});
