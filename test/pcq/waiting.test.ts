import { PcqQueue } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError, thrownBy } from "../support/errors.js";
import { REAL_MODES } from "../support/modes.js";
import { startWorker } from "../support/worker.js";
import { bothEnds } from "./ends.js";
import { message, textOf } from "./raw.js";

const TEXTS = ["a", "b", "c", "d", "e", "f"];

describe.each(REAL_MODES)("on %s memory, waiting calls", (coherence) => {
  test("are served in the order in which they were made, and try calls do not pass them", async () => {
    const { producer, consumer } = await bothEnds({ buckets: 2, coherence });
    const taken = TEXTS.map(() => consumer.consume().then(textOf));
    expect(consumer.tryConsume()).toBeUndefined();
    for (const text of TEXTS) await producer.produce(message(text));
    expect(await Promise.all(taken)).toEqual(TEXTS);

    const put = TEXTS.map((text) => producer.produce(message(text)));
    expect(producer.tryProduce(message("too early"))).toBe(false);
    const got: string[] = [];
    while (got.length < TEXTS.length) got.push(textOf(await consumer.consume()));
    await Promise.all(put);
    expect(got).toEqual(TEXTS);
    expect(producer.tryProduce(message("now"))).toBe(true);
  });

  test("go on as soon as another process makes room or brings something", async () => {
    const { instance, producer, consumer } = await bothEnds({ buckets: 3, coherence });
    const worker = startWorker(
      `const instance = await famfs.openInstance(data.path, { coherence: data.coherence });
      const queue = await famfs.PcqQueue.open(instance, "q", { role: "consumer" });
      for (let i = 0; i < 200; i++) {
        const [found] = queue.consumeSync({ timeout: 10_000 });
        if (found !== i) throw new Error("expected " + i + ", found " + found);
      }
      port.postMessage("done");`,
      { path: instance.path, coherence },
    );
    consumer.close();
    const done = new Promise((resolve) => worker.once("message", resolve));
    for (let i = 0; i < 200; i++) await producer.produce(Uint8Array.of(i), { timeout: 10_000 });
    expect(await done).toBe("done");
  });

  test("end at their time-out, and say what kept them", async () => {
    const { producer, consumer } = await bothEnds({ buckets: 2, coherence });
    const target = new Uint8Array(48);
    await expectError("ERR_FAMFS_TIMEOUT", () => consumer.consume({ timeout: 20 }), "was empty for 20 ms");
    await expectError("ERR_FAMFS_TIMEOUT", () => consumer.consume({ timeout: 0 }), "was empty for 0 ms");
    await expectError("ERR_FAMFS_TIMEOUT", () => consumer.consumeMany(target, { timeout: 5, idle: "idle" }));
    await expectError("ERR_FAMFS_TIMEOUT", () => consumer.consumeSync({ timeout: 5 }), "was empty for 5 ms");
    await expectError("ERR_FAMFS_TIMEOUT", () => consumer.consumeManySync(target, { timeout: 0, idle: "spin" }));
    await producer.produce(message("x"), { timeout: 0 });
    await expectError("ERR_FAMFS_TIMEOUT", () => producer.produce(message("y"), { timeout: 5 }), "was full for 5 ms");
    await expectError("ERR_FAMFS_TIMEOUT", () => producer.produceMany(target, { timeout: 5 }));
    await expectError("ERR_FAMFS_TIMEOUT", () => producer.produceSync(message("y"), { timeout: 5 }), "was full");
    await expectError("ERR_FAMFS_TIMEOUT", () => producer.produceManySync(target, { timeout: 5 }));
    expect(consumer.info()).toMatchObject({ messages: 1, produced: 1 });
  });
});

describe("waiting calls", () => {
  test("end with their signal's reason, also while others go first, and take nothing with them", async () => {
    const { producer, consumer } = await bothEnds();
    const [first, second] = [new AbortController(), new AbortController()];
    const kept = consumer.consume();
    const aborted = consumer.consume({ signal: first.signal });
    const late = consumer.consume({ timeout: 10 });
    const last = consumer.consume({ signal: second.signal });
    first.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    await expectError("ERR_FAMFS_TIMEOUT", () => late, "was empty for 10 ms");
    producer.tryProduce(message("first"));
    producer.tryProduce(message("last"));
    expect([textOf(await kept), textOf(await last)]).toEqual(["first", "last"]);
    const signal = AbortSignal.abort(new Error("before"));
    await expect(consumer.consume({ signal })).rejects.toThrow("before");
    const running = consumer.consume({ signal: second.signal });
    second.abort(new Error("meanwhile"));
    await expect(running).rejects.toThrow("meanwhile");
    expect(producer.tryProduce(message("x"))).toBe(true);
    expect(textOf(consumer.tryConsume() as Uint8Array)).toBe("x");
  });

  test("end when the queue is closed, all of them", async () => {
    const { producer, consumer } = await bothEnds({ buckets: 2 });
    producer.tryProduce(message("x"));
    consumer.tryConsume();
    const taking = [
      consumer.consume(),
      consumer.consumeMany(new Uint8Array(48)),
      consumer.consume({ timeout: 10_000 }),
    ];
    producer.tryProduce(message("y"));
    expect(textOf(await (taking.shift() as Promise<Uint8Array>))).toBe("y");
    producer.tryProduce(message("z"));
    const putting = producer.produce(message("full"));
    consumer.close();
    producer.close();
    for (const one of [...taking, putting]) {
      const outcome = await one.then(
        () => "done",
        (error: { code: string }) => error.code,
      );
      expect(["ERR_FAMFS_CLOSED", "done"]).toContain(outcome);
    }
    expect(await thrownBy(() => putting)).toMatchObject({ code: "ERR_FAMFS_CLOSED" });
  });

  test("refuse wrong options at once, also where nothing is to be waited for", async () => {
    const { producer, consumer } = await bothEnds();
    producer.tryProduce(message("x"));
    await expectError(
      "ERR_FAMFS_UNKNOWN_OPTION",
      () => consumer.consume({ time: 1 } as never),
      "timeout, signal, idle",
    );
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => consumer.consume({ timeout: -1 }), "-1");
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => consumer.consume({ timeout: Number.NaN }), "NaN");
    await expectError("ERR_FAMFS_INVALID_TYPE", () => consumer.consume({ timeout: "1" as never }), "timeout");
    await expectError("ERR_FAMFS_INVALID_TYPE", () => consumer.consume({ signal: {} as never }), "AbortSignal");
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => consumer.consume({ idle: "busy" as never }), "balanced");
    await expectError("ERR_FAMFS_INVALID_TYPE", () => consumer.consumeSync({} as never), "timeout");
    await expectError("ERR_FAMFS_INVALID_TYPE", () => consumer.consumeSync(undefined as never), "timeout");
    await expectError(
      "ERR_FAMFS_UNKNOWN_OPTION",
      () => consumer.consumeSync({ timeout: 1, signal: 1 } as never),
      "signal",
    );
    expect(consumer.info().messages).toBe(1);
  });
});

describe("an iteration", () => {
  test("gives each message once, lets the event loop go on, and ends when the queue is closed", async () => {
    const { producer, consumer } = await bothEnds({ buckets: 1024 });
    for (let i = 0; i < 1000; i++) producer.tryProduce(Uint8Array.of(i & 255, i >> 8));
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    let count = 0;
    for await (const { 0: low = 0, 1: high = 0 } of consumer) {
      expect(high * 256 + low).toBe(count++);
      if (count === 1000) break;
    }
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
    const rest: string[] = [];
    const reading = (async () => {
      for await (const found of consumer) rest.push(textOf(found));
    })();
    await producer.produce(message("more"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    consumer.close();
    await reading;
    expect(rest).toEqual(["more"]);
  });

  test("tells what went wrong otherwise", async () => {
    const { producer } = await bothEnds();
    const iterator = producer[Symbol.asyncIterator]();
    await expectError("ERR_FAMFS_PERMISSION", () => iterator.next());
    const { consumer, raw } = await bothEnds();
    raw.set("producer", 32, 99);
    await expectError("ERR_FAMFS_CORRUPT", () => consumer[Symbol.asyncIterator]().next(), "below 4, found 99");
  });

  test("is over at once on a closed queue", async () => {
    const { consumer } = await bothEnds();
    consumer.close();
    for await (const _ of consumer) throw new Error("a message of a closed queue");
    expect(consumer).toBeInstanceOf(PcqQueue);
  });
});
