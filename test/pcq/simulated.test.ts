import { leaveOut } from "famfs/testing";
import { afterEach, describe, expect, test } from "vitest";
import { torture } from "./torture.js";

afterEach(() => leaveOut(undefined));

describe("between simulated hosts", () => {
  test.each([
    { buckets: 2, bucketSize: 32 },
    { buckets: 3, bucketSize: 64 },
    { buckets: 5, bucketSize: 128 },
    { buckets: 9, bucketSize: 256 },
  ])(
    "$buckets buckets of $bucketSize bytes hand all messages over, at the first look, from any host to any",
    async (shape) => {
      for (let seed = 1; seed <= 3; seed++) {
        expect(await torture({ seed, calls: 600, moves: 50, ...shape }), `seed ${seed}`).toBeUndefined();
      }
    },
  );
});
