import { describe, expect, test } from "vitest";
import { named } from "../support/requirements.js";
import { check, noSpin } from "../support/spin.js";

const LANE = "lib/structures/record/lane.pml";
const COUNTER = "lib/structures/counter/counter.pml";
const MUTEX = "lib/structures/mutex/mutex.pml";
const options = { skip: noSpin !== undefined, timeout: 120_000 };

describe("the model of a record's lane", () => {
  test.each([
    ["on another host than the writer", []],
    ["on the writer's host", ["READERS_HOST=0", "READS=1"]],
  ] as const)(
    named("a reader %s sees whole versions, the newest one, also after the writer's death", noSpin),
    options,
    (_, defines) => {
      const { violated, states } = check(LANE, defines, 1);
      expect(violated).toBeUndefined();
      expect(states).toBeGreaterThan(100_000);
    },
  );

  test.each([
    ["the odd mark", ["NO_ODD"], "a==b"],
    ["the fence after the odd mark", ["NO_ODD_FENCE"], "a==b"],
    ["the fence after the bytes", ["NO_BYTES_FENCE"], "a==b"],
    ["the fence after the slot's word", ["NO_WORD_FENCE"], "alone"],
    ["the fence after the selector", ["NO_SELECTOR_FENCE"], "least"],
    ["a mark of what a predecessor had nearly written", ["NO_TAKE_OVER"], "version"],
    ["a successor on the same host", ["OTHER_HOST"], "a==b"],
    ["a second slot", ["ONE_SLOT"], "alone"],
    ["the fetch of the bytes", ["NO_FETCH"], "a==b"],
    ["the order of the selector, then the fetch", ["FETCH_EARLY"], "a==b"],
    ["a look at the slot's word", ["NO_LOOK"], "alone"],
    ["a fetch of the selector", ["OLD_SELECTOR"], "least"],
  ] as const)(named("finds what goes wrong without %s", noSpin), options, (_, defines, broken) => {
    expect(check(LANE, defines).violated).toContain(broken);
  });
});

describe("the model of a counter", () => {
  test(
    named("a value is of whole amounts, all that had returned among them, and a death loses none", noSpin),
    options,
    () => {
      const { violated, states } = check(COUNTER, []);
      expect(violated).toBeUndefined();
      expect(states).toBeGreaterThan(100_000);
    },
  );

  test.each([
    ["the fence after an addition", ["NO_FENCE"], "addedBefore"],
    ["a look at what the predecessor left", ["NO_OBSERVE"], "added"],
    ["a successor on the same host", ["OTHER_HOST"], "added"],
    ["a line for each lane", ["ONE_LINE"], "added"],
    ["a fetch of the lanes", ["OLD_LANES"], "addedBefore"],
    ["the order of what was subtracted, then what was added", ["ADDED_FIRST"], "value>=0"],
  ] as const)(named("finds what goes wrong without %s", noSpin), options, (_, defines, broken) => {
    expect(check(COUNTER, defines).violated).toContain(broken);
  });
});

describe("the model of what a mutex guards", () => {
  test(
    named("who enters finds all changes whole, or that an owner died, of whom nothing comes later", noSpin),
    options,
    () => {
      const { violated, states } = check(MUTEX, []);
      expect(violated).toBeUndefined();
      expect(states).toBeGreaterThan(30_000);
    },
  );

  test.each([
    ["the invalidate on entry", ["NO_INVALIDATE"], "truth"],
    ["the write-back on exit", ["NO_WRITE_BACK"], "truth"],
    ["the hold in memory before the first store", ["LATE_HOLD"], "truth"],
    ["the fence after the release", ["NO_RELEASE_FENCE"], "tokens"],
    ["the flush of what a dead owner guarded", ["NO_FLUSH"], "truth"],
    ["the flush of the hold", ["NO_HOLD_FLUSH"], "tokens"],
    ["what is guarded recorded before the first store", ["LATE_RECORD"], "truth"],
  ] as const)(named("finds what goes wrong without %s", noSpin), options, (_, defines, broken) => {
    expect(check(MUTEX, defines).violated).toContain(broken);
  });
});
