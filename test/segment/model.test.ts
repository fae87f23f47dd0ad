import { describe, expect, test } from "vitest";
import { named } from "../support/requirements.js";
import { check, noSpin } from "../support/spin.js";

const MODEL = "lib/segment/bakery.pml";
const options = { skip: noSpin !== undefined, timeout: 120_000 };

describe("the model of the segment's lock", () => {
  test(
    named("two participants that are slow, fenced or die never both have a structure ready", noSpin),
    options,
    () => {
      const { violated, states } = check(MODEL, ["N=2"]);
      expect(violated).toBeUndefined();
      expect(states).toBeGreaterThan(20_000);
    },
  );

  test(named("three participants are never inside together", noSpin), options, () => {
    const { violated, states } = check(MODEL, ["N=3", "MUTEX"]);
    expect(violated).toBeUndefined();
    expect(states).toBeGreaterThan(50_000);
  });

  test.each([
    ["the fence after a publish", ["NO_FENCE"], "ready"],
    ["the state in which a ticket is chosen", ["NO_CHOOSING", "MUTEX"], "inside"],
    ["the revocation of who is passed over", ["NO_REVOCATION"], "ready"],
    ["the order of publishing, then looking for a revocation", ["CHECK_FIRST"], "ready"],
    ["the write-back before a mark of death", ["NO_FLUSH"], "ready"],
  ] as const)(named("finds what goes wrong without %s", noSpin), options, (_, defines, broken) => {
    expect(check(MODEL, ["N=2", ...defines]).violated).toContain(broken);
  });
});
