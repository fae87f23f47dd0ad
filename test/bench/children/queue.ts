// queue.js produce|consume|drain|ping|pong PATH COHERENCE BATCH COUNT WARM: an end of the queue "there", and for ping and pong also
// one of "back". Prints the nanoseconds of a message, or of a round trip; the first WARM of them are not counted.
// queue.js ping-async|pong-async ...: the same with await push and await take. Prints the median round trip in nanoseconds.
import { f64, openInstance, Segment, SharedQueue, struct } from "famfs";

const Message = struct({ a: f64, b: f64, c: f64, d: f64, e: f64, f: f64, g: f64, h: f64 });
type Queue = SharedQueue<typeof Message>;
type View = ReturnType<Queue["at"]>;

type Arguments = [string, string, "coherent", string, string, string];
const [role = "", path, coherence, ...numbers] = process.argv.slice(2) as Arguments;
const [batch, count, warm] = numbers.map(Number) as [number, number, number];
const [pings, pongs] = [role.startsWith("ping"), role.startsWith("pong")];
const takes = role === "consume" || role === "drain";
const instance = await openInstance(path, { coherence });
const segment = await Segment.open(instance, "segment");
const participant = await segment.join({ host: 0 });
const open = (name: string, consumer: boolean) =>
  SharedQueue.open(participant, name, { message: Message, role: consumer ? "consumer" : "producer" });
const there = open("there", takes || pongs);
const back = pings || pongs ? open("back", pings) : there;

/** An object's fields, because variables of a module that hold doubles are allocated at each change. */
const totals = { number: 0, sum: 0.5 };

function put(queue: Queue): number {
  let message = queue.claim();
  while (message === undefined) message = queue.claim();
  const value = totals.number++;
  message.a = value;
  message.b = value + 1;
  message.c = value + 2;
  message.d = value + 3;
  message.e = value + 4;
  message.f = value + 5;
  message.g = value + 6;
  message.h = value + 7;
  queue.commit();
  return 1;
}

function get(queue: Queue): number {
  let message = queue.tryTake();
  while (message === undefined) message = queue.tryTake();
  totals.sum += message.a + message.b + message.c + message.d + message.e + message.f + message.g + message.h;
  return 1;
}

function putRun(queue: Queue, wanted: number): number {
  let run = queue.claimRun(wanted);
  while (run === 0) run = queue.claimRun(wanted);
  for (let i = 0; i < run; i++) {
    const message = queue.at(i);
    const value = totals.number++;
    message.a = value;
    message.b = value + 1;
    message.c = value + 2;
    message.d = value + 3;
    message.e = value + 4;
    message.f = value + 5;
    message.g = value + 6;
    message.h = value + 7;
  }
  queue.commitRun();
  return run;
}

function getRun(queue: Queue, wanted: number): number {
  let run = queue.takeRun(wanted);
  while (run === 0) run = queue.takeRun(wanted);
  let sum = 0;
  for (let i = 0; i < run; i++) {
    const message = queue.at(i);
    sum += message.a + message.b + message.c + message.d + message.e + message.f + message.g + message.h;
  }
  totals.sum += sum;
  queue.releaseRun();
  return run;
}

/** One function, because drain would compile each anew. */
const add = (message: View): void => {
  totals.sum += message.a + message.b + message.c + message.d + message.e + message.f + message.g + message.h;
};

function drain(queue: Queue, limit: number): number {
  let count = queue.drain(add, limit);
  while (count === 0) count = queue.drain(add, limit);
  return count;
}

function move(left: number): number {
  if (role === "drain") return drain(there, batch);
  if (role === "produce") return batch === 1 ? put(there) : putRun(there, Math.min(batch, left));
  if (role === "consume") return batch === 1 ? get(there) : getRun(there, batch);
  if (role === "ping") {
    put(there);
    return get(back);
  }
  get(there);
  return put(back);
}

function moveUpTo(end: number, from: number): number {
  let done = from;
  while (done < end) done += move(count - done);
  return done;
}

function spinning(): number {
  const before = moveUpTo(warm, 0);
  const start = process.hrtime.bigint();
  moveUpTo(count, before);
  return Number(process.hrtime.bigint() - start) / (count - before);
}

/** The median, because a few round trips wait for a collection, or for a CPU. */
async function awaiting(): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = process.hrtime.bigint();
    if (pongs) totals.sum += (await there.take()).a;
    await (pongs ? back : there).push({ a: i, b: 1, c: 2, d: 3, e: 4, f: 5, g: 6, h: 7 });
    if (pings) totals.sum += (await back.take()).a;
    if (i >= warm) times.push(Number(process.hrtime.bigint() - start));
  }
  return times.sort((a, b) => a - b)[times.length >> 1] as number;
}

console.log(role.endsWith("async") ? await awaiting() : spinning());
if (takes) there.release();
await instance.close();
if (Number.isNaN(totals.sum)) throw new Error("the messages are damaged");
process.exit(0);
