import { SharedBroadcast, struct, u32, u64Number, vector } from "famfs";
import { describe, expect, inject, test } from "vitest";
import { MODES } from "../support/modes.js";
import { joined, testSegment } from "../support/segment.js";

/** Longer than a line; the numbers of a message follow from its own one. */
const Item = struct({ id: u64Number, parts: vector(u32, 20) });
const PRELUDE = `
  const { SharedBroadcast, u64Number, vector } = await import("famfs");
  const Item = struct({ id: u64Number, parts: vector(u32, 20) });
  const part = (id, i) => (Math.imul(id, 2654435761) + i) >>> 0;
  const total = Number(args[0]);
`;

/** Reads up to the last message: each in its place, and what is missing counted by the errors. */
const READER = `
  ${PRELUDE}
  const reader = SharedBroadcast.open(segment, "items", { message: Item }).reader({ from: "oldest" });
  let [read, lost, wrong] = [0, 0, 0];
  await tell("ready");
  for (let next = 0, turns = 0; next < total; turns++) {
    try {
      let count = reader.tryReadRun();
      if (count === 0) {
        await reader.read({ timeout: 60_000 });
        count = 1;
      }
      for (let m = 0; m < count; m++, next++, read++) {
        const { id, parts } = reader.at(m);
        let whole = id === next;
        for (let i = 0; i < 20; i++) whole &&= parts[i] === part(id, i);
        if (!whole) wrong++;
      }
    } catch (error) {
      if (error.code !== "ERR_FAMFS_LAPPED") throw error;
      lost += error.lost;
      next += error.lost;
    }
    if (next !== reader.position) wrong++;
    if (turns % 256 === 0) await sleep(0);
  }
  await tell({ read, lost, wrong });
`;

/** Runs of all lengths, with a rest now and then in which readers come along. */
const WRITER = `
  ${PRELUDE}
  const items = SharedBroadcast.open(participant, "items", { message: Item, role: "writer" });
  for (let id = 0, turns = 1; id < total; turns++) {
    const count = items.claimRun(Math.min(1 + (turns % 64), total - id));
    for (let m = 0; m < count; m++, id++) {
      const draft = items.draftAt(m);
      draft.id = id;
      const { parts } = draft;
      for (let i = 0; i < 20; i++) parts[i] = part(id, i);
    }
    items.commitRun(count);
    if (turns % 64 === 0) await sleep(1);
  }
  await tell("done");
  await command();
`;

describe.each(MODES)("a broadcast between processes of two hosts, on %s memory", (mode) => {
  test("carries every message whole and in order, or counts it as lost", { timeout: 3_600_000 }, async () => {
    const total = inject("broadcastMessages")[mode];
    // A simulation takes several times the size, and a /dev/shm of 64 MB is shared with other tests.
    const [size, capacity] = mode === "simulated" ? [1 << 20, 2048] : [8 << 20, 16_384];
    const set = await testSegment(mode, { size });
    const options = { message: Item, capacity };
    const items = await SharedBroadcast.create(await joined(set.segment), "items", options);
    const args = [String(total)];
    const timeout = 3_600_000;
    const readers = [0, 1].map((host) => set.peer(READER, { host, join: false, args, timeout }));
    for (const reader of readers) expect(await reader.message()).toBe("ready");
    const writer = set.peer(WRITER, { args, timeout });
    expect(await writer.message()).toBe("done");
    for (const reader of readers) {
      const { read, lost, wrong } = await reader.message<{ read: number; lost: number; wrong: number }>();
      console.log(`${mode}: ${read} of ${total} messages read, ${lost} lost`);
      expect([read + lost, wrong]).toEqual([total, 0]);
      expect(read).toBeGreaterThan(total / 100);
    }
    expect(items.written).toBe(total);
    writer.send("end");
    await writer.ended;
  });
});
