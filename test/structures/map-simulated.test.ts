import { describe, expect, test } from "vitest";
import { seededRandom } from "../support/seed.js";
import { runMap } from "./map-rounds.js";

const next = seededRandom("maps on simulated memory");
const seeds = (count: number) => Array.from({ length: count }, () => 1 + Math.floor(next() * 2 ** 31));

describe("a map between simulated hosts, the writer killed again and again", () => {
  test.each(seeds(2))("has whole values of the right keys, in one line with their word, seed %i", async (seed) => {
    expect(await runMap({ seed, changes: 1500, words: 2, keySize: 0 })).toBeUndefined();
  });

  test.each(seeds(2))("has whole values of the right keys, over several lines, seed %i", async (seed) => {
    expect(await runMap({ seed, changes: 1500, words: 40, keySize: 0 })).toBeUndefined();
  });

  test.each(seeds(2))("has whole values of the right keys, these of several lines too, seed %i", async (seed) => {
    expect(await runMap({ seed, changes: 1500, words: 40, keySize: 100 })).toBeUndefined();
  });
});
