import { createHash } from "node:crypto";
import { chmodSync, readFileSync } from "node:fs";
import { SharedBarrier, SharedBroadcast, SharedMap, SharedMutex, SharedQueue, struct, u32, utf8 } from "famfs";
import { describe, expect, test } from "vitest";
import { EntryRecord } from "../../lib/segment/layout.js";
import { famfsNode } from "../support/cli.js";
import { REAL_MODES } from "../support/modes.js";
import { named, notRoot } from "../support/requirements.js";
import { joined, LEASE, testSegment } from "../support/segment.js";
import { damageEntry, filled, inspected, pathOf, Quote } from "./inspected.js";

describe.each(REAL_MODES)("inspect on %s memory", (mode) => {
  test("shows header, participants, structures, schemas and values without being given a schema", async () => {
    const made = await testSegment(mode);
    const { participant } = await filled(made);
    const told = await inspected(pathOf(made));
    expect(told).toMatchObject({
      path: pathOf(made),
      kind: "tmpfs",
      header: {
        version: 1,
        compatible: 0,
        coherence: mode,
        byteSize: 1 << 20,
        hosts: 2,
        participantsPerHost: 4,
        epoch: made.segment.epoch,
        place: { kind: "none" },
      },
      hosts: [{ host: 0, bootCount: 1, entries: 5 }],
      participants: [
        { index: participant.index, host: 0, slot: 0, incarnation: 1, standing: "unknown", name: "feed", lease: LEASE },
      ],
      problems: [],
    });
    expect(told.participants[0].pid).toBe(process.pid);
    const shown = Object.fromEntries(
      told.structures.map((one: { name: string; shown: unknown }) => [one.name, one.shown]),
    );
    expect(shown).toEqual({
      quote: {
        writers: "one",
        boundTo: 0,
        writer: { slot: 0, incarnation: 1 },
        version: 2,
        value: {
          id: "18446744073709551615",
          bid: "NaN",
          symbol: "a\x1b[1m€",
          flags: { open: true, halted: false },
          sizes: { length: 20, first: Array.from({ length: 16 }, () => 7) },
          legs: [{ price: 1.5 }, { price: 2.5 }],
          raw: "0102ff",
        },
      },
      any: { writers: "any", version: 2, token: 7, value: { x: 5 } },
      orders: { value: 40 },
      cells: {
        element: "u64",
        lockFree: mode === "coherent",
        values: { length: 20, first: ["0", "9223372036854775808", ...Array.from({ length: 14 }, () => "0")] },
      },
      points: {
        values: { length: 100, first: Array.from({ length: 16 }, (_, i) => ({ x: i === 1 ? 3 : 0 })) },
      },
    });
    expect(told.structures[0]).toMatchObject({
      state: "ready",
      kind: "record",
      slot: 0,
      schema: Quote.text,
      fingerprint: `0x${Quote.fingerprint.toString(16).padStart(16, "0")}`,
    });
  });

  test("is text for people, in which names and values cannot move the cursor", async () => {
    const made = await testSegment(mode);
    await filled(made);
    const { code, stdout, stderr } = await famfsNode(["inspect", pathOf(made), "--limit", "2"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).not.toContain("\x1b");
    expect(stdout).toMatch(new RegExp(`^coherence +${mode}$`, "m"));
    expect(stdout).toMatch(/^ +0 +0 +1 +alive or silent +\d+ +0\.4 s .* feed$/m);
    expect(stdout).toMatch(/^ready +counter 1 +1 +0x[0-9a-f]+ +\d+ +host 0 slot 0\/1 feed +orders$/m);
    expect(stdout).toMatch(/^counter orders\n {2}value +40\n/m);
    expect(stdout).toMatch(/^ {2}\.sizes +\[7, 7, … 18 more\]$/m);
    expect(stdout).toMatch(/^ {2}\.symbol +"a\\u001b\[1m€"$/m);
    expect(stdout).toMatch(/^schema of quote, fingerprint 0x[0-9a-f]{16}\n {2}struct \{\n {4}id: u64\n/m);
  });

  test("tells who died, who left, and what was left half-made", async () => {
    const made = await testSegment(mode);
    const participant = await joined(made.segment, 0, "stays");
    const dies = made.peer(
      `atFailPoint("segment.entry.zeroed", () => process.kill(process.pid, "SIGKILL"));
       await SharedArray.create(participant, "half", { element: u32, length: 9 });`,
    );
    await dies.ended;
    await made.peer("await participant.leave();", { host: 0 }).ended;
    const told = await inspected(pathOf(made));
    const standings = told.participants.map(({ slot, standing }: { slot: number; standing: string }) => [
      slot,
      standing,
    ]);
    expect(standings).toEqual([
      [participant.slot, "unknown"],
      // It took the dead one's slot.
      [1, "left"],
    ]);
    expect(told.structures).toMatchObject([
      { state: "half-made", name: "half", kind: "array", slot: 1, incarnation: 1 },
    ]);
    await made.peer(`process.kill(process.pid, "SIGKILL");`, { host: 0 }).ended;
    const later = await inspected(pathOf(made));
    expect(later.participants[1]).toMatchObject({ slot: 1, standing: "dead", name: "peer", incarnation: 3 });
  });

  test("a structure that is just being made is told as that, with its maker", async () => {
    const made = await testSegment(mode);
    const peer = made.peer(
      `atFailPoint("segment.entry.zeroed", () => { process.send("there"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); });
       await SharedArray.create(participant, "new", { element: u32, length: 9 });`,
    );
    await peer.message();
    expect((await inspected(pathOf(made))).structures).toMatchObject([{ state: "being made", name: "new", slot: 0 }]);
  });

  test("damage hides only what is damaged", async () => {
    const made = await testSegment(mode);
    await filled(made);
    damageEntry(made, 0, (record) => record.fill(0xff, EntryRecord.offset, EntryRecord.offset + 8), false);
    damageEntry(made, 1, (record) => record.fill(0xff, EntryRecord.schemaCrc, EntryRecord.schemaCrc + 4));
    damageEntry(made, 2, (record) => record.set(Buffer.from("mystery"), EntryRecord.kind));
    damageEntry(made, 3, (record) => record.fill(9, EntryRecord.version, EntryRecord.version + 1));
    const { mapping, layout } = made.segment.memory;
    // A participant's claim, and another host's count of entries, that are no numbers of this library.
    mapping.bytes(layout.participantAt(5), 8).fill(0xff);
    mapping.bytes(layout.partAt(1), 8).fill(0xff);
    mapping.writeBack(0, mapping.byteLength);
    const told = await inspected(pathOf(made));
    expect(told.structures).toMatchObject([
      { entry: 0, state: "damaged", slot: 0 },
      { name: "any", problem: { code: "ERR_FAMFS_CORRUPT" } },
      { name: "orders", kind: "mystery", length: expect.any(Number) },
      { name: "cells", schema: "u64", problem: { code: "ERR_FAMFS_UNSUPPORTED_VERSION" } },
      { name: "points", shown: { values: { length: 100 } } },
    ]);
    expect(told.structures[2]).not.toHaveProperty("problem");
    expect(told.participants).toMatchObject([
      { index: 0, name: "feed" },
      { index: 5, problem: { code: "ERR_FAMFS_CORRUPT" } },
    ]);
    expect(told.problems).toMatchObject([{ code: "ERR_FAMFS_CORRUPT" }]);
    const { code, stdout } = await famfsNode(["inspect", pathOf(made)]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^damaged +- .* entry 0 of host 0$/m);
  });

  test.skipIf(notRoot)(named("needs no write access, and changes not one byte", notRoot), async () => {
    const made = await testSegment(mode);
    const { participant } = await filled(made);
    await participant.leave();
    chmodSync(made.instance.path, 0o755);
    chmodSync(pathOf(made), 0o444);
    const hash = () =>
      createHash("sha256")
        .update(readFileSync(pathOf(made)))
        .digest("hex");
    const before = hash();
    const { code, stdout, stderr } = await famfsNode(["inspect", "--json", pathOf(made)], { uid: 65534 });
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout).structures).toHaveLength(5);
    expect(hash()).toBe(before);
  });
});

test("queues, broadcasts, maps, mutexes and barriers tell whose they are and how far they have come", async () => {
  const set = await testSegment("coherent");
  const participant = await joined(set.segment, 0, "feed");
  const Point = struct({ x: u32 });
  await SharedQueue.create(participant, "queue", { message: Point, capacity: 4, role: "consumer" });
  const queue = SharedQueue.open(participant, "queue", { message: Point });
  for (let x = 0; x < 3; x++) queue.tryPush({ x });
  const broadcast = await SharedBroadcast.create(participant, "news", { message: Point, capacity: 4, role: "writer" });
  for (let x = 0; x < 9; x++) broadcast.write({ x });
  const map = await SharedMap.create(participant, "map", { key: utf8(9), value: Point, capacity: 4, role: "writer" });
  map.set("one", { x: 1 });
  const mutex = await SharedMutex.create(participant, "mutex");
  (await mutex.lock()).release();
  const guard = await mutex.lock();
  const barrier = await SharedBarrier.create(participant, "step", { parties: 2, role: "party" });
  barrier.arrive();
  const { structures } = await inspected(pathOf(set));
  const shown = Object.fromEntries(structures.map(({ name, shown }: { name: string; shown: object }) => [name, shown]));
  const holder = { slot: 0, incarnation: 1 };
  expect(shown).toMatchObject({
    queue: { boundTo: 0, consumer: holder },
    news: { boundTo: 0, writer: holder, written: 9 },
    map: { keys: "strings of up to 9 bytes", boundTo: 0, writer: holder, size: 1 },
    mutex: { token: 2, held: true },
    step: {
      parties: 2,
      seats: [
        { host: 0, holder, arrivals: 1 },
        { host: 0, arrivals: 0 },
      ],
    },
  });
  guard.release();
});

test("a structure is chosen by its name", async () => {
  const made = await testSegment("coherent");
  await filled(made);
  const told = await inspected(pathOf(made), "--name", "orders");
  expect(told.structures).toMatchObject([{ name: "orders", shown: { value: 40 } }]);
  expect(told.free).toBe((await inspected(pathOf(made))).free);
});

test("of two structures of one name the one that counts is shown as ready", async () => {
  const made = await testSegment("coherent");
  await filled(made);
  damageEntry(made, 4, (record) => {
    record.set(Buffer.from("orders"), EntryRecord.name);
  });
  const { structures } = await inspected(pathOf(made), "--name", "orders");
  expect(structures).toMatchObject([
    { kind: "counter", state: "superseded" },
    { kind: "array", state: "ready" },
  ]);
});
