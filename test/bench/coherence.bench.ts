import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { FamfsFile, Mapping } from "famfs";
import { openInstance } from "famfs";
import type { BenchCase, BenchContext } from "./case.js";
import { child, yardstick } from "./measure.js";

const MIB = 2 ** 20;

/** Nanoseconds of one call; the first tenth is not counted. */
function perCall(count: number, call: () => void): number {
  const warm = Math.ceil(count / 10);
  for (let i = 0; i < warm; i++) call();
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) call();
  return Number(process.hrtime.bigint() - start) / count;
}

/** The same file through an incoherent instance. */
async function incoherent(file: FamfsFile, scratch: BenchContext["scratch"]): Promise<Mapping> {
  const instance = await openInstance(scratch.instance.path, { coherence: "incoherent" });
  return (await instance.open(file.path.slice(instance.path.length + 1), { access: "read-write" })).map();
}

/** Repeated on one range whose lines are clean: what is measured is the call, and the instructions themselves. */
function flush(name: string, what: "write-back" | "invalidate", length: number): BenchCase {
  return {
    name,
    rounds: 15,
    async prepare({ quick, scratch }) {
      const file = await scratch.create("flush", length);
      const mapping = await incoherent(file, scratch);
      mapping.bytes().fill(1);
      const count = Math.max(3, Math.floor((quick ? 20_000 : 200_000) / Math.max(1, length / 512)));
      const call = what === "write-back" ? () => mapping.writeBack(0, length) : () => mapping.invalidate(0, length);
      return {
        ours: () => perCall(count, call),
        yardstick: async () => (await yardstick("flush", [file.path, what, length, count]))["ns"] as number,
        end: async () => {
          mapping.close();
          await scratch.remove(file);
        },
      };
    },
  };
}

function word(name: string, bits: 32 | 64): BenchCase {
  return {
    name,
    rounds: 15,
    async prepare({ quick, scratch }) {
      const file = await scratch.create("word", 4096);
      const mapping = file.map();
      const count = quick ? 100_000 : 2_000_000;
      const commit = mapping.commitWord(0, { bits, site: "bench.word" });
      const bare = mapping.view(Int32Array, 128, 1);
      const wide = mapping.view(BigInt64Array, 256, 1);
      let sum = 0;
      const ours = () => {
        for (let i = 0; i < count; i++) {
          commit.publish(i, 64, 64);
          sum += commit.observe();
        }
      };
      const atomics = () => {
        for (let i = 0; i < count; i++) {
          Atomics.store(bare, 0, i);
          sum += Atomics.load(bare, 0);
        }
      };
      // What a 64-bit word costs by itself, as numbers.
      const wideAtomics = () => {
        for (let i = 0; i < count; i++) {
          Atomics.store(wide, 0, BigInt(i));
          sum += Number(Atomics.load(wide, 0));
        }
      };
      const yardstick = bits === 32 ? atomics : wideAtomics;
      return {
        ours: () => perCall(1, ours) / count,
        yardstick: () => perCall(1, yardstick) / count,
        end: async () => {
          mapping.close();
          await scratch.remove(file);
          if (sum === 0) throw new Error("nothing was observed");
        },
      };
    },
  };
}

const roundTrip: BenchCase = {
  name: "spinning round trip of two processes",
  rounds: 7,
  async prepare({ quick, scratch }) {
    const count = quick ? 300_000 : 1_000_000;
    const measure = async () => {
      const file = await scratch.create("ping", 4096);
      const pong = child("ping-pong", ["pong", scratch.instance.path, "ping", count]);
      const ns = Number(await child("ping-pong", ["ping", scratch.instance.path, "ping", count]));
      await pong;
      await scratch.remove(file);
      return ns;
    };
    return {
      ours: measure,
      yardstick: async () => {
        const file = await scratch.create("ping-c", 4096);
        const figures = await yardstick("ping_pong", [file.path, count]);
        await scratch.remove(file);
        return figures["ns"] as number;
      },
    };
  },
};

/** How late the event loop learns what another process published, in microseconds: the median of many. */
function eventLoop(name: string, waiters: number): BenchCase {
  return {
    name,
    rounds: 5,
    async prepare({ quick, scratch }) {
      const count = quick ? 300 : 3000;
      return {
        ours: async () => {
          const file = await scratch.create("news", 4096);
          const mapping = file.map();
          const answer = mapping.commitWord(128, { bits: 32, site: "bench.answer" });
          const time = mapping.view(Float64Array, 64, 1);
          const script = fileURLToPath(new URL("./children/publisher.js", import.meta.url));
          const args = [script, scratch.instance.path, "news", count, 300, waiters];
          const publisher = spawn(process.execPath, args.map(String), { stdio: "inherit" });
          const late: number[] = [];
          const more = waiters < 0 ? {} : { waiters };
          for (let i = 1; i <= count; i++) {
            const news = mapping.waitUntil(0, { bits: 32, atLeast: i }, { timeout: 20_000, ...more });
            answer.publish(i, 0, 0);
            await news;
            late.push(Number(process.hrtime.bigint() % 1_000_000_000_000n) - (time[0] as number));
          }
          await once(publisher, "exit");
          mapping.close();
          await scratch.remove(file);
          return (late.sort((a, b) => a - b)[count >> 1] as number) / 1000;
        },
      };
    },
  };
}

export const cases: readonly BenchCase[] = [
  flush("write back 64 B", "write-back", 64),
  flush("write back 4 KiB", "write-back", 4096),
  flush("invalidate 64 B", "invalidate", 64),
  flush("invalidate 4 KiB", "invalidate", 4096),
  flush("write back 1 MiB", "write-back", MIB),
  flush("invalidate 1 MiB", "invalidate", MIB),
  flush("write back 64 MiB", "write-back", 64 * MIB),
  flush("invalidate 64 MiB", "invalidate", 64 * MIB),
  word("publish and observe, 32 bits", 32),
  word("publish and observe, 64 bits", 64),
  roundTrip,
  eventLoop("event loop, polling", -1),
  eventLoop("event loop, with sleepers woken", 256),
];
