import { describe, expect, test } from "vitest";
import type { Participant } from "../../lib/segment/participant.js";
import { type RolePlace, takeRole } from "../../lib/segment/role.js";
import { expectError } from "../support/errors.js";
import { REAL_MODES } from "../support/modes.js";
import { joined, SMALL, testSegment } from "../support/segment.js";

describe.each(REAL_MODES)("a role on %s memory", (mode) => {
  /** A role of host 0, in a line at the end of the segment. */
  async function role(perHost = SMALL.participantsPerHost) {
    const { segment } = await testSegment(mode, { participantsPerHost: perHost });
    const memory = segment.memory.mapping.window(SMALL.size - 128, 128);
    const place = { memory, offset: 0, host: 0, what: 'the writer of "prices"' } as unknown as RolePlace;
    return { segment, place, memory };
  }
  const take = (participant: unknown, place: RolePlace) => takeRole(participant as Participant, place);

  test("belongs to one participant at a time, of its host", async () => {
    const { segment, place } = await role();
    const [first, second, elsewhere] = [
      await joined(segment, 0, "first"),
      await joined(segment, 0, "second"),
      await joined(segment, 1, "third"),
    ];
    const taken = take(first, place);
    expect(taken.inherited).toBe(false);
    await expectError("ERR_FAMFS_ROLE_TAKEN", () => take(second, place), '"first"', '"prices"');
    await expectError("ERR_FAMFS_ROLE_TAKEN", () => take(first, place));
    await expectError("ERR_FAMFS_ROLE_ELSEWHERE", () => take(elsewhere, place), "host 0", "host 1");
    taken.release();
    taken.release();
    expect(take(second, place).inherited).toBe(false);
  });

  test("is inherited from who left without giving it back, also by its successor in the slot", async () => {
    const { segment, place } = await role(1);
    const first = await joined(segment);
    take(first, place);
    await first.leave();
    await expectError("ERR_FAMFS_CLOSED", () => take(first, place));
    const successor = await joined(segment);
    expect(successor).toMatchObject({ slot: 0, incarnation: 2 });
    expect(take(successor, place).inherited).toBe(true);
  });

  test("whose word is damaged is an error", async () => {
    const { segment, place, memory } = await role();
    memory.bytes().fill(0x0f, 0, 7);
    memory.writeBack(0, 8);
    const participant = await joined(segment);
    await expectError("ERR_FAMFS_CORRUPT", () => take(participant, place));
  });
});
