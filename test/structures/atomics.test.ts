import { type AtomicKind, i32, i64, type ScalarType, SharedAtomics, u32, u64 } from "famfs";
import { simulateHosts } from "famfs/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ElementLine, elementLineAt } from "../../lib/structures/atomics/layout.js";
import { expectError } from "../support/errors.js";
import { MODES } from "../support/modes.js";
import { seedOf } from "../support/seed.js";
import { joined, LEASE, sleep, stopped, testSegment } from "../support/segment.js";

const PRELUDE = `const { SharedAtomics, i32, u64 } = await import("famfs");`;
const ARRAYS = { i32: Int32Array, u32: Uint32Array, i64: BigInt64Array, u64: BigUint64Array } as const;
const RANGES = {
  i32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  u32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
} as const;

/** What the methods and Atomics have in common. */
interface Model {
  [name: string]: (...args: unknown[]) => unknown;
}

describe.each(MODES)("atomics on %s memory", (mode) => {
  test.each([i32, u32, i64, u64])("do what Atomics does on one process's memory: $kind", async (element) => {
    const set = await testSegment(mode, { participantsPerHost: 2 });
    const participants = [await joined(set.segment), await joined(await set.reopen(1), 1)];
    const length = 3;
    const first = await SharedAtomics.create(participants[0] as never, "it", {
      element: element as ScalarType<AtomicKind>,
      length,
    });
    const all = participants.map((one) =>
      SharedAtomics.open(one, "it", { element: element as ScalarType<AtomicKind> }),
    );
    expect(first.isLockFree).toBe(mode === "coherent");
    const model = new ARRAYS[element.kind](length) as never;
    const value = RANGES[element.kind] as fc.Arbitrary<unknown>;
    const index = fc.nat(length - 1);
    const steps = fc.array(
      fc.oneof(
        fc.tuple(fc.constantFrom("store", "add", "sub", "and", "or", "xor", "exchange"), fc.tuple(index, value)),
        fc.tuple(fc.constant("load"), fc.tuple(index)),
        fc.tuple(fc.constant("compareExchange"), fc.tuple(index, value, value)),
        fc.tuple(fc.constant("swap"), fc.tuple(index, value)),
      ),
      { minLength: 1, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(1), async (todo, who) => {
        for (const [turn, [name, args]] of todo.entries()) {
          const own = all[(who + turn) % 2] as unknown as Model;
          const [at, ...rest] = args as [number, ...unknown[]];
          // A compare-and-swap that succeeds, which one of random values hardly would.
          const [method, values] =
            name === "swap"
              ? ["compareExchange", [Atomics.load(model, at) as unknown, ...rest]]
              : [name as string, rest];
          const expected = (Atomics as unknown as Model)[method]?.(model, at, ...(values as unknown[]));
          expect(own[method]?.(at, ...(values as unknown[]))).toBe(expected);
        }
      }),
      { seed: seedOf("atomics") | 0, numRuns: mode === "coherent" ? 50 : 8 },
    );
  });

  test("wait until an element changes, in time or not", async () => {
    const set = await testSegment(mode);
    const participant = await joined(set.segment);
    for (const element of [i32, u64] as ScalarType<AtomicKind>[]) {
      const zero = element.kind === "u64" ? 0n : 0;
      const one = element.kind === "u64" ? 2n ** 32n : 1;
      const mine = await SharedAtomics.create(participant, element.kind, { element, length: 2 });
      const waiter = SharedAtomics.open(await set.reopen(1), element.kind, { element });
      expect(await waiter.wait(1, one)).toBe("not-equal");
      expect(waiter.waitSync(1, one, { timeout: 10 })).toBe("not-equal");
      expect(await waiter.wait(1, zero, { timeout: 5 })).toBe("timed-out");
      expect(waiter.waitSync(1, zero, { timeout: 5 })).toBe("timed-out");
      const waiting = waiter.wait(1, zero);
      await sleep(3);
      mine.store(1, one);
      mine.notify(1);
      expect(await waiting).toBe("ok");
      const stop = new AbortController();
      const stopped = waiter.wait(0, zero, { signal: stop.signal });
      stop.abort(new Error("enough"));
      await expect(stopped).rejects.toThrow("enough");
    }
  });

  test("wait on this thread for what another process stores", async () => {
    const set = await testSegment(mode);
    const atomics = await SharedAtomics.create(await joined(set.segment), "it", { element: i32, length: 2 });
    const peer = set.peer(
      `${PRELUDE}
       const atomics = SharedAtomics.open(participant, "it", { element: i32 });
       for (let turn = 0; turn < 20; turn++) {
         if (atomics.waitSync(0, turn, { timeout: 20_000 }) === "timed-out") break;
         atomics.add(1, 1);
         atomics.notify(1);
       }
       await tell("done");`,
      { host: 1 },
    );
    for (let turn = 0; turn < 20; turn++) {
      atomics.add(0, 1);
      atomics.notify(0);
      expect(atomics.waitSync(1, turn, { timeout: 20_000 })).not.toBe("timed-out");
    }
    expect(await peer.message()).toBe("done");
    expect(atomics.load(1)).toBe(20);
  });

  test("refuse what cannot be, and change nothing", async () => {
    const { segment } = await testSegment(mode);
    const participant = await joined(segment);
    const create = (opts: object) =>
      SharedAtomics.create(participant, "it", { element: u32, length: 2, ...opts } as never);
    await expectError("ERR_FAMFS_INVALID_TYPE", () => create({ element: "u32" }));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create({ length: 0 }));
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => create({ size: 0 }));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => create({ require: "speed" }));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => create({ operationTimeout: -1 }));
    const atomics = await SharedAtomics.create(participant, "it", { element: u32, length: 2 });
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => atomics.load(2));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => atomics.store(-1, 1));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => atomics.add(0, -1));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => atomics.add(0, 2 ** 32));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => atomics.add(0, "1" as never));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => atomics.compareExchange(0, 0, 1n as never));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => atomics.waitSync(0, 0, {} as never));
    const reader = SharedAtomics.open(segment, "it", { element: u32 });
    await expectError("ERR_FAMFS_PERMISSION", () => reader.add(0, 1), "join()");
    await expectError("ERR_FAMFS_PERMISSION", () => reader.notify(0));
    await expectError("ERR_FAMFS_SCHEMA_MISMATCH", () => SharedAtomics.open(segment, "it", { element: i64 }));
    expect([reader.load(0), reader.load(1)]).toEqual([0, 0]);
    await participant.leave();
    await expectError("ERR_FAMFS_CLOSED", () => atomics.add(0, 1));
  });

  test("are lock-free where that is required, or are not made", async () => {
    const { segment } = await testSegment(mode);
    const participant = await joined(segment);
    const make = () => SharedAtomics.create(participant, "it", { element: u32, length: 1, require: "lock-free" });
    if (mode === "coherent") expect((await make()).isLockFree).toBe(true);
    else await expectError("ERR_FAMFS_UNSUPPORTED_OPERATION", make, "lock-free");
    expect(segment.entries()).toHaveLength(mode === "coherent" ? 1 : 0);
  });
});

describe.each(["incoherent", "simulated"] as const)("atomics under the lock on %s memory", (mode) => {
  const POINTS = ["segment.bakery.choosing", "segment.bakery.in-line", "atomics.store", "atomics.stored"] as const;

  test.each(POINTS)("go on within a lease when a participant stops at %s, whose late value loses", async (point) => {
    const set = await testSegment(mode);
    const atomics = await SharedAtomics.create(await joined(set.segment), "it", {
      element: i32,
      length: 1,
      operationTimeout: 20 * LEASE,
    });
    const slow = set.peer(
      `${PRELUDE}
       const atomics = SharedAtomics.open(participant, "it", { element: i32 });
       atFailPoint("${point}", () => { atFailPoint("${point}", undefined); stopProcess(); });
       let codes = [];
       for (let i = 0; i < 2; i++) {
         try { atomics.add(0, 100); codes.push("done"); } catch (error) { codes.push(error.code); }
       }
       await tell(codes);`,
      { host: 1 },
    );
    await stopped(slow);
    const before = atomics.add(0, 1);
    expect([0, 100]).toContain(before);
    slow.process.kill("SIGCONT");
    expect(await slow.message()).toEqual(["ERR_FAMFS_FENCED", "ERR_FAMFS_FENCED"]);
    // Who had no ticket yet takes a later one: its value counts, although it cannot know that it does.
    const counts = point === "segment.bakery.choosing" && before === 0;
    expect(atomics.load(0)).toBe(before + 1 + (counts ? 100 : 0));
  });

  test("take the higher participant's value where two have one ticket, as the lock lets it in last", async () => {
    const { segment } = await testSegment(mode);
    const [first, second] = [await joined(segment), await joined(segment)];
    const atomics = await SharedAtomics.create(first, "it", { element: i32, length: 1 });
    const other = SharedAtomics.open(second, "it", { element: i32 });
    atomics.add(0, 1);
    const { participants } = segment.memory.layout;
    const body = (segment.entries()[0]?.offset ?? 0) + 128; // behind the schema's text
    const word = (participant: number, version: number) =>
      segment.memory.mapping.commitWord(body + elementLineAt(0, participant, participants) + version, {
        bits: 64,
        site: "test",
      });
    const tickets = ElementLine.versions.map((version) => word(first.index, version).observe());
    const theirs = word(second.index, ElementLine.versions[0]);
    theirs.overwrite(Math.max(...tickets), theirs.offset + ElementLine.value, Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0));
    expect([atomics.load(0), other.load(0), atomics.add(0, 1), other.load(0)]).toEqual([7, 7, 7, 8]);
  });

  test("say who has the lock when it was not free in time", async () => {
    const set = await testSegment(mode);
    const participant = await set.segment.join({ host: 0, name: "patient", lease: 8_000 });
    const atomics = await SharedAtomics.create(participant, "it", { element: i32, length: 1, operationTimeout: 50 });
    const slow = set.peer(
      `${PRELUDE}
       const other = await segment.join({ host: 1, name: "sleeper", lease: 8_000 });
       const atomics = SharedAtomics.open(other, "it", { element: i32 });
       atFailPoint("atomics.store", () => stopProcess());
       tell("now").then(() => atomics.add(0, 100));`,
      { host: 1, join: false },
    );
    await slow.message();
    await stopped(slow);
    await expectError("ERR_FAMFS_TIMEOUT", () => atomics.add(0, 1), "sleeper");
    expect(atomics.load(0)).toBe(0);
  });
});

describe("a load of atomics on simulated memory", () => {
  test("never gives an older value than the load before, whatever its writer does meanwhile", async () => {
    const set = await testSegment("simulated");
    const writer = await joined(set.segment);
    const atomics = await SharedAtomics.create(writer, "it", { element: u32, length: 1 });
    const reader = SharedAtomics.open(await set.reopen(1), "it", { element: u32 });
    const { offset } = set.segment.entries()[0] ?? { offset: 0 };
    // Behind the text of the schema, and the lines of the lock.
    const line = offset + 128 * (1 + set.segment.memory.layout.participants);
    const versions = [0, 16].map((at) => set.segment.memory.mapping.commitWord(line + at, { bits: 64, site: "test" }));
    await using moments = await simulateHosts(1, { size: 4096, seed: 1, background: false });
    let value = 0;
    const store = () => void atomics.store(0, ++value);
    for (let moment = 0; moment < 60; moment++) {
      store();
      store();
      expect(reader.load(0)).toBe(value);
      const before = value;
      // The writer stores once, and begins to store once more.
      let left = moment;
      moments.interleave(() => {
        if (left-- !== 0) return;
        store();
        versions.sort((a, b) => a.observe() - b.observe())[0]?.begin();
      });
      const found = reader.load(0);
      moments.interleave(undefined);
      expect([before, value], `at moment ${moment}`).toContain(found);
      expect(reader.load(0)).toBe(value);
    }
  });

  test("never gives what a fenced participant stores late, also where it lands between the lines", async () => {
    const set = await testSegment("simulated");
    const { segment } = set;
    const [keeper, other] = [await joined(segment), await joined(await set.reopen(1), 1)];
    const atomics = await SharedAtomics.create(keeper, "it", { element: u32, length: 1 });
    const reader = SharedAtomics.open(await set.reopen(), "it", { element: u32 });
    const { memory } = other;
    const { offset } = segment.entries()[0] ?? { offset: 0 };
    const line = (participant: number) =>
      offset + 128 + elementLineAt(0, participant, segment.memory.layout.participants);
    const wordOf = (mapping: typeof memory.mapping, participant: number, version: number) =>
      mapping.commitWord(line(participant) + (ElementLine.versions[version] as number), { bits: 64, site: "test" });
    const ticketOf = () =>
      Math.max(...[0, 1].map((version) => wordOf(segment.memory.mapping, keeper.index, version).observe()));
    const late = [0, 1].map((version) => wordOf(memory.mapping, other.index, version));
    await using moments = await simulateHosts(1, { size: 4096, seed: 1, background: false });
    const LATE = 1_000_000;
    let value = 0;
    const store = () => void atomics.store(0, ++value);
    for (let moment = 0; moment < 100; moment++) {
      store();
      const before = value;
      let left = moment;
      moments.interleave(() => {
        if (left-- !== 0) return;
        store();
        // Its ticket was the next one after the store before; the last one is of who fenced it.
        const ticket = ticketOf();
        store();
        const word = late[moment % 2] as (typeof late)[0];
        word.overwrite(
          ticket,
          word.offset + ElementLine.value,
          Uint8Array.of(LATE & 255, (LATE >> 8) & 255, LATE >> 16, 0, 0, 0, 0, 0),
        );
      });
      const found = reader.load(0);
      moments.interleave(undefined);
      expect([before, before + 1, before + 2], `at moment ${moment}`).toContain(found);
      expect(reader.load(0)).toBe(value);
      if (left >= 0) break;
    }
  });
});
