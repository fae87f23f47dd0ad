import { SharedArray, SharedMutex, SharedRecord, struct, u32 } from "famfs";
import { atFailPoint } from "famfs/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { expectError } from "../support/errors.js";
import { REAL_MODES } from "../support/modes.js";
import { eventually, joined, LEASE, sleep, stopped, testSegment } from "../support/segment.js";

const MODES = [...REAL_MODES, "simulated"] as const;

/** What scripts use. */
const PRELUDE = `
  const { SharedMutex } = await import("famfs");
  const mutex = SharedMutex.open(participant, "it");
  const data = SharedArray.open(participant, "data", { element: u32 });
  const guards = [data];
  const kill = (signal) => process.kill(process.pid, signal);`;

/** A segment with a mutex and what it guards. */
async function stage(mode: (typeof MODES)[number], participantsPerHost = 4) {
  const set = await testSegment(mode, { participantsPerHost });
  const participant = await joined(set.segment);
  const mutex = await SharedMutex.create(participant, "it");
  const data = await SharedArray.create(participant, "data", { element: u32, length: 64 });
  const words = data.values as Uint32Array;
  return { ...set, participant, mutex, data, words, guards: [data] };
}

describe.each(MODES)("a mutex on %s memory", (mode) => {
  test("lets one in at a time, whose tokens grow, and hands over what it guards", async () => {
    const { reopen, mutex, words, guards } = await stage(mode);
    const theirs = await joined(await reopen(1), 1);
    const other = SharedMutex.open(theirs, "it");
    const others = SharedArray.open(theirs, "data", { element: u32 });
    expect(mutex.token).toBe(0);
    {
      using first = mutex.lockSync({ timeout: 100, guards });
      expect(first).toMatchObject({ token: 1, ownerDied: false, held: true });
      expect(other.tryLock()).toBeUndefined();
      await expectError("ERR_FAMFS_TIMEOUT", () => other.lock({ timeout: 10 }), "test");
      await expectError("ERR_FAMFS_TIMEOUT", () => other.lockSync({ timeout: 10 }), "test");
      words[3] = 7;
    }
    {
      using second = await other.lock({ guards: [{ array: others, from: 0, to: 32 }] });
      expect(second.token).toBe(2);
      expect(others.values?.[3]).toBe(7);
    }
    const third = mutex.tryLock();
    expect(third).toMatchObject({ token: 3, held: true });
    third?.release();
    third?.release();
    expect(third?.held).toBe(false);
    expect(other.token).toBe(3);
    expect(SharedMutex.open(await reopen(1), "it").token).toBe(3);
  });

  test("excludes callers of one participant, who get it in their order, and refuses to wait for its own thread", async () => {
    const { participant, mutex } = await stage(mode);
    const again = SharedMutex.open(participant, "it");
    const order: number[] = [];
    const first = await mutex.lock();
    const rest = [1, 2, 3].map(async (number) => {
      using guard = await (number === 2 ? again : mutex).lock();
      order.push(number, guard.token);
      await sleep(2);
    });
    expect(again.tryLock()).toBeUndefined();
    await expectError("ERR_FAMFS_REENTRANT", () => again.lockSync({ timeout: 1000 }), "await lock()");
    await expectError("ERR_FAMFS_TIMEOUT", () => mutex.lock({ timeout: 5 }), "not reentrant");
    first.release();
    await Promise.all(rest);
    expect(order).toEqual([1, 2, 2, 3, 3, 4]);
    mutex.lockSync({ timeout: 0 }).release();
  });

  test("leaves the line clean after a time-out or an abort", async () => {
    const { reopen, mutex } = await stage(mode);
    const other = SharedMutex.open(await joined(await reopen(1), 1), "it");
    const guard = mutex.lockSync({ timeout: 0 });
    const stop = new AbortController();
    const waits = [
      other.lock({ signal: stop.signal }),
      other.lock({ signal: stop.signal }),
      other.lock({ timeout: 20 }),
    ];
    setTimeout(() => stop.abort(new Error("enough")), 5);
    await expect(waits[0]).rejects.toThrow("enough");
    await expect(waits[1]).rejects.toThrow("enough");
    await expectError("ERR_FAMFS_TIMEOUT", () => waits[2] as Promise<unknown>);
    await expect(other.lock({ signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
    guard.release();
    for (const each of [mutex, other, mutex]) each.lockSync({ timeout: 1000 }).release();
    expect(mutex.token).toBe(4);
  });

  test("loses no update of 8 processes to data in place", async () => {
    const { peer, mutex, words, guards } = await stage(mode, 5);
    const times = mode === "coherent" ? 2000 : mode === "incoherent" ? 100 : 25;
    const peers = Array.from({ length: 8 }, (_, i) =>
      peer(
        `${PRELUDE}
         for (let i = 0; i < ${times}; i++) {
           const guard = ${i % 2 === 0 ? "await mutex.lock" : "mutex.lockSync"}({ guards, timeout: 20_000 });
           for (let at = 0; at < 64; at += 21) data.values[at] = data.values[at] + 1;
           guard.release();
         }
         await tell("done");`,
        { host: i % 2, lease: 10_000 },
      ),
    );
    for (const one of peers) expect(await one.message()).toBe("done");
    using guard = await mutex.lock({ guards });
    expect([0, 21, 42, 63].map((at) => words[at])).toEqual(Array(4).fill(8 * times));
    expect(guard).toMatchObject({ token: 8 * times + 1, ownerDied: false });
  });
});
