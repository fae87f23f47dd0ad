import { describe, expect, test } from "vitest";
import { named } from "../support/requirements.js";
import { check, noSpin } from "../support/spin.js";

const LOCK = "lib/segment/bakery.pml";
const INDEX = "lib/segment/take-host.pml";
const SLOT = "lib/segment/slot.pml";
const options = { skip: noSpin !== undefined, timeout: 120_000 };

describe("the model of the segment's lock", () => {
  test(
    named("two participants that are slow, fenced or die never both have a structure ready", noSpin),
    options,
    () => {
      const { violated, states } = check(LOCK, ["N=2"]);
      expect(violated).toBeUndefined();
      expect(states).toBeGreaterThan(20_000);
    },
  );

  test(named("three participants are never inside together", noSpin), options, () => {
    const { violated, states } = check(LOCK, ["N=3", "MUTEX"]);
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
    expect(check(LOCK, ["N=2", ...defines]).violated).toContain(broken);
  });
});

describe("the model of who gets the index of a host", () => {
  test(
    named("two machines never both have it, where each is through within a heartbeat of the other", noSpin),
    options,
    () => {
      const { violated, states } = check(INDEX, [], 1);
      expect(violated).toBeUndefined();
      expect(states).toBeGreaterThan(500_000);
    },
  );

  test.each([
    ["the wait before the look at who has it", ["NO_WAIT"], "member"],
    ["that look", ["NO_CONFIRM"], "member"],
    ["that look by a process whose predecessor died before it", ["CONFIRM_ONCE"], "countOf"],
    ["the write-back of the claim", ["NO_CLAIM_FENCE"], "member"],
    ["another boot count after a restart", ["NO_COUNT"], "countOf"],
    ["a comparison of machines", ["ANY_MACHINE"], "member"],
  ] as const)(named("finds what goes wrong without %s", noSpin), options, (_, defines, broken) => {
    expect(check(INDEX, defines).violated).toContain(broken);
  });
});

describe("the model of a slot for participants", () => {
  test.each([
    ["two processes of a host, one of which dies", []],
    ["a host that restarts", ["RESTART"]],
  ] as const)(
    named("%s: one has it at a time, under an incarnation of its own, and is known dead only then", noSpin),
    options,
    (_, defines) => {
      const { violated, states } = check(SLOT, defines, 1);
      expect(violated).toBeUndefined();
      expect(states).toBeGreaterThan(200_000);
    },
  );

  test.each([
    ["the slot's lock", ["NO_LOCK"], "given"],
    ["another incarnation each time", ["NO_INCARNATION"], "given"],
    ["the write-back of a claim", ["NO_FENCE", "RESTART"], "given"],
    ["the order of the boot count, then the claim with it", ["LATE_COUNT", "RESTART"], "seen"],
    ["the order of a look at the claim, then at its lock", ["LOCK_FIRST"], "seen"],
    ["a comparison when somebody is marked dead", ["MARK_BLINDLY"], "seen"],
    ["the order of a look at the claim, then at the boot count", ["COUNT_FIRST", "RESTART"], "seen"],
  ] as const)(named("finds what goes wrong without %s", noSpin), options, (_, defines, broken) => {
    expect(check(SLOT, defines).violated).toContain(broken);
  });
});
