import { atFailPoint } from "famfs/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { HostBlock } from "../../lib/segment/host.js";
import type { SegmentMemory } from "../../lib/segment/memory.js";
import { expectError } from "../support/errors.js";
import { MODES } from "../support/modes.js";
import { joined, testSegment } from "../support/segment.js";

/** Places where who joins may die, in the order in which it comes by. */
const FAIL_POINTS = [
  "segment.host.claimed",
  "segment.host.published",
  "segment.slot.claimed",
  "segment.identity.publish",
] as const;

describe.each(MODES)("who is killed while joining on %s memory", (mode) => {
  test.each(FAIL_POINTS)("at %s leaves a host and a slot that the next one gets", async (point) => {
    const { segment, peer, reopen } = await testSegment(mode);
    const victim = peer(
      `atFailPoint("${point}", () => process.kill(process.pid, "SIGKILL"));
       await segment.join({ host: 1, lease: 400 });`,
      { host: 1, join: false },
    );
    expect((await victim.ended).signal).toBe("SIGKILL");
    expect(segment.participants().every(({ standing }) => standing !== "silent")).toBe(true);
    const next = await joined(await reopen(1), 1, "next");
    const hadSlot = FAIL_POINTS.indexOf(point) >= FAIL_POINTS.indexOf("segment.slot.claimed");
    expect(next).toMatchObject({ host: 1, slot: 0, incarnation: hadSlot ? 2 : 1 });
    expect(segment.participants()).toMatchObject([{ name: "next", standing: "alive", index: 4 }]);
  });

  test("in the middle of marking a dead sibling leaves the mark to another", async () => {
    const { segment, peer, reopen } = await testSegment(mode);
    const dead = peer(`await tell("in"); await command();`, { host: 1 });
    await dead.message();
    const marker = peer(
      `atFailPoint("segment.dead.flushed", () => process.kill(process.pid, "SIGKILL"));
       await tell("in"); await new Promise((resolve) => setTimeout(resolve, 20_000));`,
      { host: 1 },
    );
    await marker.message();
    dead.process.kill("SIGKILL");
    expect((await marker.ended).signal).toBe("SIGKILL");
    const next = await joined(await reopen(1), 1, "next");
    expect(next).toMatchObject({ slot: 0, incarnation: 2 });
    const last = await joined(await reopen(1), 1, "last");
    expect(last).toMatchObject({ slot: 1, incarnation: 2 });
    expect(segment.participants().map(({ standing }) => standing)).toEqual(["alive", "alive"]);
  });
});

test("a process that dies taking an index leaves its successor to see that another machine took it too", async () => {
  const { segment, peer } = await testSegment("incoherent");
  const victim = peer(
    `atFailPoint("segment.host.published", () => process.kill(process.pid, "SIGKILL"));
     await segment.join({ host: 1, lease: 400 });`,
    { join: false },
  );
  expect((await victim.ended).signal).toBe("SIGKILL");
  onTestFinished(() => atFailPoint("segment.host.confirm", undefined));
  // It stored before it saw the victim's claim; this is when its lines reach memory.
  const other = { bootId: "b".repeat(32), machineId: "b".repeat(32), bootCount: 1 };
  const memory = segment.memory as unknown as SegmentMemory;
  atFailPoint("segment.host.confirm", () => new HostBlock(memory, 1).publish(other));
  await expectError("ERR_FAMFS_HOST_TAKEN", () => joined(segment, 1), other.machineId);
  expect(segment.participants()).toEqual([]);
});
