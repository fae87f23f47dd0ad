import {
  i64Number,
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
  vector,
} from "famfs";
import { describe, expect, test } from "vitest";
import { joined, testSegment } from "../support/segment.js";
import { countSteps } from "../support/steps.js";
import { evaluate, page, section } from "./pages.js";

describe.each([1, 4])("what operations cost with %i participants on each of two hosts", (participantsPerHost) => {
  /** Numbers of write-backs, invalidates, store fences and full fences by operation. */
  function promised(name: string): Record<string, number[]> {
    const variables = { N: 2 * participantsPerHost, H: 2, W: 1, P: participantsPerHost };
    const rows = [...(section(page(name), "What it costs") ?? "").matchAll(/^\| (.*\d.*) \|$/gm)];
    return Object.fromEntries(
      rows.map(([, row]) => {
        const [operation, ...counts] = (row as string).split(" | ");
        return [operation, counts.map((count) => evaluate(count, variables))];
      }),
    );
  }

  async function found(operations: Record<string, () => void>): Promise<Record<string, number[]>> {
    const counts: Record<string, number[]> = {};
    for (const [name, operation] of Object.entries(operations)) {
      const { writeBacks, invalidates, storeFences, fullFences } = await countSteps(operation);
      counts[name] = [writeBacks, invalidates, storeFences, fullFences];
    }
    return counts;
  }

  const Row = struct({ parts: vector(u32, 60) });
  const row = { parts: new Uint32Array(60) };

  test("records", async () => {
    const participant = await joined((await testSegment("simulated", { participantsPerHost })).segment);
    await SharedRecord.create(participant, "one", { record: Row });
    let one = SharedRecord.open(participant, "one", { record: Row, role: "writer" });
    one.write(row);
    one.close();
    const any = await SharedRecord.create(participant, "any", { record: Row, writers: "any" });
    any.write(row, { token: 1 });
    const costs = await found({
      "`open({ role })`": () => {
        one = SharedRecord.open(participant, "one", { record: Row, role: "writer" });
      },
      "`write()`": () => one.write(row),
      "`version`": () => void one.version,
      "`tryRead()`": () => void one.tryRead(),
      "`close()`": () => one.close(),
      "any: `write()`": () => any.write(row, { token: 2 }),
      "any: `version`": () => void any.version,
      "any: `tryRead()`": () => void any.tryRead(),
    });
    expect(costs).toEqual(promised("record"));
  });

  test("counters", async () => {
    const participant = await joined((await testSegment("simulated", { participantsPerHost })).segment);
    const hits = await SharedCounter.create(participant, "hits");
    const costs = await found({ "`add()`": () => hits.add(3), "`value`": () => void hits.value });
    expect(costs).toEqual(promised("counter"));
  });

  test("maps", async () => {
    const participant = await joined((await testSegment("simulated", { participantsPerHost })).segment);
    const rows = await SharedMap.create(participant, "rows", {
      key: i64Number,
      value: Row,
      capacity: 1,
      role: "writer",
    });
    const costs = await found({
      "`set()` of a new key": () => rows.set(1, row),
      "`set()` of a key that is there": () => rows.set(1, row),
      "`size`": () => void rows.size,
      "`get()`, `read()`": () => void rows.get(1),
      "`has()`": () => void rows.has(1),
      "`delete()`": () => void rows.delete(1),
      "of a key that is not there": () => void rows.get(1),
    });
    expect(costs).toEqual(promised("map"));
  });

  test("queues", async () => {
    const participant = await joined((await testSegment("simulated", { participantsPerHost })).segment);
    const producer = await SharedQueue.create(participant, "rows", { message: Row, capacity: 4 });
    const consumer = SharedQueue.open(participant, "rows", { message: Row, role: "consumer" });
    const empty = () => {
      while (consumer.tryTake() !== undefined);
    };
    // The lane is in use, and its known head leaves no room.
    for (let i = 0; i < 4; i++) producer.tryPush(row);
    empty();
    const costs = await found({
      "`tryPush()` that looks at the head": () => void producer.tryPush(row),
      "`tryPush()`": () => void producer.tryPush(row),
      "`commitRun()` of any length": () => {
        producer.claimRun(2);
        producer.commitRun();
      },
    });
    consumer.tryTake();
    Object.assign(costs, await found({ "`tryTake()` of a message that is ready": () => void consumer.tryTake() }));
    empty();
    Object.assign(costs, await found({ "`tryTake()` that finds nothing in one lane": () => void consumer.tryTake() }));
    producer.tryPush(row);
    consumer.tryTake();
    producer.tryPush(row);
    Object.assign(
      costs,
      await found({
        "`tryTake()` that looks at a tail": () => void consumer.tryTake(),
        "`releaseRun()`": () => consumer.releaseRun(),
      }),
    );
    expect(costs).toEqual(promised("queue"));
  });

  test("atomics", async () => {
    const participant = await joined((await testSegment("simulated", { participantsPerHost })).segment);
    const words = await SharedAtomics.create(participant, "words", { element: u32, length: 2 });
    words.add(0, 1);
    const costs = await found({
      "`load()`": () => void words.load(0),
      "`store()`, `add()` ...": () => void words.store(0, 7),
      "`compareExchange()` that finds another value": () => void words.compareExchange(0, 1, 2),
    });
    expect(costs).toEqual(promised("atomics"));
  });

  test("mutexes", async () => {
    const participant = await joined((await testSegment("simulated", { participantsPerHost })).segment);
    const one = await SharedMutex.create(participant, "one");
    const data = await SharedArray.create(participant, "data", { element: u32, length: 100 });
    const guards = [data];
    let guard = one.lockSync({ timeout: 0 });
    guard.release();
    const costs = await found({
      "`lockSync()`": () => {
        guard = one.lockSync({ timeout: 0 });
      },
      "`release()`": () => guard.release(),
      "`lockSync()` with one guard": () => {
        guard = one.lockSync({ timeout: 0, guards });
      },
      "`release()` with one guard": () => guard.release(),
      "`token`": () => void one.token,
    });
    expect(costs).toEqual(promised("mutex"));
  });

  test("broadcasts", async () => {
    const participant = await joined((await testSegment("simulated", { participantsPerHost })).segment);
    const message = struct({ parts: vector(u32, 30) });
    const tick = { parts: new Uint32Array(30) };
    await SharedBroadcast.create(participant, "ticks", { message, capacity: 8 });
    let ticks = SharedBroadcast.open(participant, "ticks", { message });
    const reader = ticks.reader({ from: "now" });
    const costs = await found({
      "`open({ role })`": () => {
        ticks = SharedBroadcast.open(participant, "ticks", { message, role: "writer" });
      },
      "`tryRead()`, `tryReadRun()` without a message": () => void reader.tryRead(),
      "`write()`": () => ticks.write(tick),
      "`commitRun()`": () => ticks.commitRun(3),
      "`tryRead()`, `tryReadRun()` at the tail seen last": () => void reader.tryRead(),
      "`tryRead()`, `tryReadRun()` before it": () => void reader.tryReadRun(),
      "`written`, `reader()`": () => void ticks.written,
      "`close()`": () => ticks.close(),
    });
    expect(costs).toEqual(promised("broadcast"));
  });

  test("barriers", async () => {
    const participant = await joined((await testSegment("simulated", { participantsPerHost })).segment);
    await SharedBarrier.create(participant, "step", { parties: participantsPerHost });
    let step = SharedBarrier.open(participant, "step");
    const costs = await found({
      "`open({ role })`": () => {
        step = SharedBarrier.open(participant, "step", { role: "party" });
      },
      "`tryWait()` of a complete phase": () => void step.tryWait(),
      "`arrive()`": () => void step.arrive(),
      "`phase`": () => void step.phase,
      "`close()`": () => step.close(),
    });
    expect(costs).toEqual(promised("barrier"));
  });
});
