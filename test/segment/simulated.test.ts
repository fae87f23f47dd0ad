import { describe, expect, test } from "vitest";
import { seededRandom } from "../support/seed.js";
import { runFormat } from "./format-rounds.js";
import { runMaking } from "./make-rounds.js";
import { runTwoHosts } from "./two-hosts-rounds.js";

const next = seededRandom("segments on simulated memory");
const seeds = (count: number) => Array.from({ length: count }, () => 1 + Math.floor(next() * 2 ** 31));

describe("between simulated hosts", () => {
  test.each(seeds(20))("whoever opens a segment while it is made sees none, or all of it, seed %i", async (seed) => {
    expect(await runFormat(seed)).toBeUndefined();
  });

  test.each(seeds(10))(
    "whoever looks for a structure while it is made sees none, or all of it, seed %i",
    async (seed) => {
      expect(await runMaking(seed)).toBeUndefined();
    },
  );

  test.each(seeds(4))("two see what each other do, seed %i", async (seed) => {
    expect(await runTwoHosts(seed)).toBeUndefined();
  });
});
