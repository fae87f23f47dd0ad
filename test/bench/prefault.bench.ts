import type { BenchCase } from "./case.js";
import { longestTimerDelay, pause } from "./measure.js";

const MIB = 2 ** 20;
const PAGE = 4096;

/** The worst timer of the work, and of as long an idle time right after it. */
function delays(work: () => Promise<() => Promise<unknown>>) {
  let duration = 0;
  return {
    async ours() {
      const go = await work();
      const start = performance.now();
      const delay = await longestTimerDelay(go);
      duration = performance.now() - start;
      return delay;
    },
    yardstick: () => longestTimerDelay(() => pause(duration)),
  };
}

/** The event loop while another thread makes the page tables of a file that was just made. */
function prefault(name: string, make: "create" | "sparse"): BenchCase {
  return {
    name,
    rounds: 9,
    prepare({ quick, scratch }) {
      const size = (quick ? 32 : 1024) * MIB;
      let end = async () => {};
      const sides = delays(async () => {
        await end();
        const file = await scratch[make]("prefault", size);
        const mapping = file.map();
        end = async () => {
          mapping.close();
          await mapping.released;
          await scratch.remove(file);
        };
        return () => mapping.prefault("write");
      });
      return { ...sides, end: () => end() };
    },
  };
}

/** The event loop while touched memory is let go, from the call of close() until `released`. */
const closeTouched: BenchCase = {
  name: "timer delay, close 4 GiB touched",
  rounds: 7,
  async prepare({ quick, scratch }) {
    const size = (quick ? 32 : 4096) * MIB;
    const file = await scratch.create("close", size);
    const sides = delays(async () => {
      const mapping = file.map();
      await mapping.prefault("write");
      const bytes = mapping.bytes();
      for (let at = 0; at < size; at += PAGE) bytes[at] = 1;
      await pause(50);
      return () => {
        mapping.close();
        return mapping.released;
      };
    });
    return { ...sides, end: () => scratch.remove(file) };
  },
};

export const cases: readonly BenchCase[] = [
  prefault("timer delay, prefault 1 GiB", "create"),
  prefault("timer delay, prefault 1 GiB sparse", "sparse"),
  closeTouched,
];
