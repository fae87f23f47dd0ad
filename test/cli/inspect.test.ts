import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  array,
  bits,
  bytes,
  f64,
  openInstance,
  SharedArray,
  SharedAtomics,
  SharedBarrier,
  SharedBroadcast,
  SharedCounter,
  SharedMap,
  SharedMutex,
  SharedQueue,
  SharedRecord,
  struct,
  u32,
  u64,
  utf8,
  vector,
} from "famfs";
import { describe, expect, onTestFinished, test } from "vitest";
import { crc32c } from "../../lib/segment/crc32c.js";
import { Directory, Entry, EntryRecord, HEADER_RECORD, Header } from "../../lib/segment/layout.js";
import { famfsNode } from "../support/cli.js";
import { makeDevdax } from "../support/devdax.js";
import { famfsMaster } from "../support/famfs-master.js";
import { REAL_MODES } from "../support/modes.js";
import { named, noDax, noFuse, notRoot } from "../support/requirements.js";
import { joined, LEASE, type TestSegment, testSegment } from "../support/segment.js";

const Quote = struct({
  id: u64,
  bid: f64,
  symbol: utf8(8),
  flags: bits("open", "halted"),
  sizes: vector(u32, 20),
  legs: array(struct({ price: f64 }), 2),
  raw: bytes(3),
});
const QUOTE = {
  id: 2n ** 64n - 1n,
  bid: Number.NaN,
  symbol: "a\x1b[1m€",
  flags: { open: true, halted: false },
  sizes: new Uint32Array(20).fill(7),
  legs: [{ price: 1.5 }, { price: 2.5 }],
  raw: new Uint8Array([1, 2, 255]),
};

const pathOf = ({ instance }: TestSegment) => join(instance.path, "segment");

/** What `inspect --json` prints, which must be all it prints. */
async function inspected(path: string, ...args: string[]) {
  const { code, stdout, stderr } = await famfsNode(["inspect", "--json", path, ...args]);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
}

/** One of each kind, by a participant that stays. */
async function filled(test: TestSegment) {
  const participant = await joined(test.segment, 0, "feed");
  const record = await SharedRecord.create(participant, "quote", { record: Quote, role: "writer" });
  record.write(QUOTE);
  record.write(QUOTE);
  const any = await SharedRecord.create(participant, "any", { record: struct({ x: f64 }), writers: "any" });
  any.write({ x: 4 }, { token: 6 });
  any.write({ x: 5 }, { token: 7 });
  const counter = await SharedCounter.create(participant, "orders");
  counter.add(40);
  const atomics = await SharedAtomics.create(participant, "cells", { element: u64, length: 20 });
  atomics.store(1, 2n ** 63n);
  const points = await SharedArray.create(participant, "points", { element: struct({ x: f64 }), length: 100 });
  points.set(1, { x: 3 });
  const { mapping } = test.segment.memory;
  mapping.writeBack(0, mapping.byteLength);
  return { participant, counter };
}

/** Stores into the directory's entry of a host. */
function damageEntry({ segment }: TestSegment, index: number, change: (record: Uint8Array) => void, sealed = true) {
  const { mapping, layout } = segment.memory;
  const at = layout.partAt(0) + Directory.entries + index * Directory.entrySize + Entry.record;
  const record = mapping.bytes(at, Entry.recordSize);
  change(record);
  const data = new DataView(record.buffer, record.byteOffset);
  if (sealed) data.setUint32(EntryRecord.crc, crc32c(record, 0, EntryRecord.crc), true);
  mapping.writeBack(0, mapping.byteLength);
}

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

test("a segment made on simulated memory is shown as its device holds it", async () => {
  const made = await testSegment("simulated");
  const { participant } = await filled(made);
  await participant.leave();
  const told = await inspected(pathOf(made), "--name", "orders");
  expect(told).toMatchObject({ header: { coherence: "simulated" }, structures: [{ shown: { value: 40 } }] });
});

test("a copy on a disk tells as much", async () => {
  const made = await testSegment("coherent");
  await filled(made);
  const folder = mkdtempSync(join(tmpdir(), "famfs-inspect-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  copyFileSync(pathOf(made), join(folder, "copy"));
  const told = await inspected(join(folder, "copy"), "--name", "orders");
  // Its holders' locks are not on the copy.
  expect(told.participants).toMatchObject([{ name: "feed", standing: "unknown" }]);
  expect(told.structures).toMatchObject([{ shown: { value: 40 } }]);
});

describe("what is no segment ends with 1 and says what is there and what to do", () => {
  const changedHeader = async (change: (header: DataView) => void, sealed = true) => {
    const made = await testSegment("coherent");
    const { mapping } = made.segment.memory;
    const header = mapping.view(DataView, HEADER_RECORD, 384);
    change(header);
    const crc = crc32c(mapping.bytes(HEADER_RECORD, 384), 0, Header.crc);
    if (sealed) header.setUint32(Header.crc, crc, true);
    return pathOf(made);
  };
  const file = async (content: Uint8Array) => {
    const instance = await openInstance(undefined, { fallback: "tmpfs" });
    onTestFinished(() => instance.close());
    const path = join(instance.path, "file");
    writeFileSync(path, content);
    return path;
  };
  const halfMade = async () => {
    const made = await testSegment("coherent");
    made.segment.memory.mapping.bytes(0, 8).fill(0);
    return pathOf(made);
  };

  test.each([
    ["a file of another kind", () => file(Buffer.alloc(1 << 16, "x")), "ERR_FAMFS_NOT_A_SEGMENT", /another kind.*stat/],
    ["an empty file", () => file(Buffer.alloc(0)), "ERR_FAMFS_NOT_A_SEGMENT", /no segment's header/],
    ["a half-made one", halfMade, "ERR_FAMFS_NOT_A_SEGMENT", /not published.*look again/],
    [
      "a left-over",
      () => changedHeader((header) => header.setUint32(Header.placeKind, 1, true)),
      "ERR_FAMFS_NOT_A_SEGMENT",
      /left-over.*Segment\.format/,
    ],
    [
      "a damaged header",
      () => changedHeader((header) => header.setUint32(Header.hosts, 3, true), false),
      "ERR_FAMFS_NOT_A_SEGMENT",
      /wrong checksum/,
    ],
    [
      "a later version",
      () => changedHeader((header) => header.setUint32(Header.version, 2, true)),
      "ERR_FAMFS_UNSUPPORTED_VERSION",
      /version 2/,
    ],
    ["a directory", async () => (await testSegment("coherent")).instance.path, "ERR_FAMFS_IS_DIRECTORY", /ls lists/],
    ["nothing", async () => "/dev/shm/famfs-there-is-no-such-file", "ERR_FAMFS_NOT_FOUND", /does not exist/],
  ])("%s", async (_, make, expected, message) => {
    const path = await make();
    const { code, stdout, stderr } = await famfsNode(["inspect", path]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(new RegExp(`^famfs-node inspect: [^\n]*\\(${expected}\\)\n$`));
    expect(stderr).toMatch(message);
    const told = await famfsNode(["inspect", path, "--json"]);
    expect([told.code, told.stdout]).toEqual([1, ""]);
    expect(JSON.parse(told.stderr)).toMatchObject({ error: { command: "inspect", code: expected } });
  });
});

describe.skipIf(noFuse !== undefined)(named("inspect on a famfs", noFuse), () => {
  test("shows the segment with its place", async () => {
    const master = await famfsMaster();
    const instance = await master.open();
    const { Segment } = await import("famfs");
    const segment = await Segment.create(instance, "segment", { size: 2 << 20, hosts: 2, participantsPerHost: 4 });
    const participant = await segment.join({ host: 1, name: "far" });
    (await SharedCounter.create(participant, "orders")).add(3);
    const told = await inspected(join(master.root, "segment"));
    expect(told).toMatchObject({
      kind: "famfs-fuse",
      header: { coherence: "incoherent", place: { kind: "famfs", path: "segment" } },
      participants: [{ host: 1, slot: 0, name: "far" }],
      structures: [{ host: 1, shown: { value: 3 } }],
    });
  });
});

describe.skipIf(noDax !== undefined)(named("inspect on a dax device", noDax), () => {
  test("shows the segment that was formatted there", async () => {
    const { on, path } = makeDevdax();
    const told = await on(
      `const { execFileSync } = await import("node:child_process");
       const { Segment, SharedCounter } = await import("famfs");
       const instance = await openInstance(root);
       const mapping = (await instance.open("dax9.0", { access: "read-write" })).map();
       const segment = Segment.format(mapping, { hosts: 2, participantsPerHost: 4, force: false });
       const participant = await segment.join({ host: 0, name: "feed" });
       (await SharedCounter.create(participant, "orders")).add(3);
       const output = execFileSync(process.execPath, ["dist/cli.js", "inspect", "--json", root], { encoding: "utf8" });
       await segment.close();
       show({ uuid: segment.uuid, told: JSON.parse(output) });`,
    );
    const { uuid } = told as { uuid: string };
    expect(told).toMatchObject({
      told: {
        path,
        kind: "devdax",
        header: { byteSize: 8 << 20, place: { kind: "devdax", uuid } },
        participants: [{ name: "feed" }],
        structures: [{ name: "orders", shown: { value: 3 } }],
      },
    });
  });
});
