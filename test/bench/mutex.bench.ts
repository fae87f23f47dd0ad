import { rm } from "node:fs/promises";
import { type Coherence, f64, openInstance, Segment, SharedArray, SharedMutex } from "famfs";
import type { BenchCase, BenchContext } from "./case.js";
import { child, yardstick } from "./measure.js";

const SHAPE = { size: 1 << 20, hosts: 2, participantsPerHost: 4 };

/** A segment with a mutex and what it guards. */
async function stage(scratch: BenchContext["scratch"], coherence: Coherence) {
  const instance = await openInstance(scratch.instance.path, { coherence });
  const segment = await Segment.create(instance, "mutex", SHAPE);
  const participant = await segment.join({ host: 0 });
  const mutex = await SharedMutex.create(participant, "it");
  const state = await SharedArray.create(participant, "state", { element: f64, length: 8 });
  const end = async () => {
    await segment.close();
    await instance.close();
    await rm(scratch.path("mutex"));
  };
  return { mutex, state, end };
}

/** Nobody else wants it; nanoseconds of a lock and its release. */
function uncontended(name: string, form: "lockSync" | "lock" | "guarded", coherence: Coherence): BenchCase {
  return {
    name,
    rounds: 9,
    async prepare({ quick, scratch }) {
      const { mutex, state, end } = await stage(scratch, coherence);
      const options = { timeout: 1000, ...(form === "guarded" && { guards: [state] }) };
      const count = (quick ? 20_000 : 500_000) / (coherence === "coherent" ? 1 : 20);
      const loop = () => {
        for (let i = 0; i < count; i++) mutex.lockSync(options).release();
      };
      const asyncLoop = async () => {
        for (let i = 0; i < count; i++) (await mutex.lock()).release();
      };
      const run = form === "lock" ? asyncLoop : loop;
      await run();
      return {
        async ours() {
          const start = process.hrtime.bigint();
          await run();
          return Number(process.hrtime.bigint() - start) / count;
        },
        end,
      };
    },
  };
}

/** From the release in one process to the return of the other one's lock, who was waiting: the median of many. */
function handOver(name: string, form: "sync" | "async", unit: number): BenchCase {
  return {
    name,
    rounds: 7,
    async prepare({ quick, scratch }) {
      const count = quick ? 300 : 3000;
      const ours = async () => {
        const { end } = await stage(scratch, "coherent");
        const play = (number: number) => child("mutex", [form, scratch.instance.path, count, number]);
        const [median] = await Promise.all([play(0), play(1)]);
        await end();
        return Number(median) / unit;
      };
      if (form === "async") return { ours };
      return {
        ours,
        yardstick: async () => {
          const file = await scratch.create("mutex-c", 4096);
          const { ns } = await yardstick("mutex", [file.path, count]);
          await scratch.remove(file);
          return ns as number;
        },
      };
    },
  };
}

export const cases: readonly BenchCase[] = [
  uncontended("mutex, lockSync and release", "lockSync", "coherent"),
  uncontended("mutex, await lock and release", "lock", "coherent"),
  handOver("mutex handed over, lockSync", "sync", 1),
  handOver("mutex handed over, await lock", "async", 1000),
  uncontended("mutex, lockSync and release, incoherent", "lockSync", "incoherent"),
  uncontended("mutex, lockSync and release with a guard, incoherent", "guarded", "incoherent"),
];
