// mutex.js sync|async PATH COUNT NUMBER: one of two processes that hand a mutex over COUNT times in all. Who has it waits
// until the other one waits for it, notes the time and gives it back. NUMBER 0 prints the median, in nanoseconds.
import { setImmediate as nextTurn } from "node:timers/promises";
import { f64, openInstance, Segment, SharedArray, SharedMutex } from "famfs";

const [form, path, count, number] = process.argv.slice(2) as [string, string, string, string];
const handOvers = Number(count);
const me = Number(number);
const instance = await openInstance(path);
const segment = await Segment.open(instance, "mutex");
const participant = await segment.join();
const mutex = SharedMutex.open(participant, "it");
const { values } = SharedArray.open(participant, "state", { element: f64 });
/** Hand-overs so far, and the time of the last release. */
const state = values as Float64Array;
/** Plain loads in a loop may be merged; an atomic one between them forbids it. */
const fence = new Int32Array(1);
const look = (at: number) => state[at + Atomics.load(fence, 0)] as number;
const now = () => Number(process.hrtime.bigint() % 1_000_000_000_000n);

/** Long enough for the other one to be asleep, in nanoseconds. */
const HOLD = 30_000;

const late: number[] = [];
for (let turn = me + 1; turn <= handOvers; turn += 2) {
  // Who gave the mutex back does not ask again before the other one has had it.
  while (look(0) < turn - 1) if (form === "async") await nextTurn();
  const guard = form === "sync" ? mutex.lockSync({ timeout: 20_000 }) : await mutex.lock({ timeout: 20_000 });
  const got = now();
  if (turn > 1) late.push(got - look(1));
  state[0] = turn;
  const start = now();
  while (now() - start < HOLD);
  state[1] = now();
  guard.release();
}
if (me === 0) console.log(late.sort((a, b) => a - b)[late.length >> 1]);
await segment.close();
await instance.close();
