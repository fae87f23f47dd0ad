import { type ParticipantInfo, type Segment, SharedArray, u32 } from "famfs";
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { REAL_MODES } from "../support/modes.js";
import { named, notRoot } from "../support/requirements.js";
import { eventually, joined, LEASE, sleep, testSegment } from "../support/segment.js";
import { nextMessage, startWorker } from "../support/worker.js";

const infoOf = (segment: Segment, index: number): ParticipantInfo | undefined =>
  segment.participants().find((one) => one.index === index);
const standing = (segment: Segment, index: number) => infoOf(segment, index)?.standing;

/** What the claim word of a slot says, as docs/format/segment.md has it. */
const [HELD, DEAD] = [1, 3];

function claimState({ memory }: Segment, index: number): number {
  const at = memory.layout.participantAt(index);
  memory.mapping.invalidate(at, 1);
  return (memory.mapping.bytes(at, 1)[0] ?? 0) & 3;
}

describe.each(REAL_MODES)("a participant on %s memory", (mode) => {
  test("still sees who lives when its segment was forgotten and collected", async () => {
    const { segment, reopen } = await testSegment(mode);
    const other = await joined(segment);
    const forgotten = async () => {
      const again = await reopen();
      return [await joined(again), new WeakRef(again)] as const;
    };
    const [participant, ref] = await forgotten();
    const isCollected = () => {
      globalThis.gc?.();
      return ref.deref() === undefined;
    };
    await eventually("it is collected", isCollected);
    await sleep(20);
    expect(participant.liveness.look(other.index)).toBe("alive");
  });

  test("is seen by other processes, and no more once it has left", async () => {
    const { segment, peer } = await testSegment(mode);
    const child = peer(`await tell(participant.index); await command(); await participant.leave(); await tell("left");
      await command();`);
    const index = await child.message<number>();
    const seen = infoOf(segment, index);
    expect(seen).toMatchObject({ host: 0, slot: 0, incarnation: 1, standing: "alive", name: "peer", pid: child.pid });
    expect(seen).toMatchObject({ thread: 0, lease: LEASE });
    expect(Math.abs((seen?.joinedAt?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    child.send("leave");
    await child.message();
    expect(segment.participants()).toEqual([]);
  });

  test("beats while its event loop is busy", async () => {
    const { segment, peer } = await testSegment(mode);
    const child = peer(`await tell(0); const end = performance.now() + ${4 * LEASE}; while (performance.now() < end);
      await tell(1);`);
    await child.message();
    const before = infoOf(segment, 0)?.heartbeat ?? 0;
    await sleep(2 * LEASE);
    const after = infoOf(segment, 0);
    expect(after?.heartbeat).toBeGreaterThan(before + 4);
    expect(after?.standing).toBe("alive");
    await child.message();
  });

  test("that is killed is known dead at once on its node, and by a mark elsewhere", async () => {
    const { segment, peer, reopen } = await testSegment(mode);
    const sibling = await joined(await reopen());
    const child = peer(`await tell(participant.index); await command();`);
    const index = await child.message<number>();
    expect(claimState(segment, index)).toBe(HELD);
    child.process.kill("SIGKILL");
    await child.ended;
    expect(standing(segment, index)).toBe("dead");
    await eventually("its sibling to mark it", () => claimState(segment, index) === DEAD);
    expect(claimState(segment, sibling.index)).toBe(HELD);
    const successor = await joined(segment);
    expect(successor).toMatchObject({ index, incarnation: 2 });
    expect(standing(segment, index)).toBe("alive");
  });

  test("marks its dead sibling also when nobody holds its segment any more", async () => {
    const { segment, peer, reopen } = await testSegment(mode);
    const sibling = await joined(await reopen());
    for (let turn = 0; turn < 20; turn++) {
      globalThis.gc?.();
      await new Promise(setImmediate);
    }
    const child = peer(`await tell(participant.index); await command();`);
    const index = await child.message<number>();
    child.process.kill("SIGKILL");
    await eventually("its sibling to mark it", () => claimState(segment, index) === DEAD);
    expect(sibling.left).toBe(false);
  });

  test("that is stopped is silent after its lease, and alive again when it goes on", async () => {
    const { segment, peer } = await testSegment(mode);
    const child = peer(`await tell(participant.index); await command();`);
    const index = await child.message<number>();
    expect(standing(segment, index)).toBe("alive");
    child.process.kill("SIGSTOP");
    const stopped = performance.now();
    await eventually("silence", () => standing(segment, index) === "silent");
    // Its last beat may have been seen up to an interval before it was stopped.
    expect(performance.now() - stopped).toBeGreaterThan(LEASE / 2);
    child.process.kill("SIGCONT");
    await eventually("a beat", () => standing(segment, index) === "alive");
  });

  test("gets a slot of its own, and a higher incarnation than those before it", async () => {
    const { segment } = await testSegment(mode, { participantsPerHost: 2 });
    const first = await joined(segment, 0, "first");
    const second = await joined(segment, 0, "second");
    expect([first.slot, second.slot]).toEqual([0, 1]);
    await expectError("ERR_FAMFS_SLOTS_EXHAUSTED", () => joined(segment), /slot 0: process \d+ "first"/, /"second"/);
    await first.leave();
    const third = await joined(segment, 0, "third");
    expect(third).toMatchObject({ slot: 0, incarnation: 2, index: 0, host: 0, name: "third", left: false });
    await first.leave();
    expect(infoOf(segment, 0)?.name).toBe("third");
  });

  test("ends with its worker, with its segment and with its instance", async () => {
    const { instance, segment, reopen } = await testSegment(mode);
    const worker = startWorker(
      `const instance = await famfs.openInstance(data.path, { coherence: data.mode });
       const segment = await famfs.Segment.open(instance, "segment");
       port.postMessage((await segment.join({ host: 0 })).index); setInterval(() => {}, 1000);`,
      { path: instance.path, mode },
    );
    const index = await nextMessage<number>(worker);
    expect(infoOf(segment, index)?.thread).toBe(worker.threadId);
    await worker.terminate();
    expect(standing(segment, index)).toBe("dead");
    const other = await reopen();
    const inSegment = await joined(other);
    await other.close();
    expect(inSegment.left).toBe(true);
    await expectError("ERR_FAMFS_CLOSED", () => SharedArray.create(inSegment, "late", { element: u32, length: 1 }));
    expect(infoOf(segment, inSegment.index)).toBeUndefined();
    const third = await reopen();
    const inInstance = await joined(third);
    const { mapping } = third.memory;
    mapping.close();
    await mapping.released;
    await eventually("its lock to go", () => standing(segment, inInstance.index) === "dead");
    await inInstance.leave();
  });

  test("needs a segment that is open for storing, and plausible options", async () => {
    const { segment, reopen } = await testSegment(mode);
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => segment.join({ host: 2 }));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => segment.join({ host: 0, lease: 19 }));
    await expectError("ERR_FAMFS_OUT_OF_RANGE", () => segment.join({ host: 0, name: "é".repeat(33) }));
    await expectError("ERR_FAMFS_ENCODING", () => segment.join({ host: 0, name: "\ud800" }));
    await expectError("ERR_FAMFS_INVALID_TYPE", () => segment.join({ host: "0" as never }));
    await expectError("ERR_FAMFS_UNKNOWN_OPTION", () => segment.join({ slot: 1 } as never));
    const closed = await reopen();
    await closed.close();
    await expectError("ERR_FAMFS_CLOSED", () => closed.join({ host: 0 }));
    expect(segment.participants()).toEqual([]);
  });

  test(named("is seen across pid namespaces, alive and dead", notRoot), { skip: notRoot !== undefined }, async () => {
    const { segment, peer } = await testSegment(mode);
    const inside = peer(`await tell(participant.index); await command();`, {
      wrapper: ["unshare", "-pf", "--kill-child"],
    });
    const index = await inside.message<number>();
    // Its pid says nothing here; its lock does.
    await sleep(2 * LEASE);
    expect(standing(segment, index)).toBe("alive");
    inside.process.kill("SIGKILL");
    await eventually("its death", () => standing(segment, index) === "dead");
    // And the other way round: from inside, who is outside.
    const outside = peer(`await tell(participant.index); await command();`);
    const alive = await outside.message<number>();
    const looker = peer(
      `const look = () => segment.participants().find((one) => one.index === ${alive})?.standing;
       await tell(look()); await command(); await tell(look());`,
      { join: false, wrapper: ["unshare", "-pf"] },
    );
    expect(await looker.message()).toBe("alive");
    outside.process.kill("SIGKILL");
    await outside.ended;
    looker.send("look");
    expect(await looker.message()).toBe("dead");
  });
});
