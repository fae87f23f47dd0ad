import { readFileSync } from "node:fs";
import { leaveOut, stepsSeen } from "famfs/testing";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { SUITES } from "./suites.js";
import { SURVIVORS } from "./survivors.js";

const SEED = 1;

/** All steps that the library has, from the one list of their names. */
const STEPS = [
  ...(/names\[kSteps\] = \{([^}]*)\}/s
    .exec(readFileSync(new URL("../../src-native/site.cc", import.meta.url), "utf8"))?.[1]
    ?.matchAll(/"([^"]+)"/g) ?? []),
].map(([, name]) => name as string);

const found = new Map<string, string>();

afterEach(() => leaveOut(undefined));

describe("the suites", () => {
  const ran = new Set<string>();
  beforeAll(() => void stepsSeen());

  test.for(SUITES)("$name passes with all steps", async (suite) => {
    expect(await suite.run(SEED)).toBeUndefined();
    for (const name of stepsSeen()) ran.add(name.slice(name.lastIndexOf("/") + 1));
  });

  test("run every step there is", () => {
    expect(STEPS.length).toBeGreaterThan(20);
    expect([...ran].sort()).toEqual([...STEPS].sort());
  });
});

describe("without one step", () => {
  test.for(STEPS.filter((step) => !(step in SURVIVORS)))("%s, a suite breaks", async (step) => {
    found.set(step, (await killerOf(step)) ?? "SURVIVED");
    expect(found.get(step)).not.toBe("SURVIVED");
  });

  test.for(Object.entries(SURVIVORS))("%s survives: %s", async ([step, reason]) => {
    expect(STEPS).toContain(step);
    found.set(step, (await killerOf(step)) ?? `survived, as listed: ${reason}`);
    expect(found.get(step)).toMatch(/^survived/);
  });
});

async function killerOf(step: string): Promise<string | undefined> {
  leaveOut(`*/${step}`);
  for (const suite of SUITES) {
    const broken = await suite.run(SEED);
    if (broken !== undefined) return `${suite.name}: ${broken}`;
  }
  return undefined;
}

afterAll(() => {
  const lines = [...found].map(([step, by]) => `  ${step.padEnd(26)} ${by}`);
  const survivors = Object.keys(SURVIVORS).length;
  console.log([`mutation, seed ${SEED}: ${found.size} steps, ${survivors} listed survivors`, ...lines].join("\n"));
});
