import { leaveOut, stepsSeen } from "famfs/testing";
import { afterAll, afterEach, expect, test } from "vitest";
import { runBakery } from "../segment/bakery-rounds.js";
import { runTwoHosts } from "../segment/two-hosts-rounds.js";

const out: string[] = [];
afterEach(() => leaveOut(undefined));
test("x", async () => {
  void stepsSeen();
  for (let seed = 1; seed < 6; seed++) expect(await runTwoHosts(seed)).toBeUndefined();
  const steps = stepsSeen().sort();
  for (const step of steps) {
    leaveOut(step);
    let broken: string | undefined;
    let seed = 0;
    const start = performance.now();
    while (broken === undefined && seed < 4) broken = await runTwoHosts(++seed);
    out.push(`${step}: ${broken} (seed ${seed}, ${Math.round(performance.now() - start)} ms)`);
    console.log(out.at(-1));
  }
}, 600_000);
