import { SharedArray, SharedMutex, u32 } from "famfs";
import { atFailPoint } from "famfs/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { expectError } from "../support/errors.js";
import { MODES } from "../support/modes.js";
import { joined, sleep } from "../support/segment.js";
import { PRELUDE, stage } from "./mutex-stage.js";

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

  test("lets many callers wait without a warning of the engine", async () => {
    const { mutex } = await stage(mode);
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning);
    process.on("warning", onWarning);
    onTestFinished(() => void process.off("warning", onWarning));
    const waiting = Array.from({ length: 20 }, () => mutex.lock());
    for (const guard of waiting) (await guard).release();
    await sleep(0);
    expect(warnings).toEqual([]);
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

describe.each(MODES)("a mutex on %s memory and whoever leaves", (mode) => {
  test("tells the next owner that it was not given back", async () => {
    const { segment, reopen, mutex } = await stage(mode);
    const leaver = await joined(segment);
    const theirs = SharedMutex.open(leaver, "it");
    const data = SharedArray.open(leaver, "data", { element: u32 });
    const guard = theirs.lockSync({ timeout: 0, guards: [data] });
    const pending = theirs.lock();
    (data.values as Uint32Array)[9] = 9;
    const leaving = leaver.leave();
    await expectError("ERR_FAMFS_CLOSED", () => pending);
    await leaving;
    await expectError("ERR_FAMFS_CLOSED", () => guard.release());
    guard.release();
    await expectError("ERR_FAMFS_CLOSED", () => theirs.tryLock());
    const elsewhere = await joined(await reopen(1), 1);
    const others = SharedArray.open(elsewhere, "data", { element: u32 });
    const next = await SharedMutex.open(elsewhere, "it").lock({ guards: [others] });
    expect([next.ownerDied, others.values?.[9]]).toEqual([true, 9]);
    next.release();
    // Its successor in the slot begins clean.
    const heir = SharedMutex.open(await joined(segment), "it");
    expect(heir.tryLock()?.ownerDied).toBe(false);
    expect(mutex.tryLock()).toBeUndefined();
  });
});

describe("the options of a mutex", () => {
  test("are checked, and nothing is locked", async () => {
    const { instance, segment, participant, mutex, data } = await stage("coherent");
    const reject = (opts: object) => () => mutex.tryLock(opts as never);
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", reject({ timeout: 1 }), "timeout");
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", reject({ guards: [{ array: data, length: 1 }] }), "length");
    await expectError("ERR_FAMFS_INVALID_TYPE", reject({ repair: true }));
    await expectError("ERR_FAMFS_INVALID_TYPE", reject({ guards: data }));
    await expectError("ERR_FAMFS_INVALID_TYPE", reject({ guards: [{ array: 1 }] }));
    await expectError("ERR_FAMFS_INVALID_TYPE", reject({ guards: [undefined] }));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => mutex.tryLock(7 as never));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", reject({ guards: Array(9).fill(data) }), "8");
    await expectError("ERR_FAMFS_OUT_OF_RANGE", reject({ guards: [{ array: data, from: 64 }] }));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", reject({ guards: [{ array: data, from: 32, to: 32 }] }));
    await expectError("ERR_FAMFS_MISALIGNED", reject({ guards: [{ array: data, from: 1 }] }));
    await expectError("ERR_FAMFS_MISALIGNED", reject({ guards: [{ array: data, to: 33 }] }));
    const file = await instance.create("elsewhere", { size: 4096 });
    const elsewhere = SharedArray.over(file.map(), u32);
    await expectError("ERR_FAMFS_INVALID_TYPE", reject({ guards: [elsewhere] }), /guards\[0\]/);
    await expectError("ERR_FAMFS_INVALID_TYPE", () => mutex.lockSync({} as never), "timeout");
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => mutex.lockSync({ timeout: -1 }));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => mutex.lock({ timeout: Number.NaN }));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => mutex.lock({ signal: 1 as never }));
    const looked = SharedMutex.open(segment, "it");
    await expectError("ERR_FAMFS_PERMISSION", () => looked.tryLock(), "join()");
    expect(looked.token).toBe(0);
    const guard = mutex.tryLock({ guards: Array(8).fill(data) });
    expect(guard?.token).toBe(1);
    await participant.leave();
  });

  test("what ends an operation at a fail point gives the mutex back", async () => {
    const { mutex } = await stage("incoherent");
    onTestFinished(() => atFailPoint("mutex.held", undefined));
    atFailPoint("mutex.held", () => {
      throw new Error("enough");
    });
    await expect(mutex.lock()).rejects.toThrow("enough");
    expect(() => mutex.lockSync({ timeout: 0 })).toThrow("enough");
    atFailPoint("mutex.held", undefined);
    expect(mutex.tryLock()?.held).toBe(true);
  });
});
