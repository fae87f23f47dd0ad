import { SharedMutex, SharedRecord, struct, u32 } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { MODES } from "../support/modes.js";
import { joined, LEASE, sleep, stopped } from "../support/segment.js";
import { PRELUDE, stage } from "./mutex-stage.js";

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
