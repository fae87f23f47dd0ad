import { type Participant, SharedRecord, u32 } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { MODES } from "../support/modes.js";
import { joined, LEASE, sleep, stopped, testSegment } from "../support/segment.js";
import { Point, PRELUDE, Price, price } from "./price.js";

function newRecord(participant: Participant, name = "price") {
  return SharedRecord.create(participant, name, { record: Price, role: "writer" });
}

describe.each(MODES)("a record on %s memory", (mode) => {
  test("has no value before the first write, and then always the latest", async () => {
    const { segment, reopen } = await testSegment(mode);
    using writer = await newRecord(await joined(segment));
    const reader = SharedRecord.open(await reopen(), "price", { record: Price });
    expect([reader.version, reader.tryRead(), writer.tryRead()]).toEqual([0, undefined, undefined]);
    for (let value = 1; value <= 5; value++) {
      writer.write(price(value));
      expect(reader.version).toBe(value);
      expect(reader.tryRead()?.toObject()).toEqual(price(value));
      expect((await reader.read()).id).toBe(value);
    }
    expect(reader.writers).toBe("one");
  });

  test("commits the draft, which begins as the newest value", async () => {
    const { segment } = await testSegment(mode);
    const participant = await joined(segment);
    using first = await newRecord(participant);
    first.write(price(7));
    first.close();
    using second = SharedRecord.open(participant, "price", { record: Price, role: "writer" });
    second.draft.id = 8;
    second.write();
    expect(second.tryRead()?.toObject()).toEqual({ ...price(7), id: 8 });
    expect(second.version).toBe(2);
  });

  test("has one writer at a time, of the host that it is bound to", async () => {
    const set = await testSegment(mode);
    const one = await joined(set.segment);
    const two = await joined(set.segment);
    const elsewhere = await joined(await set.reopen(1), 1);
    const writer = await newRecord(one);
    const open = (participant: Participant) =>
      SharedRecord.open(participant, "price", { record: Price, role: "writer" });
    await expectError("ERR_FAMFS_ROLE_TAKEN", () => open(two), "test");
    await expectError("ERR_FAMFS_ROLE_ELSEWHERE", () => open(elsewhere), "host 0", "host 1");
    const reader = SharedRecord.open(two, "price", { record: Price });
    await expectError("ERR_FAMFS_PERMISSION", () => reader.write(price(1)));
    await expectError("ERR_FAMFS_PERMISSION", () =>
      SharedRecord.open(set.segment, "price", { record: Price, role: "writer" }),
    );
    writer.close();
    await expectError("ERR_FAMFS_PERMISSION", () => writer.write(price(1)));
    open(two).write(price(2));
    expect(reader.tryRead()?.id).toBe(2);
    await two.leave();
    open(one).write(price(3));
    expect(reader.tryRead()?.id).toBe(3);
    const bound = await SharedRecord.create(one, "bound", { record: Point, host: 1 });
    expect(bound.version).toBe(0);
    SharedRecord.open(elsewhere, "bound", { record: Point, role: "writer" }).write({ x: 1 });
    expect(bound.tryRead()?.x).toBe(1);
  });

  test("a writer that is stopped keeps its role, also where an operator says that it is dead", async () => {
    const set = await testSegment(mode);
    const heir = await joined(set.segment);
    const operator = await joined(await set.reopen(1), 1);
    const slow = set.peer(
      `${PRELUDE}
       const record = await SharedRecord.create(participant, "price", { record: Price, role: "writer" });
       record.write(price(1));
       process.once("message", () => undefined);
       await tell("written");
       stopProcess();
       record.write(price(2));
       await tell("written again");`,
    );
    await slow.message();
    await stopped(slow);
    operator.declareDead(0);
    const take = () => SharedRecord.open(heir, "price", { record: Price, role: "writer" });
    for (const end = performance.now() + 2 * LEASE; performance.now() < end; await sleep(LEASE / 4))
      await expectError("ERR_FAMFS_ROLE_TAKEN", take);
    slow.process.kill("SIGCONT");
    expect(await slow.message()).toBe("written again");
    await slow.ended;
    using writer = take();
    expect(writer.tryRead()?.id).toBe(2);
    writer.write(price(3));
    expect([writer.version, writer.tryRead()?.id]).toEqual([3, 3]);
  });

  test("refuses what it cannot be", async () => {
    const { segment } = await testSegment(mode);
    const participant = await joined(segment);
    const create = (opts: object) => SharedRecord.create(participant, "r", { record: Point, ...opts });
    await expectError("ERR_FAMFS_INVALID_TYPE", () => create({ record: {} }));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create({ host: 2 }));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create({ writers: "two" }));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create({ role: "reader" }));
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => create({ lanes: 2 }));
    await expectError("ERR_FAMFS_INVALID_TYPE", () =>
      SharedRecord.create(segment as unknown as Participant, "r", { record: Point }),
    );
    const record = await create({ role: "writer" });
    await expectError("ERR_FAMFS_UNSUPPORTED_OPERATION", () => record.write({ x: 1 }, { token: 1 }), 'writers: "any"');
    await expectError("ERR_FAMFS_SCHEMA_MISMATCH", () => SharedRecord.open(segment, "r", { record: Price }));
    await expectError("ERR_FAMFS_KIND_MISMATCH", async () => {
      const { SharedArray } = await import("famfs");
      return SharedArray.open(segment, "r", { element: u32 });
    });
  });

  test("read() waits for the first write, until its timeout, or its signal", async () => {
    const { segment, reopen } = await testSegment(mode);
    const writer = await newRecord(await joined(segment));
    const reader = SharedRecord.open(await reopen(), "price", { record: Price });
    await expectError("ERR_FAMFS_TIMEOUT", () => reader.read({ timeout: 20 }), "nobody has written");
    const stop = new AbortController();
    const stopped = reader.read({ signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(stopped).rejects.toThrow("enough");
    const waiting = reader.read();
    writer.write(price(4));
    expect((await waiting).id).toBe(4);
  });

  test("changes() gives each value once that is still there, from the present one on", async () => {
    const { segment, reopen } = await testSegment(mode);
    const writer = await newRecord(await joined(segment));
    writer.write(price(1));
    const reader = SharedRecord.open(await reopen(), "price", { record: Price });
    const stop = new AbortController();
    const seen: number[] = [];
    for await (const value of reader.changes({ signal: stop.signal })) {
      expect(value.toObject()).toEqual(price(value.id));
      seen.push(value.id);
      if (value.id === 6) stop.abort();
      else setTimeout(() => writer.write(price(value.id + 1)), 1);
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("a writer that died between its odd mark and the end leaves the last committed value", async () => {
    const { segment, reopen } = await testSegment(mode);
    const participant = await joined(segment);
    const writer = await newRecord(participant);
    for (let value = 1; value <= 4; value++) writer.write(price(value));
    const body = segment.entries()[0]?.offset ?? 0;
    const text = 128 * Math.ceil(Price.text.length / 128);
    // The slot of odd versions: role, selector, the slot of even ones, then its word.
    const slot = body + text + 128 + 128 + (128 + 256 + 128);
    const word = segment.memory.mapping.commitWord(slot, { bits: 64, site: "test.slot" });
    expect(word.observe()).toBe(2 * 3);
    word.begin();
    segment.memory.mapping.bytes(slot + 128, 100).fill(0xff);
    segment.memory.mapping.writeBack(slot + 128, 100);
    const reader = SharedRecord.open(await reopen(), "price", { record: Price });
    expect(reader.tryRead()?.toObject()).toEqual(price(4));
    writer.close();
    using heir = SharedRecord.open(participant, "price", { record: Price, role: "writer" });
    expect(reader.tryRead()?.toObject()).toEqual(price(4));
    heir.write(price(5));
    expect(reader.tryRead()?.toObject()).toEqual(price(5));
  });
});

describe("a record whose bytes were damaged", () => {
  test.each(["incoherent", "simulated"] as const)(
    "says so on %s memory, where values carry a checksum",
    async (mode) => {
      const { segment, reopen } = await testSegment(mode);
      const writer = await newRecord(await joined(segment));
      writer.write(price(1));
      const { offset, length } = segment.entries()[0] ?? { offset: 0, length: 0 };
      const bytes = segment.memory.mapping.bytes(offset, length);
      const slot = bytes.lastIndexOf(1);
      bytes[slot - 8] = 0x55;
      segment.memory.mapping.writeBack(offset, length);
      const reader = SharedRecord.open(await reopen(), "price", { record: Price });
      await expectError("ERR_FAMFS_CORRUPT", () => reader.tryRead(), "checksum");
    },
  );

  test.each([1, 2, 2 ** 40, Number.MAX_SAFE_INTEGER])("never hangs a reader: selector %d", async (value) => {
    const { segment } = await testSegment("coherent");
    await newRecord(await joined(segment));
    const { offset } = segment.entries()[0] ?? { offset: 0 };
    const selector = offset + 128 * Math.ceil(Price.text.length / 128) + 128;
    segment.memory.mapping.commitWord(selector, { bits: 64, site: "test" }).publish(value, 0, 0);
    const reader = SharedRecord.open(segment, "price", { record: Price });
    expect(reader.tryRead()).toBeUndefined();
    await expectError("ERR_FAMFS_TIMEOUT", () => reader.read({ timeout: 30 }));
  });
});
