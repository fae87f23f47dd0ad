import { SharedArray, SharedMutex, SharedRecord, struct, u32 } from "famfs";
import { atFailPoint } from "famfs/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { expectError } from "../support/errors.js";
import { REAL_MODES } from "../support/modes.js";
import { joined, LEASE, sleep, stopped, testSegment } from "../support/segment.js";

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

/** Of each mode some; test/conformance kills at every point. */
const DEATHS = {
  coherent: ["mutex.entered", "mutex.held", "mutex.release"],
  incoherent: ["mutex.held", "mutex.released"],
  simulated: ["mutex.held", "mutex.release"],
} as const;
const STOPS = {
  coherent: ["mutex.entered", "mutex.release"],
  incoherent: ["segment.bakery.choosing", "segment.bakery.in-line", "mutex.held"],
  simulated: ["segment.bakery.in-line", "mutex.release"],
} as const;
const casesOf = (points: Record<(typeof MODES)[number], readonly string[]>) =>
  MODES.flatMap((mode) => points[mode].map((point) => ({ mode, point })));

/** Of who stops: so short that nobody need wait long to find it silent, in milliseconds. */
const SHORT = 100;

/** Changes both words, and comes by all points. */
const CHANGE = `
  const change = () => {
    const guard = mutex.lockSync({ guards, timeout: 1000 });
    data.values[0]++;
    atFailPoint("test", undefined);
    data.values[63]++;
    guard.release();
  };`;

describe("a mutex whose owner dies", () => {
  test.each(casesOf(DEATHS))("at $point on $mode memory is taken over at once by its host", async ({ mode, point }) => {
    const { peer, mutex, words, guards } = await stage(mode);
    const victim = peer(
      `${PRELUDE}${CHANGE}
       change();
       atFailPoint("${point}", () => kill("SIGKILL"));
       change();`,
    );
    expect((await victim.ended).signal).toBe("SIGKILL");
    const repairs: number[][] = [];
    const repair = () => void repairs.push([words[0] as number, words[63] as number]);
    const guard = mutex.tryLock({ guards, repair });
    const inside = point === "mutex.held" || point === "mutex.release";
    const changed = point === "mutex.release" || point === "mutex.released" ? 2 : 1;
    expect(guard).toMatchObject({ ownerDied: inside, token: inside || point === "mutex.released" ? 3 : 2 });
    expect(repairs).toEqual(inside ? [[changed, changed]] : []);
    expect([words[0], words[63]]).toEqual([changed, changed]);
    guard?.release();
    expect(mutex.tryLock()?.ownerDied).toBe(false);
  });

  test.each(["incoherent", "simulated"] as const)(
    "on another host is taken over once a participant there has written back what it guarded, on %s memory",
    async (mode) => {
      const { peer, mutex, words, guards } = await stage(mode);
      const victim = peer(
        `${PRELUDE}
         mutex.lockSync({ guards, timeout: 1000 });
         for (let at = 0; at < 64; at++) data.values[at] = 7;
         kill("SIGKILL");`,
        { host: 1, lease: SHORT },
      );
      expect((await victim.ended).signal).toBe("SIGKILL");
      // Nobody of its host is there to say that it is dead, or to write back. The kernel is seen from here where hosts are
      // one machine.
      const code = mode === "simulated" ? "ERR_FAMFS_OWNER_SILENT" : "ERR_FAMFS_OWNER_LOST";
      await expectError(code, () => mutex.lock({ timeout: 3 * SHORT }), /host 1.*"peer"/);
      const waiting = mode === "simulated" ? mutex.lock({ guards }) : undefined;
      const sibling = peer(`await tell("joined"); await command();`, { host: 1 });
      await sibling.message();
      const guard = await (waiting ?? mutex.lock({ guards }));
      expect(guard.ownerDied).toBe(true);
      expect([...words]).toEqual(Array(64).fill(7));
      guard.release();
      sibling.send("end");
    },
  );

  test.each(["incoherent", "simulated"] as const)(
    "on another host that an operator gave up stays closed until that host is seen again, on %s memory",
    async (mode) => {
      const { peer, participant, mutex, words, guards } = await stage(mode);
      const victim = peer(
        `${PRELUDE}
         mutex.lockSync({ guards, timeout: 1000 });
         data.values[5] = 5;
         kill("SIGKILL");`,
        { host: 1, lease: SHORT },
      );
      await victim.ended;
      participant.declareDead(1);
      await expectError("ERR_FAMFS_OWNER_LOST", () => mutex.lock({ timeout: 20 * LEASE }), /host 1/);
      await expectError("ERR_FAMFS_OWNER_LOST", () => mutex.lockSync({ timeout: 1000 }));
      await expectError("ERR_FAMFS_OWNER_LOST", () => mutex.tryLock());
      // Whoever locks there finds what it left, and goes on with it.
      const heir = peer(
        `${PRELUDE}
         const guard = await mutex.lock({ guards });
         await tell([guard.ownerDied, data.values[5]]);
         data.values[5] = 6;
         guard.release();
         await command();`,
        { host: 1 },
      );
      expect(await heir.message()).toEqual([true, 5]);
      using guard = await mutex.lock({ guards });
      expect([guard.ownerDied, words[5]]).toEqual([false, 6]);
      heir.send("end");
    },
  );

  test.each(MODES)("in line for it is passed over, on %s memory", async (mode) => {
    const { peer, mutex, participant } = await stage(mode);
    const guard = mutex.lockSync({ timeout: 0 });
    const victim = peer(`${PRELUDE}
      setTimeout(() => kill("SIGKILL"), 100);
      await mutex.lock();`);
    await victim.ended;
    const waiting = SharedMutex.open(participant, "it").lock({ timeout: 10_000 });
    guard.release();
    (await waiting).release();
    expect(mutex.tryLock()?.ownerDied).toBe(false);
  });

  test.each(MODES)("is repaired before anybody else has it, again where that fails, on %s memory", async (mode) => {
    const { peer, mutex, reopen, words, guards } = await stage(mode);
    const victim = peer(`${PRELUDE}
      mutex.lockSync({ guards, timeout: 1000 });
      data.values[0] = 1;
      kill("SIGKILL");`);
    await victim.ended;
    const fails = () => {
      throw new Error("not today");
    };
    await expect(mutex.lock({ guards, repair: fails })).rejects.toThrow("not today");
    expect(() => mutex.tryLock({ guards, repair: fails })).toThrow("not today");
    expect(() => mutex.lockSync({ guards, repair: fails, timeout: 1000 })).toThrow("not today");
    const other = SharedMutex.open(await joined(await reopen(1), 1), "it");
    let repaired = false;
    const repairing = mutex.lock({
      guards,
      async repair(guard) {
        expect(guard).toMatchObject({ held: true, ownerDied: true });
        expect(other.tryLock()).toBeUndefined();
        await sleep(5);
        words[0] = 2;
        repaired = true;
      },
    });
    const later = other.lock().then((guard) => {
      expect([repaired, guard.ownerDied]).toEqual([true, false]);
      guard.release();
    });
    const guard = await repairing;
    expect(guard.ownerDied).toBe(true);
    guard.release();
    await later;
  });
});

describe("a mutex whose owner is silent", () => {
  test.each(casesOf(STOPS))(
    "at $point on $mode memory is not taken from it, and no update is lost",
    async ({ mode, point }) => {
      const { peer, mutex, words, guards } = await stage(mode);
      const slow = peer(
        `${PRELUDE}
       atFailPoint("${point}", () => { atFailPoint("${point}", undefined); stopProcess(); });
       const guard = mutex.lockSync({ guards, timeout: 1000 });
       data.values[0]++;
       guard.release();
       await tell(guard.token);
       await command();`,
        { host: 1, lease: SHORT },
      );
      await stopped(slow);
      const silent = [/host 1.*"peer"/, /for \d+ ms/];
      await expectError("ERR_FAMFS_OWNER_SILENT", () => mutex.lock({ timeout: 3 * SHORT }), ...silent);
      await expectError("ERR_FAMFS_OWNER_SILENT", () => mutex.lockSync({ timeout: 0 }), ...silent);
      expect(mutex.tryLock()).toBeUndefined();
      const found = mutex.lock({ guards }).then((guard) => {
        guard.release();
        return [guard.token, guard.ownerDied, words[0]];
      });
      await sleep(5);
      slow.process.kill("SIGCONT");
      // Who had no ticket yet gets a later one.
      const first = point === "segment.bakery.choosing" ? [1, 2] : [2, 1];
      expect([(await found)[0], await slow.message()]).toEqual(first);
      expect(await found).toEqual([first[0], false, first[0] === 1 ? 0 : 1]);
      using last = mutex.lockSync({ timeout: 1000, guards });
      expect([last.token, last.ownerDied, words[0]]).toEqual([3, false, 1]);
      slow.send("end");
    },
  );

  test.each(MODES)("has a token that readers of a record find to be the lower one, on %s memory", async (mode) => {
    const { peer, mutex, participant } = await stage(mode);
    const Row = struct({ value: u32 });
    const record = await SharedRecord.create(participant, "row", { record: Row, writers: "any" });
    const slow = peer(
      `${PRELUDE}
       const { SharedRecord } = await import("famfs");
       const record = SharedRecord.open(participant, "row", { record: struct({ value: u32 }) });
       const { token } = mutex.lockSync({ timeout: 1000 });
       await tell(token);
       stopProcess();
       await tell(await codeOf((async () => record.write({ value: 1 }, { token }))()));
       await command();`,
      { host: 1 },
    );
    const theirs = await slow.message<number>();
    await stopped(slow);
    // Somebody who may not wait goes on with a higher token of its own: the late version loses.
    record.write({ value: 2 }, { token: theirs + 1 });
    slow.process.kill("SIGCONT");
    expect(["done", "ERR_FAMFS_FENCED"]).toContain(await slow.message());
    expect(record.tryRead()?.value).toBe(2);
    slow.send("end");
    expect(mutex.token).toBe(theirs);
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
