import { SharedQueue } from "famfs";
import { describe, expect, test } from "vitest";
import { Lane, laneAt, queueSize, slotSize } from "../../lib/structures/queue/layout.js";
import { MODES } from "../support/modes.js";
import { randomFrom, seedOf } from "../support/seed.js";
import { joined, testSegment } from "../support/segment.js";
import { PRELUDE, range, Trade, trade } from "./trades.js";

/** Takes messages and tells of each, as it goes: one by one, in runs, or drained. */
const CONSUMER = `${PRELUDE}
  const queue = SharedQueue.open(participant, "trades", { message: Trade, role: "consumer" });
  const seen = [];
  const see = (message) => {
    seen.push([message.from, message.id, message.price]);
    ids[message.from] = message.id + 1;
  };
  const [way, stop, ...next] = args;
  const ids = next.map(Number);
  let points = 0;
  for (const point of ["queue.take.fetched", "queue.take.released"])
    atFailPoint(point, async () => {
      if (points++ !== Number(stop)) return;
      require("node:fs").writeSync(1, JSON.stringify(seen) + "\\n");
      process.kill(process.pid, "SIGKILL");
    });
  while (ids.some((id) => id < 200)) {
    if (way === "one") for (let one = queue.tryTake(); one !== undefined; one = queue.tryTake()) see(one);
    else if (way === "drain") queue.drain(see);
    else for (let count = queue.takeRun(5); count > 0; count = queue.takeRun(5)) {
      for (let i = 0; i < count; i++) see(queue.at(i));
      queue.releaseRun();
    }
    await sleep(1);
  }
  require("node:fs").writeSync(1, JSON.stringify(seen) + "\\n");
  process.exit(0);
`;

const REQUIRE = `const { createRequire } = await import("node:module"); const require = createRequire(process.cwd() + "/x.js");`;

type Seen = [from: number, id: number, price: number][];

describe.each(MODES)("a queue on %s memory whose ends are killed", (mode) => {
  test("loses nothing that was pushed, and gives again only what its consumer had not consumed", async () => {
    const random = randomFrom(seedOf(`killed consumers on ${mode} memory`));
    const set = await testSegment(mode);
    const participant = await joined(set.segment);
    await SharedQueue.create(participant, "trades", { message: Trade, capacity: 16, host: 1 });
    const producers = [0, 0].map((host, from) =>
      set.peer(
        `${PRELUDE}
         const queue = SharedQueue.open(participant, "trades", { message: Trade });
         for (let id = 0; id < 200; id++) await queue.push(trade(id, ${from}), { timeout: 20000 });
         await tell("done");`,
        { host },
      ),
    );
    const done = Promise.all(producers.map((producer) => producer.message()));
    const next = [0, 0];
    let again = 0;
    for (let round = 0; next.some((id) => id < 200); round++) {
      const way = ["one", "drain", "run"][round % 3] as string;
      const stop = round < 3 ? Math.floor(random() * 30) : 1e9;
      const consumer = set.peer(REQUIRE + CONSUMER, { host: 1, args: [way, String(stop), ...next.map(String)] });
      const { stdout, stderr } = await consumer.ended;
      expect(stderr).toBe("");
      const seen = JSON.parse(stdout.trim()) as Seen;
      const first = [Number.NaN, Number.NaN];
      for (const [from, id, price] of seen) {
        expect(price).toBe(trade(id, from).price);
        const expected = next[from] as number;
        if (Number.isNaN(first[from])) {
          first[from] = id;
          // A successor may find what was in its predecessor's hand, at most a lane of it, and nothing older.
          expect(id).toBeGreaterThanOrEqual(expected - 16);
          expect(id).toBeLessThanOrEqual(expected);
          again += expected - id;
        } else {
          expect(id).toBe(expected);
        }
        next[from] = id + 1;
      }
      expect(round).toBeLessThan(40);
    }
    await done;
    expect(next).toEqual([200, 200]);
    expect(again).toBeLessThan(3 * 32);
    expect(SharedQueue.open(set.segment, "trades", { message: Trade }).backlog).toBe(0);
  });

  test("has each message of a killed producer whole or not at all, and its successor goes on in the lane", async () => {
    const random = randomFrom(seedOf(`killed producers on ${mode} memory`));
    const set = await testSegment(mode, { participantsPerHost: 1 });
    const consumers = await joined(await set.reopen(1), 1);
    const creator = await joined(set.segment);
    await SharedQueue.create(creator, "trades", { message: Trade, capacity: 8, host: 1 });
    await creator.leave();
    using consumer = SharedQueue.open(consumers, "trades", { message: Trade, role: "consumer" });
    let from = 0;
    const pushed: number[] = [];
    for (const point of ["queue.use", "queue.push.stored", "queue.push.published"]) {
      const count = point === "queue.use" ? 0 : Math.floor(random() * 20);
      const victim = set.peer(
        `${PRELUDE}
         const queue = SharedQueue.open(participant, "trades", { message: Trade });
         let count = 0;
         atFailPoint(${JSON.stringify(point)}, () => { if (count++ === ${count}) process.kill(process.pid, "SIGKILL"); });
         for (let id = 0; id < 21; id++) await queue.push(trade(id, ${from}), { timeout: 20000 });`,
      );
      let ended = false;
      void victim.ended.then(() => {
        ended = true;
      });
      const seen: number[] = [];
      while (!ended || consumer.backlog > 0) {
        consumer.drain((message) => {
          expect(message.toObject()).toEqual(trade(message.id, from));
          seen.push(message.id);
        });
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      const expected = point === "queue.push.published" ? count + 1 : count;
      expect(seen).toEqual(range(0, expected));
      pushed.push(...seen);
      from++;
    }
    expect(consumer.tryTake()).toBe(undefined);
  });
});

describe.each(MODES.slice(0, 2))("a damaged queue on %s memory", (mode) => {
  test("gives an error once for the damaged lane, and the messages of the others", async () => {
    const set = await testSegment(mode);
    const one = await joined(set.segment);
    const two = await joined(set.segment);
    const producer = await SharedQueue.create(one, "trades", { message: Trade, capacity: 4 });
    const other = SharedQueue.open(two, "trades", { message: Trade });
    using consumer = SharedQueue.open(two, "trades", { message: Trade, role: "consumer" });
    producer.tryPush(trade(1));
    other.tryPush(trade(2));
    // The tail of the first lane says more than fits.
    const counts = { hosts: 2, lanes: 8, ringBytes: 4 * slotSize(Trade.size) };
    const { offset = 0, length = 0 } = set.segment.entries().find(({ name }) => name === "trades") ?? {};
    const lane = offset + length - queueSize(counts) + laneAt(counts, one.index);
    set.segment.memory.mapping.view(Uint32Array, lane + Lane.tail, 1)[0] = 99;
    const errors: string[] = [];
    const ids: number[] = [];
    for (let i = 0; i < 10; i++) {
      try {
        const message = consumer.tryTake();
        if (message !== undefined) ids.push(message.id);
      } catch (error) {
        errors.push((error as { code: string }).code);
      }
      other.tryPush(trade(3 + i));
    }
    expect(errors).toEqual(["ERR_FAMFS_CORRUPT"]);
    expect(ids).toEqual([2, ...range(3, 11)]);
  });
});
