// One player of a litmus program, in a worker. Both play a batch of places, each place at about the same moment, meet,
// and go on with the next value; player 0 counts the outcomes and posts them.
import { parentPort, workerData } from "node:worker_threads";
import { openInstance } from "famfs";
import { broken, Place, programs } from "./programs.js";

const { path, file, options, program, player, rounds, places, shared } = workerData;
const meeting = new Int32Array(shared, 0, 2);
const progress = new Int32Array(shared, 128, 64);
const seen = new Uint8Array(shared, 512);
const play = { ...programs, ...broken }[program].players[player];

/** Returns when both are here. The last one to come wakes the other. */
function meet() {
  const turn = Atomics.load(meeting, 1);
  if (Atomics.add(meeting, 0, 1) === 1) {
    Atomics.store(meeting, 0, 0);
    Atomics.add(meeting, 1, 1);
    Atomics.notify(meeting, 1);
    return;
  }
  for (let spin = 0; spin < 2000; spin++) if (Atomics.load(meeting, 1) !== turn) return;
  while (Atomics.load(meeting, 1) === turn) Atomics.wait(meeting, 1, turn, 1000);
}

/** Waits a little for the other to come to the same place, and then for no, some or many nanoseconds. */
function approach(step) {
  Atomics.store(progress, player * 32, step);
  for (let spin = 0; spin < 300 && Atomics.load(progress, (1 - player) * 32) < step; spin++);
  for (let jitter = Math.random() * 12; jitter > 1; jitter--) Atomics.load(progress, player * 32);
}

function countOutcomes(counts) {
  for (let i = 0; i < places; i++) {
    const outcome = `${seen[i]} ${seen[places + i]}`;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
}

const instance = await openInstance(path, options);
const mapping = (await instance.open(file, { access: "read-write" })).map();
const all = Array.from({ length: places }, (_, i) => new Place(mapping, i));
const counts = {};
for (let value = 1; value <= Math.ceil(rounds / places); value++) {
  meet();
  for (let i = 0; i < places; i++) {
    approach(value * places + i);
    seen[player * places + i] = play(all[i], value);
  }
  meet();
  if (player === 0) countOutcomes(counts);
}
await instance.close();
parentPort.postMessage(counts);
