import { SharedQueue } from "famfs";
import { expect, inject, test } from "vitest";
import { MODES } from "../support/modes.js";
import { joined, testSegment } from "../support/segment.js";
import { PRELUDE, Trade } from "./trades.js";

const counts = inject("queueMessages");
const PRODUCERS = 2;

/** Both sum up what they move, in whole numbers: equal sums, with the order, say that nothing was changed. */
const SUM = `
  const { setImmediate: nextTurn } = await import("node:timers/promises");
  const mixed = (id, from) => (Math.imul(id + 1, 0x9e3779b1) ^ Math.imul(from + 1, 0x85ebca6b)) >>> 0;
  const [count, from] = args.map(Number);
`;

const PRODUCER = `${PRELUDE}${SUM}
  const queue = SharedQueue.open(participant, "trades", { message: Trade });
  for (let id = 0; id < count; ) {
    const run = queue.claimRun(Math.min(count - id, 1 + (id % 100)));
    for (let i = 0; i < run; i++, id++) queue.at(i).assign({ id, from, price: mixed(id, from) });
    if (run > 0) queue.commitRun();
    else await nextTurn();
  }
  await tell("done");
`;

const CONSUMER = `${PRELUDE}${SUM}
  const queue = SharedQueue.open(participant, "trades", { message: Trade, role: "consumer" });
  const next = new Array(${PRODUCERS}).fill(0);
  let broken;
  let left = count * ${PRODUCERS};
  const see = (message) => {
    const { id, from, price } = message;
    if (id !== next[from]) broken ??= "found " + id + " of " + from + ", expected " + next[from];
    if (price !== mixed(id, from)) broken ??= "message " + id + " of " + from + " has " + price;
    next[from]++;
    left--;
  };
  while (left > 0 && broken === undefined) {
    const run = queue.takeRun(200);
    for (let i = 0; i < run; i++) see(queue.at(i));
    queue.releaseRun();
    if (run === 0 && queue.drain(see) === 0) await nextTurn();
  }
  await tell(broken ?? next);
`;

test.each(MODES)("every message of two producers arrives whole, once and in order on %s memory", async (mode) => {
  const count = Math.ceil(counts[mode] / PRODUCERS);
  const timeout = 30 * 60_000;
  const set = await testSegment(mode);
  await SharedQueue.create(await joined(set.segment), "trades", { message: Trade, capacity: 1024, host: 1 });
  const consumer = set.peer(CONSUMER, { host: 1, args: [String(count)], timeout });
  for (let from = 0; from < PRODUCERS; from++)
    set.peer(PRODUCER, { host: 0, args: [String(count), String(from)], timeout });
  expect(await consumer.message()).toEqual(new Array(PRODUCERS).fill(count));
});
