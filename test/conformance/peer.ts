import { parentPort } from "node:worker_threads";
import { openInstance, Segment } from "famfs";
import { atFailPoint } from "famfs/testing";
import { randomFrom } from "../support/seed.js";
import { damageAndUse } from "./damage.js";
import { type Mode, type Operation, outcomeOf, type Subject } from "./subject.js";
import { SUBJECTS } from "./subjects/all.js";

/** What a peer is told first. */
export interface Task {
  readonly subject: string;
  /** Of the instance; the segment is `"segment"`, the structure `"it"`. */
  readonly path: string;
  readonly coherence: Mode;
  readonly who: number;
  readonly host: number;
  readonly lease: number;
  /** How long a call may wait for others, in milliseconds. */
  readonly patience: number;
  readonly what:
    | { readonly do: "torture"; readonly parties: number; readonly rounds: number; readonly seed: number }
    | { readonly do: "die"; readonly at: string; readonly before: readonly Operation[]; readonly during: Operation }
    | { readonly do: "damage"; readonly runs: number; readonly seed: number };
}

/*
 * The other end of peers.ts: one party of a subject, in a process or in a worker. It is bundled by itself.
 */

const waiting: ((message: unknown) => void)[] = [];
const come: unknown[] = [];
function receive(message: unknown): void {
  const taker = waiting.shift();
  if (taker === undefined) come.push(message);
  else taker(message);
}
(parentPort ?? process).on("message", receive);

function next<T>(): Promise<T> {
  if (come.length > 0) return Promise.resolve(come.shift() as T);
  return new Promise((resolve) => waiting.push(resolve as (message: unknown) => void));
}

function tell(message: unknown): Promise<void> {
  if (parentPort !== null) parentPort.postMessage(message);
  else return new Promise((resolve) => process.send?.(message, () => resolve()));
  return Promise.resolve();
}

/** A process is killed; a worker stands still, and is terminated by the one that hears of it. */
function die(): void {
  if (parentPort === null) process.kill(process.pid, "SIGKILL");
  parentPort?.postMessage("there");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

async function main(): Promise<void> {
  const task = await next<Task>();
  const subject = SUBJECTS.find(({ name }) => name === task.subject) as Subject;
  const { what, who, host, patience } = task;
  const instance = await openInstance(task.path, { coherence: task.coherence, host });
  const segment = await Segment.open(instance, "segment");
  if (what.do === "damage") {
    await tell(await damageAndUse(subject, segment, what));
  } else {
    const participant = await segment.join({ host, name: `party ${who}`, lease: task.lease });
    const structure = subject.open(participant, "it", { who, patience });
    if (what.do === "die") {
      for (const operation of what.before) await outcomeOf(() => subject.act(structure, operation));
      atFailPoint(what.at, die);
      const outcome = await outcomeOf(() => subject.act(structure, what.during));
      await tell(`went on past ${what.at}: ${JSON.stringify(outcome)}`);
    } else {
      await tell("ready");
      await next();
      const { parties, rounds, seed } = what;
      const report = await subject.torture.play(structure, { who, parties, rounds, random: randomFrom(seed) });
      await tell({ report });
      // Whoever ends early would be dead for the others.
      await next();
    }
  }
  await instance.close();
  parentPort?.close();
  process.disconnect?.();
}

await main();
