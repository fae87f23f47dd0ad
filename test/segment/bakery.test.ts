import { describe, expect, test } from "vitest";
import { runBakery } from "./bakery-rounds.js";

const ENTRIES = 300;

describe("the lock between simulated hosts", () => {
  test.each([1, 2, 3, 4, 5, 6])("lets one in at a time, and hands over what it guards, seed %i", async (seed) => {
    expect(await runBakery({ seed, entries: ENTRIES })).toBeUndefined();
  });
});
